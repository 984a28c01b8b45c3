"""Which points a transfer moves, and when it is refused (DECISIONS, Meanings 34)."""

from dataclasses import dataclass

import numpy as np

from services.kernel.calendar import NEVER, Days
from services.kernel.columns import taken
from services.points.columns import Amounts
from services.points.ledger_columns import Left
from services.points.policy import Policy
from services.points.policy_document import ExpiryMode
from services.points.refusals import Reason
from services.points.rules.limits import ACT_LIMIT
from services.points.rules.lots import sums_by_account


@dataclass(frozen=True, slots=True)
class Parts:
    """Points on their way to another account, by the day on which they count as earned there; oldest first."""

    lot_on: Days
    points: Amounts


def decide_transfer(
    points: int, available: int, room: int, *, to_itself: bool, pool_known: bool, in_pool: bool
) -> Reason:
    """The first refusal that applies to a transfer; UNSPECIFIED: it is granted.

    `available` can be taken from the giver, `room` added to the taker. What is available is told to those only who
    could take it.
    """
    may_move = pool_known and in_pool and not to_itself
    if points > ACT_LIMIT or (may_move and points > room):
        return Reason.POINTS_ABOVE_LIMIT
    if points <= 0:
        return Reason.POINTS_MUST_BE_POSITIVE
    if may_move and points > available:
        return Reason.BALANCE_TOO_LOW
    if to_itself:
        return Reason.TRANSFER_TO_ITSELF
    if not pool_known:
        return Reason.POOL_UNKNOWN
    return Reason.UNSPECIFIED if in_pool else Reason.POOL_MEMBERSHIP_REQUIRED


def decide_parts(left: Left, active_on: int, points: int, policy: Policy, today: int) -> Parts:
    """The oldest of what is left in one account, so that it expires elsewhere no earlier, and not later by itself.

    `left` may hold fewer points than are asked for: then all of them move. Where points expire after inactivity, the
    giver's activity is part of their age. Where no policy ever let points expire they move in one part, as old as its
    youngest.
    """
    oldest_first = taken(left, np.argsort(left.lot_on, kind="stable"))
    before = np.cumsum(oldest_first.points) - oldest_first.points
    moved = np.clip(points - before, 0, oldest_first.points)
    lot_on, moved = oldest_first.lot_on[moved > 0], moved[moved > 0]
    if not policy.lets_points_expire:
        lot_on = np.full(len(lot_on), lot_on.max(initial=0), dtype=np.int32)
    expiry = policy.document_on(today).expiry
    if expiry and expiry.mode is ExpiryMode.AFTER_INACTIVITY and active_on != NEVER:
        lot_on = np.maximum(lot_on, active_on)
    days, part = np.unique(lot_on, return_inverse=True)
    return Parts(days.astype(np.int32), sums_by_account(part, moved, len(days)))
