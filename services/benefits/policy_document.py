"""A benefits policy as plain data: the fields of carat.benefits.v1 policy.proto, its enums by number."""

from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from typing import Final, Self

NO_SUCH_DAY: Final = date.min
"""Stands for a date that was given and that no calendar has, such as 30 February."""


class Period(IntEnum):
    """Length of an allowance's period; a number that this version does not know reads as not said."""

    UNSPECIFIED = 0
    MONTHLY = 1
    EVERY_14_DAYS = 2

    @classmethod
    def _missing_(cls, value: object) -> Self:
        return cls(0)


@dataclass(frozen=True, slots=True)
class AllowanceRule:
    """A quota of one complimentary benefit, for one level; `value_limit_minor` 0 is no limit."""

    code: str
    name: str
    tier_system: str
    level: str
    quantity: int
    period: Period
    value_limit_minor: int = 0
    anchor: date | None = None
    combinable: bool = False


@dataclass(frozen=True, slots=True)
class BenefitsPolicy:
    """Everything that decides what each level is owed."""

    allowances: tuple[AllowanceRule, ...] = ()
