"""What the Benefits reference keeps of a member: allowances with their periods, and uses."""

from dataclasses import dataclass
from datetime import date
from typing import TypedDict

from tests.reference.calendar import fortnight_around, month_around
from tests.reference.ladder import AllowanceRule


@dataclass
class Allowance:
    """A quota of one member for one period, on the terms of the day it was opened."""

    code: str
    tier_system: str
    level: str
    period_start: date
    period_end: date
    granted: int
    value_limit_minor: int
    combinable: bool
    used: int = 0
    closed: bool = False


@dataclass
class Holder:
    """A member as this service knows one: the level held now, and since when."""

    tier_system: str
    level: str
    level_since: date
    allowances: list[Allowance]


@dataclass(frozen=True)
class Use:
    """What a transaction id stands for."""

    member_id: str
    code: str
    used_on: date
    quantity: int
    value_minor: int


class UseAnswer(TypedDict):
    """Uses left in the period after the use."""

    remaining: int
    replayed: bool


def period_around(rule: AllowanceRule, day: date) -> tuple[date, date]:
    """The period of a rule around a day: its first day and the first day after it."""
    if rule.period == "MONTHLY":
        return month_around(day)
    if rule.anchor is None:
        raise ValueError("a 14-day period without an anchor")
    return fortnight_around(day, rule.anchor)


def is_owed(rule: AllowanceRule, holder: Holder) -> bool:
    """Whether the level held now is owed this allowance."""
    return (rule.tier_system, rule.level) == (holder.tier_system, holder.level)


def fresh_allowance(rule: AllowanceRule, day: date) -> Allowance:
    """The full allowance of the period around a day."""
    start, end = period_around(rule, day)
    return Allowance(
        code=rule.code,
        tier_system=rule.tier_system,
        level=rule.level,
        period_start=start,
        period_end=end,
        granted=rule.quantity,
        value_limit_minor=rule.value_limit_minor,
        combinable=rule.combinable,
    )


def find_opened(holder: Holder, rule: AllowanceRule, period_start: date) -> Allowance | None:
    """The allowance of one rule and period, if it was opened before."""
    for allowance in holder.allowances:
        if (allowance.code, allowance.level, allowance.period_start) == (rule.code, rule.level, period_start):
            return allowance
    return None
