"""One month of a member: what came, what went, and what is left (DECISIONS, Meanings 26, 27 and 36)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.kernel.calendar import NEVER, Days
from services.kernel.columns import Mask
from services.points.columns import Amounts, Reasons
from services.points.ledger_columns import ACTIVE, EntryKind, Lots
from services.points.policy import Policy
from services.points.rules.expiry import NextExpiry, next_expiry
from services.points.rules.lots import left_of


@dataclass(frozen=True, slots=True)
class EntrySums:
    """What the entries of one account add up to by kind and day of earning, those before the month apart.

    `last_on` is the last day on which any of them counts, `came_on` the last on which any of them gave points.
    """

    kind: Reasons
    is_before: Mask
    lot_on: Days
    entries: Amounts
    points: Amounts
    last_on: Days
    came_on: Days

    def __len__(self) -> int:
        return len(self.points)


@dataclass(frozen=True, slots=True)
class KindTotal:
    """What the entries of one kind come to within the month."""

    kind: EntryKind
    entries: int
    points: int


@dataclass(frozen=True, slots=True)
class Month:
    """A month: the opening balance and the totals, in the order of kinds, add up to the closing balance."""

    opening: int
    totals: tuple[KindTotal, ...]
    closing: int
    next_expiry: NextExpiry


def decide_month(sums: EntrySums, policy: Policy, last_day: int) -> Month:
    """The month that ends with a day, and what expires first after it if nothing is spent.

    Points that are held are still there.
    """
    within = ~sums.is_before
    totals = tuple(
        KindTotal(EntryKind(int(kind)), int(sums.entries[rows].sum()), int(sums.points[rows].sum()))
        for kind in np.unique(sums.kind[within])
        for rows in [within & (sums.kind == kind)]
    )
    return Month(
        opening=int(sums.points[sums.is_before].sum()),
        totals=totals,
        closing=int(sums.points.sum()),
        next_expiry=_next_expiry(sums, policy, last_day),
    )


def _next_expiry(sums: EntrySums, policy: Policy, last_day: int) -> NextExpiry:
    active = sums.last_on[np.isin(sums.kind, ACTIVE)]
    left = left_of(_lots_of(sums), np.zeros(1, dtype=np.int64))
    return next_expiry(left, int(active.max()) if len(active) else NEVER, policy, last_day)


def _lots_of(sums: EntrySums) -> Lots:
    """One lot a day of earning; whether it was bought does not tell when it expires."""
    lot_on, position = np.unique(sums.lot_on, return_inverse=True)
    points = np.zeros(len(lot_on), dtype=np.int64)
    np.add.at(points, position, sums.points)
    came_on = np.zeros(len(lot_on), dtype=np.int32)
    np.maximum.at(came_on, position, sums.came_on)
    account: NDArray[np.intp] = np.zeros(len(lot_on), dtype=np.intp)
    return Lots(account, lot_on, np.zeros(len(lot_on), dtype=np.bool_), points, came_on)
