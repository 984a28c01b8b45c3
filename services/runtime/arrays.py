"""Columns into PostgreSQL: NumPy arrays as array parameters, and `unnest` as a table to select from."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import psycopg.adapt
import pyarrow as pa
import sqlalchemy as sa
from numpy.typing import NDArray
from psycopg import pq
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect

from services.kernel.calendar import NEVER

_OID_OF_ELEMENT = {
    "int2": (21, 1005),
    "int4": (23, 1007),
    "int8": (20, 1016),
    "bool": (16, 1000),
    "date": (1082, 1182),
    "text": (25, 1009),
}
_ELEMENT_OF_DTYPE = {"int16": "int2", "int32": "int4", "int64": "int8", "bool": "bool"}
_BIG_ENDIAN = {"int2": ">i2", "int4": ">i4", "int8": ">i8", "bool": "?", "date": ">i4"}
_DAYS_FROM_1970_TO_2000 = 10957
_DIALECT: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]


class DayArray:
    """Day numbers that PostgreSQL shall see as dates; NEVER becomes NULL."""

    def __init__(self, days: NDArray[np.int32]) -> None:
        self.days = days


class _ArrayDumper(psycopg.adapt.Dumper):
    """One NumPy column in PostgreSQL's binary array format, without a Python object per element."""

    format = pq.Format.BINARY
    element = ""

    def dump(self, obj: Any) -> bytes:
        element_oid, _ = _OID_OF_ELEMENT[self.element]
        return _binary_array(obj, self.element, element_oid)


def _binary_array(values: NDArray[Any], element: str, element_oid: int) -> bytes:
    rows = np.empty(len(values), dtype=[("length", ">i4"), ("value", _BIG_ENDIAN[element])])
    rows["length"] = rows.dtype["value"].itemsize
    rows["value"] = values
    return _array_head(len(values), element_oid) + rows.tobytes()


def _array_head(count: int, element_oid: int) -> bytes:
    """Dimensions, no NULLs, the element's type, then the bounds of the one dimension, if there is any element."""
    head = [1, 0, element_oid, count, 1] if count else [0, 0, element_oid]
    return np.array(head, dtype=">i4").tobytes()


class _DayDumper(psycopg.adapt.Dumper):
    format = pq.Format.BINARY
    oid = _OID_OF_ELEMENT["date"][1]

    def dump(self, obj: Any) -> bytes:
        days = obj.days
        if not np.any(days == NEVER):
            return _binary_array(days - _DAYS_FROM_1970_TO_2000, "date", _OID_OF_ELEMENT["date"][0])
        return _nullable_dates(days)


def _nullable_dates(days: NDArray[np.int32]) -> bytes:
    head = np.array([1, 1, _OID_OF_ELEMENT["date"][0], len(days), 1], dtype=">i4")
    never = days == NEVER
    rows = np.empty((len(days), 2), dtype=">i4")
    rows[:, 0] = np.where(never, -1, 4)
    rows[:, 1] = np.where(never, 0, days - _DAYS_FROM_1970_TO_2000)
    kept = np.ones_like(rows, dtype=np.bool_)
    kept[:, 1] = ~never
    return head.tobytes() + rows[kept].tobytes()


class TextArray:
    """Strings that shall go in as one binary array, without a Python call per element."""

    def __init__(self, texts: Any) -> None:
        self.texts = texts


class _TextDumper(psycopg.adapt.Dumper):
    format = pq.Format.BINARY
    oid = _OID_OF_ELEMENT["text"][1]

    def dump(self, obj: Any) -> bytes:
        texts = pa.array(obj.texts, pa.string())
        count = len(texts)
        _, offsets_buffer, data_buffer = texts.buffers()
        offsets = np.frombuffer(offsets_buffer or b"", dtype=np.int32, count=count + 1 if count else 0)
        data = np.frombuffer(data_buffer or b"", dtype=np.uint8)
        lengths = np.diff(offsets)
        headers = (offsets[:-1] + 4 * np.arange(count))[:, None] + np.arange(4)
        body = np.empty(int(lengths.sum()) + 4 * count, dtype=np.uint8)
        is_data = np.ones(len(body), dtype=np.bool_)
        is_data[headers] = False
        body[is_data] = data[: int(lengths.sum())]
        body[headers] = lengths.astype(">i4").view(np.uint8).reshape(count, 4)
        return _array_head(count, _OID_OF_ELEMENT["text"][0]) + body.tobytes()


class _NumpyDumper(psycopg.adapt.Dumper):
    """Chooses the dumper for a column by its dtype."""

    format = pq.Format.BINARY

    def get_key(self, obj: Any, format: Any) -> Any:  # noqa: A002 - the name is psycopg's
        return (self.cls, obj.dtype.name)

    def upgrade(self, obj: Any, format: Any) -> psycopg.adapt.Dumper:  # noqa: A002
        element = _ELEMENT_OF_DTYPE[obj.dtype.name]
        attributes = {"element": element, "oid": _OID_OF_ELEMENT[element][1]}
        dumper: psycopg.adapt.Dumper = type(f"_{element}Dumper", (_ArrayDumper,), attributes)(self.cls)
        return dumper

    def dump(self, obj: Any) -> bytes:
        raise TypeError(f"no array type for {obj.dtype}")


class _WholeArray(sa.types.UserDefinedType[Any]):
    """An array parameter handed to the driver as it is: sa.ARRAY would make a Python list of it first."""

    cache_ok = True

    def __init__(self, element: str) -> None:
        self.element = element

    def get_col_spec(self, **_: Any) -> str:
        return f"{self.element}[]"


def register_array_dumpers() -> None:
    """Teaches psycopg to send NumPy columns; called once when a database is opened."""
    psycopg.adapters.register_dumper(np.ndarray, _NumpyDumper)
    psycopg.adapters.register_dumper(DayArray, _DayDumper)
    psycopg.adapters.register_dumper(TextArray, _TextDumper)


def unnested(
    columns: Mapping[str, tuple[Any, sa.types.TypeEngine[Any]]], name: str = "given"
) -> sa.TableValuedAlias:
    """Columns as a table to select from, one row per element.

    `columns` maps a column's name to its values (a NumPy array or a list) and the type of one element;
    day numbers go in as sa.Date.
    """
    parameters = [_parameter(values, kind) for values, kind in columns.values()]
    named = [sa.column(column, kind) for column, (_, kind) in columns.items()]
    return sa.func.unnest(*parameters).table_valued(*named, name=name).render_derived(name=name)


def rows_of(table: sa.Table, columns: Mapping[str, Any], name: str = "given") -> sa.TableValuedAlias:
    """Columns as rows shaped like those of `table`: the element types are the table's own."""
    return unnested({column: (values, table.c[column].type) for column, values in columns.items()}, name)


def insert_rows(table: sa.Table, columns: Mapping[str, Any]) -> postgresql.Insert:
    """INSERT of one row per element, in the order given; add `.on_conflict_…` or `.returning` as needed."""
    given = rows_of(table, columns)
    return postgresql.insert(table).from_select(list(columns), sa.select(given))


def _parameter(values: Any, kind: sa.types.TypeEngine[Any]) -> sa.Cast[Any]:
    array = _WholeArray(kind.compile(dialect=_DIALECT))
    return sa.cast(sa.bindparam(None, _sendable(values, kind), type_=array, unique=True), array)


def _sendable(values: Any, kind: sa.types.TypeEngine[Any]) -> Any:
    if isinstance(kind, sa.Text):
        return TextArray(values)
    if isinstance(kind, sa.Date) and isinstance(values, np.ndarray):
        return DayArray(values)
    return values
