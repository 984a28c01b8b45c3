"""The loyalty program as every service knows it, and the rules that hold for it everywhere."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from enum import IntEnum
from zoneinfo import available_timezones

from services.kernel.refusals import Violation

_WITHOUT_TWO_DECIMALS = (
    "BHD BIF CLF CLP DJF GNF IQD ISK JOD JPY KMF KRW KWD LYD OMR PYG RWF TND UGX UYI UYW VND VUV XAF XOF XPF"
)
_LASTING = ("code", "currency", "time_zone")
"""Ids, amounts and days were recorded in them; another time zone would at once change which day it is today."""


class ProgramRule(IntEnum):
    """The rules of the shared Program message, numbered as in carat.tier.v1.TierPolicyRule."""

    REQUIRED = 1
    TIME_ZONE_UNKNOWN = 2
    CURRENCY_MUST_BE_ISO_4217 = 3
    PROGRAM_MUST_NOT_CHANGE = 4


@dataclass(frozen=True, slots=True)
class Program:
    """One loyalty program; the fields of carat.tier.v1.Program."""

    code: str
    name: str
    currency: str
    time_zone: str
    points_currency: str


def is_code(text: str) -> bool:
    """Whether the text can identify something: 1 to 64 printable characters without spaces."""
    return 1 <= len(text) <= 64 and text.isprintable() and " " not in text


def is_name(text: str) -> bool:
    """Whether the text can be shown to people: 1 to 200 printable characters, not all of them spaces."""
    return 1 <= len(text) <= 200 and text.isprintable() and not text.isspace()


def decide_program_violations(program: Program, previous: Program | None = None) -> Iterator[Violation]:
    """What is wrong with a program; `previous` was applied before: what lasts of it stays for ever."""
    for name in [field.name for field in fields(program)]:
        path, said = f"program.{name}", getattr(program, name)
        if not (is_code(said) if name == "code" else is_name(said)):
            yield Violation(path, ProgramRule.REQUIRED, f"a program needs a {name}; {said!r} cannot be one")
        elif name == "currency" and (not re.fullmatch("[A-Z]{3}", said) or said in _WITHOUT_TWO_DECIMALS):
            text = f"{said!r} is not the ISO 4217 code of a currency with two decimals, such as MYR"
            yield Violation(path, ProgramRule.CURRENCY_MUST_BE_ISO_4217, text)
        elif name == "time_zone" and said not in available_timezones():
            text = f"{said!r} is not an IANA time zone, such as Asia/Kuala_Lumpur"
            yield Violation(path, ProgramRule.TIME_ZONE_UNKNOWN, text)
        elif name in _LASTING and previous and said != getattr(previous, name):
            text = f"stays {getattr(previous, name)!r} once applied; another program needs another deployment"
            yield Violation(path, ProgramRule.PROGRAM_MUST_NOT_CHANGE, text)
