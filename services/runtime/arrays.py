"""Columns as tables to select from: array parameters and `unnest`, given at once or at execution.

Building and rendering a statement of thirty columns takes longer than sending five hundred rows of it. Where that
counts, a statement is built once, over `given_rows` and `is_given`, and executed with `parameters` or `given`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect

from services.runtime.array_dumpers import BytesArray, DayArray, TextArray

_DIALECT: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]


class _WholeArray(sa.types.UserDefinedType[Any]):
    """An array parameter handed to the driver as it is: sa.ARRAY would make a Python list of it first."""

    cache_ok = True

    def __init__(self, element: str) -> None:
        self.element = element

    def get_col_spec(self, **_: Any) -> str:
        return f"{self.element}[]"


def unnested(
    columns: Mapping[str, tuple[Any, sa.types.TypeEngine[Any]]], name: str = "given"
) -> sa.TableValuedAlias:
    """Columns as a table to select from, one row per element.

    `columns` maps a column's name to its values (a NumPy array or a list) and the type of one element;
    day numbers go in as sa.Date.
    """
    arrays = [
        _array(sa.bindparam(None, _sendable(values, kind), unique=True), kind)
        for values, kind in columns.values()
    ]
    return _rows(arrays, {column: kind for column, (_, kind) in columns.items()}, name)


def rows_of(table: sa.Table, columns: Mapping[str, Any], name: str = "given") -> sa.TableValuedAlias:
    """Columns as rows shaped like those of `table`: the element types are the table's own."""
    return unnested({column: (values, table.c[column].type) for column, values in columns.items()}, name)


def insert_rows(table: sa.Table, columns: Mapping[str, Any]) -> postgresql.Insert:
    """INSERT of one row per element, in the order given; add `.on_conflict_…` or `.returning` as needed."""
    given_now = rows_of(table, columns)
    return postgresql.insert(table).from_select(list(columns), sa.select(given_now))


def given_rows(table: sa.Table, names: Sequence[str], name: str = "given") -> sa.TableValuedAlias:
    """Rows shaped like those of `table`, to be given at execution by `parameters`."""
    arrays = [_array_given_later(table.c[column]) for column in names]
    return _rows(arrays, {column: table.c[column].type for column in names}, name)


def is_given(column: sa.Column[Any]) -> sa.ColumnElement[bool]:
    """Whether a row's column is among the values given at execution by `parameters` or `given`.

    Such a condition has no bad plan. A join may have one where no statistics keep up with the table.
    """
    return column == sa.func.any(_array_given_later(column))


def given(column: sa.Column[Any], values: Any) -> dict[str, Any]:
    """Values as what `given_rows` and `is_given` wait for under the column's name."""
    return {_given_name(column): _sendable(values, column.type)}


def parameters(table: sa.Table, names: Sequence[str], record: Any) -> dict[str, Any]:
    """The columns of a record as what `given_rows` and `is_given` wait for."""
    return {
        key: array for name in names for key, array in given(table.c[name], getattr(record, name)).items()
    }


def _rows(
    arrays: Sequence[sa.Cast[Any]], kinds: Mapping[str, sa.types.TypeEngine[Any]], name: str
) -> sa.TableValuedAlias:
    named = [sa.column(column, kind) for column, kind in kinds.items()]
    return sa.func.unnest(*arrays).table_valued(*named, name=name).render_derived(name=name)


def _array_given_later(column: sa.Column[Any]) -> sa.Cast[Any]:
    return _array(sa.bindparam(_given_name(column)), column.type)


def _given_name(column: sa.Column[Any]) -> str:
    """SQLAlchemy keeps the plain names of columns for itself."""
    return f"given_{column.name}"


def _array(parameter: sa.BindParameter[Any], kind: sa.types.TypeEngine[Any]) -> sa.Cast[Any]:
    array = _WholeArray(kind.compile(dialect=_DIALECT))
    return sa.cast(sa.type_coerce(parameter, array), array)


def _sendable(values: Any, kind: sa.types.TypeEngine[Any]) -> Any:
    if isinstance(kind, sa.Text):
        return TextArray(values)
    if isinstance(kind, sa.LargeBinary):
        return BytesArray(values)
    if isinstance(kind, sa.Date) and isinstance(values, np.ndarray):
        return DayArray(values)
    return values
