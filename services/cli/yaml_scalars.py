"""Single values of a program file, read from their raw text: no float ever (DECISIONS, Meanings 1)."""

import re
from datetime import date
from typing import Final

import yaml
from google.protobuf.descriptor import EnumDescriptor, FieldDescriptor

from services.cli.mistakes import ShapeRule
from services.cli.quoting import shown

DECIMALS: Final = {"_minor": 2, "_bp": 4}
"""Decimals that a field's suffix stands for; the file leaves the suffix out."""

_RANGES: Final = {
    FieldDescriptor.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_UINT64: (0, 2**64 - 1),
}
_NUMBER: Final = re.compile(r"(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TAG: Final = "tag:yaml.org,2002:"


class ShapeError(Exception):
    """A value that does not fit its field."""

    def __init__(self, rule: ShapeRule, text: str) -> None:
        super().__init__(text)
        self.rule = rule
        self.text = text


def decimals_of(field: FieldDescriptor) -> int:
    """How many decimals the file may write for the field."""
    return next((count for suffix, count in DECIMALS.items() if field.name.endswith(suffix)), 0)


def read_scalar(field: FieldDescriptor, node: yaml.ScalarNode) -> int | bool | str:
    """The value of a field that is no message; raises ShapeError where the text does not fit."""
    if field.enum_type is not None:
        return _choice(field.enum_type, node.value)
    if field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
        return _words(node)
    if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
        return _truth(node)
    return _number(field, node.value)


def read_date(node: yaml.ScalarNode) -> date:
    """A date written 2024-01-31; raises ShapeError where no calendar has it."""
    if not _DATE.fullmatch(node.value):
        raise ShapeError(
            ShapeRule.DATE_MUST_BE_VALID, f"write the date as 2024-01-31, not {shown(node.value)}"
        )
    try:
        return date.fromisoformat(node.value)
    except ValueError as impossible:
        raise ShapeError(ShapeRule.DATE_MUST_BE_VALID, f"{node.value} is not in the calendar") from impossible


def choices_of(enum: EnumDescriptor) -> dict[str, int]:
    """The values of an enum as the file writes them: lower case, no prefix, and no `unspecified`."""
    prefix = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", enum.name).upper() + "_"
    return {value.name.removeprefix(prefix).lower(): value.number for value in enum.values if value.number}


def _choice(enum: EnumDescriptor, text: str) -> int:
    choices = choices_of(enum)
    if text not in choices:
        allowed = ", ".join(choices)
        raise ShapeError(ShapeRule.CHOICE_UNKNOWN, f"{shown(text)} is not one of {allowed}")
    return choices[text]


def _words(node: yaml.ScalarNode) -> str:
    if node.tag != f"{_TAG}str":
        raise ShapeError(
            ShapeRule.TYPE_MUST_FIT, f"words are wanted; write '{node.value}' in quotes to mean the text"
        )
    return str(node.value)


def _truth(node: yaml.ScalarNode) -> bool:
    if node.tag != f"{_TAG}bool":
        raise ShapeError(ShapeRule.TYPE_MUST_FIT, f"true or false is wanted, not {shown(node.value)}")
    return str(node.value).lower() in ("true", "yes", "on")


def _number(field: FieldDescriptor, text: str) -> int:
    decimals = decimals_of(field)
    match = _NUMBER.fullmatch(text)
    if match is None or (match[3] and not decimals):
        wanted = "a plain number such as 1250.50" if decimals else "a whole number such as 12"
        raise ShapeError(ShapeRule.NUMBER_MUST_BE_PLAIN, f"{wanted} is wanted, not {shown(text)}")
    fraction = match[3] or ""
    # Even 3.000 is refused: it is three thousand to many who write it.
    if len(fraction) > decimals:
        raise ShapeError(ShapeRule.DECIMALS_ABOVE_LIMIT, f"{shown(text)} has more than {decimals} decimals")
    lowest, highest = _RANGES[field.cpp_type]
    digits = match[2] + fraction.ljust(decimals, "0")
    # Longer texts are out of every range, and Python refuses to read very long ones.
    number = int(match[1] + digits) if len(digits) <= 20 else highest + 1
    if not lowest <= number <= highest:
        raise ShapeError(ShapeRule.NUMBER_OUT_OF_RANGE, f"{shown(text)} is too large to be counted exactly")
    return number
