"""What is left of each day's earnings when the oldest points are spent first (DECISIONS, Meanings 26).

Nothing is kept a lot: what every day gave and what was taken in all decide it.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from services.kernel.calendar import NEVER, Days
from services.kernel.columns import Mask
from services.points.columns import Amounts
from services.points.ledger_columns import Left, Lots

_SAFE_SUM: Final = 2.0**62
"""Whatever adds up to less in the size of its parts, no partial sum of it leaves an int64."""

OLDEST_DAY: Final = 0
"""Points given back to who has none are as old as any."""

Exact = NDArray[Any]
"""Points that are added up: int64, or Python's integers where those could wrap."""


@dataclass(frozen=True, slots=True)
class _Netted:
    """What is left of each day after its own reversals, in the order in which it is spent; `debt` is what takes it."""

    row: NDArray[np.intp]
    lot_on: Days
    bought: Mask
    points: Exact
    debt: Exact


def left_of(lots: Lots, held: Amounts, maturing: Mask | None = None) -> Left:
    """The points left of each lot, beside those that authorisations hold of each account.

    A reversal takes from its own day. What was taken or is held, and what reversals took beyond their day, is taken
    from the oldest on; from lots that are still `maturing` only when there are no others, for they cannot have been
    spent. What was given back of points taken from another account, as after a merge, is as old as the oldest there
    are.
    """
    netted = _netted(lots, held, np.zeros(len(lots), dtype=np.bool_) if maturing is None else maturing)
    row = netted.row
    before = running_before(netted.points, row)
    owed = np.maximum(netted.debt, 0)[row]
    points = np.maximum(before + netted.points - np.maximum(before, owed), 0)
    some = np.flatnonzero(points > 0)
    some = some[np.lexsort((netted.lot_on[some], row[some]))]
    late_on = _last_late_on(lots, len(held))
    left = Left(
        row[some],
        netted.lot_on[some],
        netted.bought[some],
        points[some].astype(np.int64),
        late_on[row[some]],
    )
    return _with_surplus(left, np.maximum(-netted.debt, 0).astype(np.int64), late_on)


def sums_by_account(row: NDArray[np.intp], points: Amounts, accounts: int) -> Amounts:
    """Points added up by the account that they are in; raises OverflowError beyond an int64."""
    exact = _exact(points)
    sums = np.zeros(accounts, dtype=exact.dtype)
    np.add.at(sums, row, exact)
    return sums.astype(np.int64)


def _netted(lots: Lots, held: Amounts, maturing: Mask) -> _Netted:
    every = _exact(np.concatenate([lots.points, held]))
    given, debt = every[: len(lots)], every[len(lots) :].copy()
    is_dated = lots.lot_on != NEVER
    np.subtract.at(debt, lots.row[~is_dated], given[~is_dated])
    dated = np.flatnonzero(is_dated)
    order = dated[np.lexsort((lots.lot_on[dated], lots.row[dated]))]
    row, lot_on, points = lots.row[order], lots.lot_on[order], given[order]
    first = np.flatnonzero((np.diff(row, prepend=-1) != 0) | (np.diff(lot_on, prepend=-1) != 0))
    whole = np.add.reduceat(points, first)
    np.subtract.at(debt, row[first], np.minimum(whole, 0))
    whole = np.maximum(whole, 0)
    bought = np.add.reduceat(np.where(lots.bought[order], points, 0), first)
    bought = np.minimum(np.maximum(bought, 0), whole)
    late = np.logical_or.reduceat(maturing[order], first)
    row, lot_on = np.repeat(row[first], 2), np.repeat(lot_on[first], 2)
    is_bought = np.tile([False, True], len(first))
    points = np.stack([whole - bought, bought], axis=1).reshape(-1)
    spent = np.lexsort((is_bought, lot_on, is_bought & np.repeat(late, 2), row))
    return _Netted(row[spent], lot_on[spent], is_bought[spent], points[spent], debt)


def _last_late_on(lots: Lots, accounts: int) -> Days:
    """The last day on which points came to each account that were older than that day.

    What was taken in all is taken from them, too, so that they leave points of other days in their place.
    """
    late_on = np.full(accounts, OLDEST_DAY, dtype=np.int32)
    late = (lots.lot_on == NEVER) | (lots.came_on > lots.lot_on)
    np.maximum.at(late_on, lots.row[late], lots.came_on[late])
    return late_on


def _with_surplus(left: Left, surplus: Amounts, late_on: Days) -> Left:
    rows = np.flatnonzero(surplus)
    if len(rows) == 0:
        return left
    oldest = np.full(len(surplus), OLDEST_DAY, dtype=np.int32)
    oldest[left.row[::-1]] = left.lot_on[::-1]
    row, lot_on = np.append(rows, left.row), np.append(oldest[rows], left.lot_on)
    order = np.lexsort((lot_on, row))
    bought = np.append(np.zeros(len(rows), dtype=np.bool_), left.bought)
    points = np.append(surplus[rows], left.points)[order]
    return Left(row[order], lot_on[order], bought[order], points, late_on[row[order]])


def running_before(points: Exact, row: NDArray[np.intp]) -> Exact:
    """The points of the same account that stand before each; rows of one account stand together."""
    before: Exact = np.cumsum(points) - points
    first = np.flatnonzero(np.diff(row, prepend=-1))
    lengths = np.diff(first, append=len(row))
    within: Exact = before - np.repeat(before[first], lengths)
    return within


def _exact(points: Amounts) -> Exact:
    wide: Exact = points if np.abs(points.astype(np.float64)).sum() < _SAFE_SUM else points.astype(object)
    return wide
