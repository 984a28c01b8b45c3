"""One month of a member: what came, what went, and what is left (DECISIONS, Meanings 26, 27 and 36)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.kernel.calendar import NEVER, Days
from services.kernel.columns import Mask
from services.points.columns import Amounts, Reasons
from services.points.ledger_columns import ACTIVE, BOUGHT, EntryKind, Lots
from services.points.policy import Policy
from services.points.rules.expiry import NextExpiry, next_expiry
from services.points.rules.lots import left_of


@dataclass(frozen=True, slots=True)
class EntrySums:
    """What the entries of one account add up to by kind and day of earning, those before the month apart.

    `last_on` is the last day on which any of them counts.
    """

    kind: Reasons
    is_before: Mask
    lot_on: Days
    entries: Amounts
    points: Amounts
    last_on: Days

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
    """One lot a day of earning, points of purchases apart."""
    keys = np.stack([sums.lot_on, np.isin(sums.kind, BOUGHT).astype(np.int32)], axis=1)
    lots, position = np.unique(keys, axis=0, return_inverse=True)
    points = np.zeros(len(lots), dtype=np.int64)
    np.add.at(points, position.reshape(-1), sums.points)
    came_on = np.zeros(len(lots), dtype=np.int32)
    np.maximum.at(came_on, position.reshape(-1), np.where(sums.points > 0, sums.last_on, 0))
    account: NDArray[np.intp] = np.zeros(len(lots), dtype=np.intp)
    return Lots(account, lots[:, 0], lots[:, 1].astype(np.bool_), points, came_on)
