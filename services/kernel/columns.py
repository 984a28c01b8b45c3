"""Frozen records of columns: one array a field, one row a member (or activity, or move)."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Record = TypeVar("Record", bound=Any)
Mask = NDArray[np.bool_]
Index = NDArray[np.intp]


def taken(record: Record, rows: Mask | Index) -> Record:
    """The chosen rows of every column; a column may itself be a record."""
    return _mapped(record, lambda column: column[rows], lambda inner: taken(inner, rows))


def overlaid(record: Record, where: Mask, **changed: Any) -> Record:
    """The record with the named columns replaced in the rows where `where` holds."""
    return replace(
        record,
        **{
            name: np.where(where, value, getattr(record, name)).astype(getattr(record, name).dtype)
            for name, value in changed.items()
        },
    )


def put(record: Record, rows: Index, part: Record) -> Record:
    """The record with the given rows replaced by the rows of `part`; a column may itself be a record."""
    columns: dict[str, Any] = {}
    for field in fields(record):
        column, rows_of_part = getattr(record, field.name), getattr(part, field.name)
        if is_dataclass(column):
            columns[field.name] = put(column, rows, rows_of_part)
        else:
            columns[field.name] = column.copy()
            columns[field.name][rows] = rows_of_part
    return replace(record, **columns)


def stacked(records: Sequence[Record]) -> Record:
    """The rows of several records, one after the other; at least one record is needed."""
    first = records[0]
    return replace(
        first,
        **{
            field.name: np.concatenate([getattr(record, field.name) for record in records])
            for field in fields(first)
        },
    )


def _mapped(record: Record, column: Callable[[Any], Any], inner: Callable[[Any], Any]) -> Record:
    values = {field.name: getattr(record, field.name) for field in fields(record)}
    return replace(
        record,
        **{name: inner(value) if is_dataclass(value) else column(value) for name, value in values.items()},
    )


def occurrence_numbers(keys: Sequence[Hashable]) -> NDArray[np.intp]:
    """For each key, how many equal keys stand before it: the round in which it is applied."""
    seen: dict[Hashable, int] = {}
    rounds = np.empty(len(keys), dtype=np.intp)
    for position, key in enumerate(keys):
        rounds[position] = seen.get(key, 0)
        seen[key] = seen.get(key, 0) + 1
    return rounds
