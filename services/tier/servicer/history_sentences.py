"""An explanation in sentences, for people."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final

from google.type import date_pb2

from carat.tier.v1 import history_pb2, move_pb2, policy_pb2
from services.kernel.program import Program
from services.tier.columns import MoveReason
from services.tier.rules.explaining import Outlook

_RULES: Final[Mapping[int, str]] = {
    MoveReason.ENROLLED: "membership begins at the lowest level",
    MoveReason.THRESHOLD_REACHED: "a threshold of the next level was reached",
    MoveReason.FAST_TRACKED: "a threshold of a level marked fast track was reached",
    MoveReason.GRACE_EXPIRED: "grace was over and no threshold had been met",
    MoveReason.REVIEW_FAILED: "the anniversary review was failed and the level had no grace",
    MoveReason.RESET_FAILED: "too few points were earned until the reset and the level had no grace",
    MoveReason.THRESHOLD_LOST: "activity left the window and the level had no grace",
    MoveReason.PROMOTION_UNDONE: "a reversal took the ground from the promotion",
    MoveReason.MOVED_BY_STAFF: "staff moved the member",
    MoveReason.INVITED: "the member accepted an invitation",
    MoveReason.GIFTED: "a lifetime member gave the level",
    MoveReason.SYSTEM_CHANGED: "the member changed from one tier system to another",
    MoveReason.MERGED_AWAY: "the record was merged into another",
    MoveReason.MERGED_IN: "another record of the member was taken in",
    MoveReason.MERGE_UNDONE: "a merge was undone",
    MoveReason.ERASED: "personal data was erased",
}
"""The rules by which a level is entered or left."""


def sentences_of(
    explanation: history_pb2.ExplainStandingResponse, outlook: Outlook, program: Program
) -> Iterator[str]:
    """Where the member stands and since when, what decided it, what keeps the level, and what reaches the next."""
    standing = explanation.standing
    if outlook.system is None or outlook.level is None:
        yield f"{standing.member.member_id} is in no tier system."
    else:
        since = _day(standing.level_since)
        yield f"{standing.member.member_id} is {outlook.level.name} of {outlook.system.name} since {since}."
    if explanation.HasField("decided_by"):
        yield _decision(explanation.decided_by, explanation.thresholds, program)
    if outlook.system is None:
        return
    if not outlook.system.active:
        yield "The tier system is inactive: nobody moves in it."
    yield from _marks(explanation)
    if outlook.to_keep:
        yield _missing(f"To keep {outlook.to_keep.level.name}", explanation.keep, program)
    else:
        yield "The level cannot be lost as things stand."
    if outlook.to_reach:
        yield _missing(f"To reach {outlook.to_reach.level.name}", explanation.next_level, program)
    elif outlook.next_level:
        yield f"{outlook.next_level.name}, the next level, is entered by invitation only."
    else:
        yield "There is no higher level."


def _decision(move: move_pb2.Move, took: policy_pb2.Thresholds, program: Program) -> str:
    rule = _RULES.get(move.reason, move_pb2.MoveReason.Name(move.reason))
    counted = policy_pb2.Thresholds(
        spend_minor=move.counted_spend_minor, visits=move.counted_visits, points=move.counted_points
    )
    had = " and ".join(_amounts(counted, program)) or "nothing"
    ways = " or ".join(_amounts(took, program))
    told = f"On {_day(move.effective_on)}, by revision {move.revision}: {rule}; {had} counted then"
    return f"{told}, and the level takes {ways}." if ways else f"{told}."


def _marks(explanation: history_pb2.ExplainStandingResponse) -> Iterator[str]:
    standing = explanation.standing
    if standing.HasField("lifetime_since"):
        yield f"The level is held for life since {_day(standing.lifetime_since)}."
    if standing.HasField("locked_until"):
        yield f"The level is locked until {_day(standing.locked_until)}."
    if standing.HasField("grace"):
        until = _day(standing.grace.until)
        yield f"Grace began on {_day(getattr(standing.grace, 'from'))} and is over on {until}."
    if standing.HasField("inactive_since"):
        yield f"The member is inactive since {_day(standing.inactive_since)}."


def _missing(aim: str, missing: history_pb2.Missing, program: Program) -> str:
    if missing.met:
        looked_at = f"; it is looked at on {_deadline(missing)}" if missing.HasField("by") else ""
        return f"{aim}, nothing is missing{looked_at}."
    lacking = policy_pb2.Thresholds(
        spend_minor=missing.spend_minor, visits=missing.visits, points=missing.points
    )
    by = f" by {_deadline(missing)}" if missing.HasField("by") else ""
    return f"{aim}, {' or '.join(_amounts(lacking, program))} more is needed{by}."


def _deadline(missing: history_pb2.Missing) -> str:
    return f"{_day(missing.by)}, in {missing.days_left} day{'' if missing.days_left == 1 else 's'}"


def _amounts(amounts: policy_pb2.Thresholds, program: Program) -> Iterator[str]:
    if amounts.spend_minor:
        whole, cents = divmod(amounts.spend_minor, 100)
        yield f"{program.currency} {whole:,}.{cents:02}"
    if amounts.visits:
        yield f"{amounts.visits:,} visit{'' if amounts.visits == 1 else 's'}"
    if amounts.points:
        yield f"{amounts.points:,} point{'' if amounts.points == 1 else 's'}"


def _day(day: date_pb2.Date) -> str:
    return date(day.year, day.month, day.day).isoformat()
