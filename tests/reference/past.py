"""Where a member stood on a past day, as the moves up to it tell."""

from collections.abc import Sequence
from datetime import date
from typing import TypedDict

from tests.reference.member import Move


class PastAnswer(TypedDict):
    """What moves tell of the standing of a past day."""

    level: str
    level_since: date
    grace_until: date | None
    locked_until: date | None
    lifetime_since: date | None
    inactive_since: date | None


def stood_on(moves: Sequence[Move], as_of: date) -> PastAnswer:
    """The standing that the last move by a day left behind, and the marks that none of them took away."""
    until = [move for move in moves if move.effective_on <= as_of]
    last = until[-1]
    return PastAnswer(
        level=last.to_level,
        level_since=last.level_since,
        grace_until=last.grace_until,
        locked_until=last.locked_until if last.locked_until and as_of < last.locked_until else None,
        lifetime_since=_marked_on(until, "LIFETIME_GRANTED", {"ERASED"}),
        inactive_since=_marked_on(until, "INACTIVATED", {"REACTIVATED", "SYSTEM_CHANGED", "ERASED"}),
    )


def _marked_on(moves: Sequence[Move], by: str, until: set[str]) -> date | None:
    """The day of the last move that set a mark, unless a later one took it away."""
    marking = [move for move in moves if move.reason == by or move.reason in until]
    return marking[-1].effective_on if marking and marking[-1].reason == by else None
