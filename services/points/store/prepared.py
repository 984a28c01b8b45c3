"""Statements over whole columns that are built once, when the module is loaded, and executed for every batch.

Building and rendering a statement of thirty columns takes longer than sending five hundred rows of it.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np
import psycopg
import sqlalchemy as sa
from psycopg import adapt, pq
from sqlalchemy.dialects import postgresql

from services.runtime.arrays import DayArray, TextArray

_DIALECT: Final[sa.Dialect] = postgresql.dialect()  # type: ignore[no-untyped-call]
_BYTEA, _BYTEA_ARRAY = 17, 1001


class BytesArray:
    """A column of byte strings, sent in PostgreSQL's binary array format."""

    def __init__(self, elements: Iterable[bytes]) -> None:
        self.elements = list(elements)


class _BytesArrayDumper(adapt.Dumper):
    format = pq.Format.BINARY
    oid = _BYTEA_ARRAY

    def dump(self, obj: BytesArray) -> bytes:
        size = len(obj.elements)
        head = np.array([1, 0, _BYTEA, size, 1] if size else [0, 0, _BYTEA], dtype=">i4").tobytes()
        lengths = np.fromiter(map(len, obj.elements), dtype=">i4", count=size).tobytes()
        parts = [head] * (2 * size + 1)
        parts[1::2] = [lengths[start : start + 4] for start in range(0, 4 * size, 4)]
        parts[2::2] = obj.elements
        return b"".join(parts)


class _ArrayOf(sa.types.UserDefinedType[Any]):
    cache_ok = True

    def __init__(self, element: str) -> None:
        self.element = element

    def get_col_spec(self, **_: Any) -> str:
        return f"{self.element}[]"


def given_rows(table: sa.Table, names: Sequence[str], name: str = "given") -> sa.TableValuedAlias:
    """Rows shaped like those of `table`, to be given at execution by `parameters`."""
    arrays = [_ArrayOf(table.c[column].type.compile(dialect=_DIALECT)) for column in names]
    casts = [
        sa.cast(sa.bindparam(_given(column), type_=kind), kind)
        for column, kind in zip(names, arrays, strict=True)
    ]
    columns = [sa.column(column, table.c[column].type) for column in names]
    return sa.func.unnest(*casts).table_valued(*columns, name=name).render_derived(name=name)


def is_given(column: sa.Column[Any]) -> sa.ColumnElement[bool]:
    """Whether a row's column is among the values given at execution by `parameters`.

    Such a condition has no bad plan. A join may have one, for no statistics keep up with the pending purchases.
    """
    array = _ArrayOf(column.type.compile(dialect=_DIALECT))
    return column == sa.func.any(sa.cast(sa.bindparam(_given(column.name), type_=array), array))


def ids(transaction_ids: Iterable[str]) -> dict[str, Any]:
    """Transaction ids as what `is_given` waits for."""
    return {_given("transaction_id"): TextArray(transaction_ids)}


def parameters(table: sa.Table, names: Sequence[str], record: Any) -> dict[str, Any]:
    """The columns of a record as the arrays that `given_rows` and `is_given` wait for."""
    return {_given(name): _array(getattr(record, name), table.c[name].type) for name in names}


def _given(name: str) -> str:
    """SQLAlchemy keeps the plain names of columns for itself."""
    return f"given_{name}"


def _array(values: Any, kind: sa.types.TypeEngine[Any]) -> Any:
    if isinstance(kind, sa.Text):
        return TextArray(values)
    if isinstance(kind, sa.LargeBinary):
        return BytesArray(values)
    return DayArray(values) if isinstance(kind, sa.Date) else values


psycopg.adapters.register_dumper(BytesArray, _BytesArrayDumper)
