"""Which points change hands when two records of one member are joined or separated (DECISIONS, Meanings 35)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.kernel.calendar import NEVER, Days
from services.points.columns import Amounts
from services.points.ledger_columns import Left
from services.points.policy import Policy
from services.points.rules.expiry import expires_on


@dataclass(frozen=True, slots=True)
class Shares:
    """Points by the day on which they were earned, oldest first; NEVER: from the oldest. Negative: what is owed."""

    lot_on: Days
    points: Amounts

    def __len__(self) -> int:
        return len(self.points)


def decide_what_moves(left: Left, balance: int, room: int) -> Shares:
    """All that is left in one account, as old as it is, and what the account owes.

    No more than the other account has room for, the oldest first: the rest stays until there is more.
    """
    shares = _by_day(left.lot_on, left.points)
    before = np.cumsum(shares.points) - shares.points
    points = np.clip(room - before, 0, shares.points)
    owed = min(balance, 0)
    return _without_nothing(np.append(shares.lot_on, NEVER), np.append(points, owed))


def decide_given_back(
    moved: Mapping[str, NDArray[Any]],
    since: Mapping[str, NDArray[Any]],
    active_on: int,
    policy: Policy,
    as_of: int,
) -> Shares:
    """What a merge moved, with what refunds and payments of the record's own have taken or given since.

    What has expired by a day, or would have unless it had been spent, stays spent. `active_on` is the last day of
    activity of the record that held the points.
    """
    shares = _by_day(np.append(moved["lot_on"], since["lot_on"]), np.append(moved["points"], since["points"]))
    activity = np.full(len(shares), active_on, dtype=np.int32)
    dated = shares.lot_on != NEVER
    days = np.where(dated, shares.lot_on, 0).astype(np.int32)
    expired = dated & (expires_on(days, activity, policy) <= as_of) & (shares.points > 0)
    return _without_nothing(shares.lot_on, np.where(expired, 0, shares.points))


def _by_day(lot_on: Days, points: Amounts) -> Shares:
    days, part = np.unique(lot_on, return_inverse=True)
    sums = np.zeros(len(days), dtype=np.int64)
    np.add.at(sums, part.reshape(-1), points)
    return Shares(days.astype(np.int32), sums)


def _without_nothing(lot_on: Days, points: Amounts) -> Shares:
    some = points != 0
    return Shares(lot_on[some].astype(np.int32), points[some].astype(np.int64))
