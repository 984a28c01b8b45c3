"""What is left of each day's earnings when the oldest points are spent first (DECISIONS, Meanings 26).

Nothing is kept a lot: what every day gave and what was taken in all decide it.
"""

import numpy as np
from numpy.typing import NDArray

from services.kernel.calendar import NEVER
from services.kernel.columns import Mask
from services.points.columns import Amounts
from services.points.ledger_columns import Left, Lots


def left_of(lots: Lots, held: Amounts) -> Left:
    """The points left of each lot, beside those that authorisations hold of each account.

    What was taken or is held, and what reversals took beyond the lot that they concern, is taken from the oldest on.
    """
    given = np.flatnonzero(lots.points > 0)
    given = given[~_is_taken(lots)[given]]
    debt = held.copy()
    takes = _is_taken(lots) | (lots.points < 0)
    np.subtract.at(debt, lots.row[takes], lots.points[takes])
    order = given[np.lexsort((~lots.bought[given], lots.lot_on[given], lots.row[given]))]
    before = _running_before(lots.points[order], lots.row[order])
    after = before + lots.points[order]
    owed = np.maximum(debt[lots.row[order]], 0)
    points = np.maximum(after - np.maximum(before, owed), 0)
    some = order[points > 0]
    return Left(lots.row[some], lots.lot_on[some], lots.bought[some], points[points > 0])


def _is_taken(lots: Lots) -> Mask:
    taken: Mask = lots.lot_on == NEVER
    return taken


def _running_before(points: Amounts, row: NDArray[np.intp]) -> Amounts:
    """The points of the same account in the lots before each."""
    before = np.cumsum(points) - points
    first = np.flatnonzero(np.diff(row, prepend=-1))
    lengths = np.diff(first, append=len(row))
    return before - np.repeat(before[first], lengths)


def sums_by_account(row: NDArray[np.intp], points: Amounts, accounts: int) -> Amounts:
    """Points added up by the account that they are in."""
    sums = np.zeros(accounts, dtype=np.int64)
    np.add.at(sums, row, points)
    return sums
