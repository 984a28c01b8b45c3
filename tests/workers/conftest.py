"""One PostgreSQL and one Ray for all tests of the engine, and databases with accounts to work on."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import pytest
import sqlalchemy as sa

from services.kernel.calendar import day_number
from services.runtime.clock import Clock
from services.runtime.database import Database
from services.runtime.logs import configure_logs
from services.runtime.migrate import migrate
from services.runtime.postgres import EmbeddedPostgres
from tests.workers.counting_job import ACCOUNT, CLOSING, GATE, INTEREST, INTEREST_JOB, open_accounts
from workers.conductor import RayExecutor
from workers.engine import Engine
from workers.executor import Executor
from workers.inline import InlineExecutor
from workers.operations import Operations
from workers.progress.reports import Run
from workers.progress.tables import BULK_CHUNK, MIGRATIONS, VERSION_TABLE, RunState

T = TypeVar("T")
Row = tuple[Any, ...]
FinalState = dict[str, list[Row]]

PATIENCE_SECONDS = 300
"""For what takes a second or two on a machine that has nothing else to do."""
DUE_ON = day_number(date(2026, 7, 31))
AUGUST_31 = Clock(datetime(2026, 8, 30, 16, 1, tzinfo=UTC))
"""The first minute of that day in Kuala Lumpur; in UTC it is the day before."""

_numbers = count()


@pytest.fixture(scope="session", autouse=True)
def plain_logs() -> None:
    """Tracebacks without the local variables, which here are whole memberships."""
    configure_logs("ERROR", "console")


@pytest.fixture(scope="session")
def bulk_postgres() -> Iterator[EmbeddedPostgres]:
    """A server of its own, because some tests kill it."""
    place = Path(tempfile.mkdtemp(prefix="carat-test-"))
    place.chmod(0o711)
    with EmbeddedPostgres(place / "data") as server:
        yield server
    shutil.rmtree(place, ignore_errors=True)


@pytest.fixture
def fresh_database(bulk_postgres: EmbeddedPostgres) -> Iterator[Callable[[], Database]]:
    """Makes databases that have the engine's tables and nothing else."""
    opened: list[Database] = []

    def fresh() -> Database:
        name = f"bulk_{next(_numbers)}"
        bulk_postgres.ensure_database(name)
        opened.append(Database(bulk_postgres.url(name)))
        migrate(opened[-1], MIGRATIONS, VERSION_TABLE)
        return opened[-1]

    yield fresh
    for database in opened:
        database.close()


@pytest.fixture
def database(fresh_database: Callable[[], Database]) -> Database:
    """A database of accounts that are due on DUE_ON."""
    fresh = fresh_database()
    open_accounts(fresh, DUE_ON)
    return fresh


@pytest.fixture(scope="session")
def ray_executor() -> Iterator[RayExecutor]:
    """The one Ray of the session, with two actors."""
    executor = RayExecutor(workers=2, object_store_bytes=80 << 20)
    executor.actor_pids()  # here, and out of the patience of the first test, Ray may take as long as it likes
    yield executor
    executor.close()


class KeptOpen:
    """An executor that outlives the engines of single tests."""

    def __init__(self, executor: Executor) -> None:
        self.run_chunks = executor.run_chunks

    def close(self) -> None:
        """The session closes it."""


@pytest.fixture(params=["inline", pytest.param("ray", marks=pytest.mark.ray)])
def executor(request: pytest.FixtureRequest) -> Executor:
    """Each executor in turn."""
    if request.param == "inline":
        return InlineExecutor()
    return KeptOpen(request.getfixturevalue("ray_executor"))


@pytest.fixture
def start_operations() -> Iterator[Callable[..., Operations]]:
    """Starts engines, and stops them after the test."""
    engines: list[Engine] = []

    def start(database: Database, executor: Executor | None = None) -> Operations:
        engine = Engine({INTEREST_JOB.name: INTEREST_JOB}, {"tier": database}, executor or InlineExecutor())
        engines.append(engine)
        engine.start()
        return Operations(engine, AUGUST_31)

    yield start
    for engine in engines:
        engine.stop()


def ended(operations: Operations, run_id: str) -> Run:
    """The run, once it no longer goes on."""
    return eventually(lambda: operations.get(run_id), lambda run: run.state is not RunState.RUNNING)


def eventually(look: Callable[[], T], is_so: Callable[[T], bool]) -> T:
    """What is seen, once it is so."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so(seen := look()):
        assert time.monotonic() < deadline, f"still {seen}"
        time.sleep(0.02)
    return seen


@contextmanager
def closed_gate(database: Database) -> Iterator[sa.Connection]:
    """Keeps every chunk from recording meanwhile."""
    with database.engine.connect() as connection:
        connection.execute(sa.select(GATE).with_for_update())
        yield connection
        if not connection.invalidated:
            connection.rollback()


def wait_for_chunks_at_the_gate(database: Database, number: int) -> None:
    """Waits until so many chunks have read and decided, and stand in the middle of their transactions."""
    waiting = sa.text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND wait_event_type = 'Lock' AND query LIKE '%gate%FOR SHARE%'"
    )
    eventually(lambda: database.transact(lambda c: c.scalar(waiting)), lambda found: found >= number)


def rows_of_select(select: sa.Select[Any], connection: sa.Connection) -> list[Row]:
    """The rows that a select answers."""
    return [tuple(row) for row in connection.execute(select)]


def final_state(database: Database) -> FinalState:
    """All that a run leaves behind, but for run ids and times."""
    selects: dict[str, sa.Select[Any]] = {
        "accounts": sa.select(ACCOUNT).order_by(ACCOUNT.c.member_id),
        "interest": sa.select(
            *(column for column in INTEREST.c if column.name != "run_id"), INTEREST.c.run_id.is_not(None)
        ).order_by(INTEREST.c.member_id, INTEREST.c.due_on),
        "closings": sa.select(sa.func.count()).select_from(CLOSING),
        "chunks": sa.select(
            *(column for column in BULK_CHUNK.c if column.name not in ("run_id", "done_at"))
        ).order_by(BULK_CHUNK.c.number),
    }
    return {name: database.transact(partial(rows_of_select, select)) for name, select in selects.items()}
