"""Which expired points staff may give back (DECISIONS, Meanings 27)."""

from collections.abc import Iterable
from typing import NamedTuple

from services.kernel.program import is_code, is_name
from services.points.refusals import Reason
from services.points.rules.limits import ACT_LIMIT


class Expiration(NamedTuple):
    """What a member lost on a day; negative: what was given back of it on a later day."""

    day: int
    points: int


def decide_reinstatable(history: Iterable[Expiration], days: int, today: int) -> int:
    """Points that may be given back: expired up to so many days ago, and not given back; after 0 days none are.

    `history` tells expirations and reinstatements as they were posted. What was given back were the points that had
    expired last: those were within the days of every policy by which any were.
    """
    lost: list[Expiration] = []
    for event in history:
        if event.points > 0:
            lost.append(event)
        else:
            _give_back(lost, -event.points)
    return sum(each.points for each in lost if days > 0 and each.day >= today - days)


def decide_reinstatement(points: int, reinstatable: int, room: int, actor_id: str, note: str) -> Reason:
    """The first refusal that applies to giving back so many points; UNSPECIFIED: it is granted.

    `points` 0 asks for all that are `reinstatable`; the balance has `room` for so many more.
    """
    if (points or reinstatable) > min(room, ACT_LIMIT):
        return Reason.POINTS_ABOVE_LIMIT
    if points < 0:
        return Reason.POINTS_MUST_BE_POSITIVE
    if not is_code(actor_id):
        return Reason.ACTOR_REQUIRED
    if not is_name(note):
        return Reason.NOTE_REQUIRED
    if reinstatable == 0 or points > reinstatable:
        return Reason.NOTHING_TO_REINSTATE
    return Reason.UNSPECIFIED


def _give_back(lost: list[Expiration], points: int) -> None:
    """Takes what was given back off what expired, the last day first, and of one day what was posted last."""
    for place in sorted(range(len(lost)), key=lambda each: (lost[each].day, each), reverse=True):
        given = min(points, lost[place].points)
        lost[place] = lost[place]._replace(points=lost[place].points - given)
        points -= given
