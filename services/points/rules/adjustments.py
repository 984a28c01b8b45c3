"""Why staff may not add or take points (DECISIONS, Meanings 28)."""

from services.kernel.program import is_code, is_name
from services.points.refusals import Reason
from services.points.rules.limits import ACT_LIMIT


def decide_adjustment(points: int, available: int, room: int, limit: int, actor_id: str, note: str) -> Reason:
    """The first refusal that applies to an adjustment by so many points; UNSPECIFIED: it is granted.

    `available` can be taken, `room` added; a policy whose `limit` is 0 lets staff move none.
    """
    if abs(points) > ACT_LIMIT or points > room:
        return Reason.POINTS_ABOVE_LIMIT
    if points == 0:
        return Reason.POINTS_MUST_NOT_BE_ZERO
    if points < 0 and -points > available:
        return Reason.BALANCE_TOO_LOW
    if not is_code(actor_id):
        return Reason.ACTOR_REQUIRED
    if not is_name(note):
        return Reason.NOTE_REQUIRED
    if abs(points) > limit:
        return Reason.ADJUSTMENT_ABOVE_LIMIT
    return Reason.UNSPECIFIED
