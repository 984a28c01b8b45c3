"""The benefits policy of all revisions as arrays, so that a rule gathers what is owed on a member's day."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.benefits.columns import Amounts, Mask, Numbers, Texts, texts
from services.benefits.policy_document import AllowanceRule, BenefitsPolicy, Period
from services.kernel.calendar import NEVER, Days, day_number
from services.kernel.program import Program

_FORTNIGHT = 14


@dataclass(frozen=True, slots=True)
class AllowanceRules:
    """One row for each rule of each revision, in force from a day until the day before another."""

    in_force_from: Days
    in_force_until: Days
    revision: Numbers
    code: Texts
    name: Texts
    tier_system: Texts
    level: Texts
    quantity: Numbers
    value_limit_minor: Amounts
    combinable: Mask
    period: NDArray[np.int16]
    anchor: Days

    def __len__(self) -> int:
        return len(self.code)


@dataclass(frozen=True, slots=True)
class Revision:
    """One applied policy, as it was written."""

    number: int
    effective_from: int
    digest: str
    program: Program
    policy: BenefitsPolicy


@dataclass(frozen=True, slots=True)
class Policies:
    """All revisions, oldest first; none before the first ApplyPolicy."""

    revisions: Sequence[Revision]
    rules: AllowanceRules

    @property
    def latest_number(self) -> int:
        """The number of the newest revision; 0: there is none."""
        return len(self.revisions)

    @property
    def latest(self) -> Revision | None:
        """The newest revision."""
        return self.revisions[-1] if self.revisions else None

    @property
    def program(self) -> Program | None:
        """The program as applied last."""
        return self.latest.program if self.latest else None

    def in_force(self, day: int) -> Revision | None:
        """The revision in force on a day; of several with one first day, the newest."""
        started = [revision for revision in self.revisions if revision.effective_from <= day]
        return started[-1] if started else None

    def name_of(self, code: str, level: str) -> str:
        """The name under which members know an allowance, by the newest revision that names it."""
        named = np.flatnonzero((self.rules.code == code) & (self.rules.level == level))
        return str(self.rules.name[named[-1]]) if len(named) else code


def compiled(revisions: Sequence[Revision]) -> Policies:
    """The revisions, oldest first, with their rules as arrays."""
    ends = [revision.effective_from for revision in revisions[1:]] + [NEVER]
    rows = [
        (revision.effective_from, end, revision.number, rule)
        for revision, end in zip(revisions, ends, strict=False)
        for rule in revision.policy.allowances
    ]
    written = [rule for *_, rule in rows]
    return Policies(
        revisions,
        AllowanceRules(
            in_force_from=np.array([since for since, *_ in rows], dtype=np.int32),
            in_force_until=np.array([until for _, until, *_ in rows], dtype=np.int32),
            revision=np.array([number for _, _, number, _ in rows], dtype=np.int32),
            code=texts([rule.code for rule in written]),
            name=texts([rule.name for rule in written]),
            tier_system=texts([rule.tier_system for rule in written]),
            level=texts([rule.level for rule in written]),
            quantity=np.array([rule.quantity for rule in written], dtype=np.int32),
            value_limit_minor=np.array([rule.value_limit_minor for rule in written], dtype=np.int64),
            combinable=np.array([rule.combinable for rule in written], dtype=np.bool_),
            period=np.array([rule.period for rule in written], dtype=np.int16),
            anchor=np.array([_anchor_day(rule) for rule in written], dtype=np.int32),
        ),
    )


def period_of(rules: AllowanceRules, days: Days) -> tuple[Days, Days]:
    """The period of each rule around the day of its row: its first day, and the first day after it.

    A calendar month, or 14 days counted from the rule's anchor in both directions (DECISIONS, Meanings 15).
    """
    month = days.astype("datetime64[D]").astype("datetime64[M]")
    month_start = month.astype("datetime64[D]").astype(np.int64)
    month_end = (month + 1).astype("datetime64[D]").astype(np.int64)
    anchor = rules.anchor.astype(np.int64)
    fortnight_start = anchor + (days - anchor) // _FORTNIGHT * _FORTNIGHT
    monthly = rules.period == Period.MONTHLY
    start = np.where(monthly, month_start, fortnight_start).astype(np.int32)
    end = np.where(monthly, month_end, fortnight_start + _FORTNIGHT).astype(np.int32)
    return start, end


def ladders_owed(rules: AllowanceRules, day: int) -> list[tuple[str, str]]:
    """The tier systems and levels that are owed anything on a day."""
    in_force = (rules.in_force_from <= day) & (day < rules.in_force_until)
    return sorted(set(zip(rules.tier_system[in_force].tolist(), rules.level[in_force].tolist(), strict=True)))


def _anchor_day(rule: AllowanceRule) -> int:
    return 0 if rule.anchor is None else day_number(rule.anchor)
