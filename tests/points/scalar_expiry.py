"""What is left of a member's points, and when it expires, act by act and day by day (DECISIONS, Meanings 26, 27)."""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np

from services.kernel.calendar import NEVER, day_number
from services.kernel.program import Program
from services.points.ledger_columns import Accounts, Left, Lots
from services.points.policy import Policy, compiled
from services.points.policy_document import (
    EarningRates,
    Expiry,
    ExpiryMode,
    PointsPolicy,
    QualifyingKinds,
)
from services.runtime.revisions import SINCE_EVER

PROGRAM = Program("LUXESPA-PRIVILEGE", "LuxeSpa Privilege", "MYR", "Asia/Kuala_Lumpur", "LUXE-POINTS")
AFTER_A_YEAR = Expiry(ExpiryMode.AFTER_EARNING, 12, reinstatement_days=30)
AFTER_AN_IDLE_YEAR = Expiry(ExpiryMode.AFTER_INACTIVITY, 12, reinstatement_days=30)

Revisions = Sequence[tuple[date, Expiry | None]]
"""From which day on which expiry is in force; the first is in force since ever."""


@dataclass
class Member:
    """A member's points as a heap of lots, each act carried out when it happens."""

    given: dict[int, int] = field(default_factory=dict)
    left: dict[int, int] = field(default_factory=dict)
    owed: int = 0
    entries: list[tuple[int, bool, int]] = field(default_factory=list)

    def earns(self, day: int, points: int) -> None:
        """What is owed is repaid first."""
        self.entries.append((day, True, points))
        self.given[day] = self.given.get(day, 0) + points
        repaid = min(points, self.owed)
        self.owed -= repaid
        self.left[day] = self.left.get(day, 0) + points - repaid

    def spends(self, points: int) -> None:
        """The oldest points first, and no more than there are."""
        self.entries.append((NEVER, False, -points))
        self._lose_oldest(points)

    def gives_back(self, day: int, points: int) -> None:
        """A purchase of a day: from that day, then from the oldest, then owed."""
        self.entries.append((day, True, -points))
        self.given[day] -= points
        own = min(points, self.left[day])
        self.left[day] -= own
        self._lose_oldest(points - own)

    def gets_back(self, points: int) -> None:
        """Of a redemption: as if the last points that were spent had not been."""
        self.entries.append((NEVER, False, points))
        repaid = min(points, self.owed)
        self.owed -= repaid
        points -= repaid
        for day in sorted(self.left, reverse=True):
            room = min(points, self.given[day] - self.left[day])
            self.left[day] += room
            points -= room

    def _lose_oldest(self, points: int) -> None:
        for day in sorted(self.left):
            lost = min(points, self.left[day])
            self.left[day] -= lost
            points -= lost
        self.owed += points


def lots_of(*members: Sequence[tuple[int, bool, int]]) -> Lots:
    """The entries of accounts added up by day; each entry is a day (NEVER: the oldest), bought or not, and points."""
    sums: dict[tuple[int, int, bool], int] = {}
    for row, entries in enumerate(members):
        for day, bought, points in entries:
            sums[row, day, bought] = sums.get((row, day, bought), 0) + points
    keys = sorted(sums)
    return Lots(
        np.array([row for row, _, _ in keys], dtype=np.intp),
        np.array([day for _, day, _ in keys], dtype=np.int32),
        np.array([bought for _, _, bought in keys], dtype=np.bool_),
        np.array([sums[key] for key in keys], dtype=np.int64),
        np.array([0 if day == NEVER else day for _, day, _ in keys], dtype=np.int32),
    )


def by_day(left: Left, row: int = 0) -> dict[int, int]:
    """What is left of each day of one account."""
    told: dict[int, int] = {}
    mine = left.row == row
    for day, points in zip(left.lot_on[mine].tolist(), left.points[mine].tolist(), strict=True):
        told[day] = told.get(day, 0) + points
    return told


def policy_of(revisions: Revisions) -> Policy:
    """The revisions, compiled."""
    documents = [
        PointsPolicy(EarningRates(service_bp=10_000), QualifyingKinds(service=True), expiry=expiry)
        for _, expiry in revisions
    ]
    return compiled(PROGRAM, [SINCE_EVER, *(day_number(day) for day, _ in revisions[1:])], documents)


def months_later(day: date, months: int) -> date:
    """The same day of the month so many months later, or the last of a shorter month."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def expiry_day(earned: date, active: date | None, revisions: Revisions, until: date) -> date | None:
    """The first day up to another on which the revision in force that day lets the points expire."""
    day = earned
    while day <= until:
        expiry = [each for since, each in revisions[1:] if since <= day]
        in_force = expiry[-1] if expiry else revisions[0][1]
        if in_force is not None:
            idle = in_force.mode is ExpiryMode.AFTER_INACTIVITY and active is not None
            since = max(earned, active) if idle and active is not None else earned
            if months_later(since, in_force.months) <= day:
                return day
        day += timedelta(days=1)
    return None


def accounts_of(*active_on: int) -> Accounts:
    """Accounts of which only the day of the last activity matters."""
    count = len(active_on)
    return Accounts(
        shard=np.zeros(count, dtype=np.int16),
        member_id=np.array([f"M{row}" for row in range(count)], dtype=object),
        balance=np.ones(count, dtype=np.int64),
        lifetime_earned=np.zeros(count, dtype=np.int64),
        oldest_on=np.full(count, NEVER, dtype=np.int32),
        active_on=np.array(active_on, dtype=np.int32),
        expirations=np.zeros(count, dtype=np.int32),
        tier_system=np.full(count, "", dtype=object),
        level=np.full(count, "", dtype=object),
        merged_into=np.full(count, "", dtype=object),
        erased=np.zeros(count, dtype=np.bool_),
    )
