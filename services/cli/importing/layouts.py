"""Which column of a file fills which field."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from services.cli.importing.findings import BadFile


class Kind(StrEnum):
    """What the rows of a file are."""

    MEMBERS = "members"
    PURCHASES = "purchases"
    BALANCES = "balances"


@dataclass(frozen=True, slots=True)
class Layout:
    """The fields of a kind of row; of each group in `required` at least one must be filled."""

    fields: tuple[str, ...]
    required: tuple[tuple[str, ...], ...]


_AMOUNTS: Final = ("service_minor", "addon_minor", "product_minor", "package_minor")

LAYOUTS: Final = {
    Kind.MEMBERS: Layout(
        ("member_id", "enrolled_on", "tier_system", "birthday"),
        # Without a day the service takes today, and tomorrow's repetition would say something else.
        (("member_id",), ("enrolled_on",)),
    ),
    Kind.PURCHASES: Layout(
        ("transaction_id", "member_id", "occurred_at", *_AMOUNTS, "treatments", "property_id", "currency"),
        (("transaction_id",), ("member_id",), ("occurred_at",), _AMOUNTS),
    ),
    Kind.BALANCES: Layout(
        ("transaction_id", "member_id", "points", "earned_on"),
        (("transaction_id",), ("member_id",), ("points",)),
    ),
}


@dataclass(frozen=True, slots=True)
class Request:
    """What the caller said of the file's columns.

    `columns` names the column of a field, `constants` its value in every row, `conditions` the value that a
    column must have for its row not to be left aside, `credit_notes` that by which a row is a credit note.
    """

    columns: Mapping[str, str]
    constants: Mapping[str, str]
    conditions: Mapping[str, str]
    credit_notes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Columns:
    """Where values are found: positions of the columns that fill fields and that decide which rows are what."""

    fields: Mapping[str, int]
    constants: Mapping[str, str]
    conditions: tuple[tuple[int, str], ...]
    credit_notes: tuple[tuple[int, str], ...] = ()

    def counts(self, values: Sequence[str]) -> bool:
        """Whether the row meets every condition."""
        return all(values[position] == wanted for position, wanted in self.conditions)

    def are_a_credit_note(self, values: Sequence[str]) -> bool:
        """Whether the row is a credit note."""
        marks = self.credit_notes
        return bool(marks) and all(values[position] == wanted for position, wanted in marks)


def kind_of(path: Path) -> Kind:
    """The kind that the file's name says; raises BadFile where it says none."""
    for kind in Kind:
        if path.name.lower().startswith(kind):
            return kind
    choices = " or ".join(f"--as {kind}" for kind in Kind)
    raise BadFile([f"{path.name} does not say what it holds: add {choices}"])


def resolve_columns(
    layout: Layout, header: Sequence[str], inexact: Iterable[str], request: Request
) -> Columns:
    """The columns of each field; raises BadFile with every mistake.

    A field that the request leaves out is filled by the column of its own name, if there is one. `inexact` are
    columns of floating-point numbers, which no field accepts.
    """
    wanted = {name: name for name in layout.fields if name in header and name not in request.constants}
    wanted |= request.columns
    named = dict.fromkeys([*wanted.values(), *request.conditions, *request.credit_notes])
    mistakes = _unknown_fields(layout, request)
    mistakes += [
        f"the file has column {column!r} more than once" for column in named if header.count(column) > 1
    ]
    mistakes += [
        f"the file has no column {column!r}; its columns are {', '.join(header)}"
        for column in named
        if column not in header
    ]
    mistakes += [
        f"column {column!r} holds floating-point numbers: write it as integers, decimals or text"
        for column in dict.fromkeys(wanted.values())
        if column in set(inexact)
    ]
    mistakes += _unfilled(layout, wanted.keys() | request.constants.keys())
    if mistakes:
        raise BadFile(mistakes)
    position = {column: place for place, column in enumerate(header)}
    return Columns(
        {name: position[column] for name, column in wanted.items()},
        request.constants,
        *(
            tuple((position[column], value) for column, value in chosen.items())
            for chosen in (request.conditions, request.credit_notes)
        ),
    )


def _unknown_fields(layout: Layout, request: Request) -> list[str]:
    said = [*request.columns, *request.constants]
    unknown = [
        f"{name!r} is no field of these rows; the fields are {', '.join(layout.fields)}"
        for name in dict.fromkeys(said)
        if name not in layout.fields
    ]
    both = request.columns.keys() & request.constants.keys()
    return unknown + [f"{name!r} is both mapped and set: choose one" for name in sorted(both)]


def _unfilled(layout: Layout, filled: Iterable[str]) -> list[str]:
    have = set(filled)
    return [
        f"no column fills {' or '.join(group)}: name one by --map {group[0]}=COLUMN"
        for group in layout.required
        if not have.intersection(group)
    ]
