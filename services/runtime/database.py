"""One service's database: transactions that are tried again, and reads that come back as columns."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Protocol, TypeVar

import adbc_driver_postgresql.dbapi as adbc
import numpy as np
import psycopg.errors
import pyarrow as pa
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect

from services.kernel.calendar import NEVER
from services.runtime.array_dumpers import register_array_dumpers

Connection = sa.Connection
T = TypeVar("T")
Fetched = Mapping[str, NDArray[Any]]

_ATTEMPTS = 8
_DIALECT: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
_ORDINAL_OF_1970 = 719163
_RETRIED = (
    psycopg.errors.SerializationFailure,
    psycopg.errors.DeadlockDetected,
    psycopg.errors.UniqueViolation,
)


class Fetch(Protocol):
    """Runs a select and answers one array per column: dates as day numbers, NULL dates as NEVER."""

    def __call__(self, statement: sa.Select[Any]) -> Fetched: ...


class DatabaseUnavailable(Exception):
    """PostgreSQL cannot be reached, or went away; the same call may be made again."""


class Database:
    """A pool of connections to one PostgreSQL database."""

    def __init__(self, url: str, connections: int = 8, patience_seconds: float = 30) -> None:
        register_array_dumpers()
        self.url = sa.engine.make_url(url)
        self.engine = sa.create_engine(
            self.url,
            pool_size=connections,
            max_overflow=0,
            pool_timeout=patience_seconds,
            connect_args={"connect_timeout": 10, "options": "-c plan_cache_mode=force_custom_plan"},
        )
        self._arrow = threading.local()

    def transact(self, work: Callable[[sa.Connection], T]) -> T:
        """Runs `work` in one transaction and commits it.

        Tried again after a deadlock, a serialization failure, a lost race for a unique key, or (once) a lost
        connection: every unit of work here is idempotent. Raises DatabaseUnavailable when the server is away,
        or so slow that no connection came free.
        """
        attempts, lost_connections = 0, 0
        while True:
            try:
                with self.engine.begin() as connection:
                    return work(connection)
            except sa.exc.TimeoutError as error:
                raise DatabaseUnavailable("no connection came free") from error
            except sa.exc.DBAPIError as error:
                attempts += 1
                if isinstance(error.orig, _RETRIED) and attempts < _ATTEMPTS:
                    continue
                if not _is_connection_failure(error):
                    raise
                lost_connections += 1
                if lost_connections > 1:
                    raise DatabaseUnavailable(str(error.orig).strip()) from error

    def fetch_arrow(self, statement: sa.Select[Any]) -> Fetched:
        """Runs a select through Arrow: for the hundreds of thousands of rows of a bulk read.

        A connection that was kept open may be lost meanwhile: then a new one is tried, once. Raises
        DatabaseUnavailable when the server is away.
        """
        was_kept = hasattr(self._arrow, "connection")
        try:
            return _fetched(self._arrow_connection(), statement)
        except adbc.Error as error:
            self._arrow.__dict__.pop("connection", None)
            if was_kept:
                return self.fetch_arrow(statement)
            raise DatabaseUnavailable(str(error)) from error

    def fetch_arrow_of_one_moment(self, statements: Iterable[sa.Select[Any]]) -> Iterator[Fetched]:
        """The same for several selects, one after the other, that all see the database as the first one does.

        Over a connection of their own, open until the last is read. Raises DatabaseUnavailable when it is lost.
        """
        try:
            with adbc.connect(self._libpq_url(), autocommit=False) as connection:
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
                for statement in statements:
                    yield _fetched(connection, statement)
        except adbc.Error as error:
            raise DatabaseUnavailable(str(error)) from error

    def close(self) -> None:
        """Gives all connections back."""
        self.engine.dispose()

    def _arrow_connection(self) -> adbc.Connection:
        connection: adbc.Connection | None = getattr(self._arrow, "connection", None)
        if connection is None:
            connection = adbc.connect(self._libpq_url(), autocommit=True)
            self._arrow.connection = connection
        return connection

    def _libpq_url(self) -> str:
        return self.url.set(drivername="postgresql").render_as_string(hide_password=False)


def fetching(connection: sa.Connection) -> Fetch:
    """A Fetch inside the connection's own transaction."""

    def fetch(statement: sa.Select[Any]) -> Fetched:
        rows = connection.execute(statement).all()
        columns = list(zip(*rows, strict=True)) or [()] * len(statement.selected_columns)
        return {
            column.name: _typed(values, column.type)
            for column, values in zip(statement.selected_columns, columns, strict=True)
        }

    return fetch


def _fetched(connection: adbc.Connection, statement: sa.Select[Any]) -> Fetched:
    text = str(statement.compile(dialect=_DIALECT, compile_kwargs={"literal_binds": True}))
    with connection.cursor() as cursor:
        cursor.execute(text)
        table: pa.Table = cursor.fetch_arrow_table()
    return {name: _column(table.column(name)) for name in table.column_names}


def _is_connection_failure(error: sa.exc.DBAPIError) -> bool:
    return error.connection_invalidated or isinstance(
        error.orig, psycopg.errors.OperationalError | psycopg.errors.AdminShutdown
    )


def _typed(values: tuple[Any, ...], kind: sa.types.TypeEngine[Any]) -> NDArray[Any]:
    if isinstance(kind, sa.Date):
        days = [NEVER if value is None else value.toordinal() - _ORDINAL_OF_1970 for value in values]
        return np.array(days, dtype=np.int32)
    if isinstance(kind, sa.SmallInteger):
        return np.array(values, dtype=np.int16)
    if isinstance(kind, sa.BigInteger):
        return np.array(values, dtype=np.int64)
    if isinstance(kind, sa.Integer):
        return np.array(values, dtype=np.int32)
    if isinstance(kind, sa.Boolean):
        return np.array(values, dtype=np.bool_)
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def _column(column: "pa.ChunkedArray[Any]") -> NDArray[Any]:
    if pa.types.is_date32(column.type):
        return np.asarray(column.cast(pa.int32()).fill_null(NEVER))
    if pa.types.is_string(column.type):
        return np.asarray(column.to_numpy(zero_copy_only=False), dtype=object)
    return np.asarray(column)
