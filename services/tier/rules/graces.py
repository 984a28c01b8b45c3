"""The times of grace of one member, told from the moves: how each began, what was told in it, how it ended."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import NamedTuple

import numpy as np

from services.kernel.calendar import NEVER
from services.tier.columns import MoveReason
from services.tier.policy import Policy
from services.tier.policy_document import Touchpoint
from services.tier.rules.touchpoints import touchpoint_days, touchpoints_of


class TouchpointState(IntEnum):
    """What became of a touchpoint; numbered as carat.tier.v1.TouchpointState."""

    UNSPECIFIED = 0
    PLANNED = 1
    FIRED = 2
    CANCELLED = 3


class GraceMove(NamedTuple):
    """What a move says of grace; `grace_until` is NEVER for a member who is in none after it."""

    effective_on: int
    system: int
    to_level: int
    reason: int
    grace_until: int
    touchpoint: int


@dataclass(frozen=True, slots=True)
class TimeOfGrace:
    """One time of grace; while it goes on, `ended_on` is NEVER. `told` are the months of the touchpoints told."""

    system: int
    level: int
    entered_on: int
    until: int
    ended_on: int = NEVER
    ended_by: MoveReason = MoveReason.UNSPECIFIED
    told: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class TouchpointHistory:
    """A touchpoint of a time of grace, and what became of it."""

    touchpoint: Touchpoint
    due_on: int
    state: TouchpointState


def times_of_grace(moves: Iterable[GraceMove]) -> list[TimeOfGrace]:
    """All times of grace, oldest first, from a member's moves in the order of deciding.

    What ended one may be undone: the same time of grace then goes on.
    """
    times: list[TimeOfGrace] = []
    for move in moves:
        going_on = bool(times) and times[-1].ended_on == NEVER
        if going_on and not _holds(move, times[-1]):
            times[-1] = replace(times[-1], ended_on=move.effective_on, ended_by=MoveReason(move.reason))
            going_on = False
        if move.grace_until != NEVER and not going_on:
            times.append(_begun(move, times))
        if move.reason == MoveReason.GRACE_TOUCHED and times:
            times[-1] = replace(times[-1], told=(*times[-1].told, move.touchpoint))
    return times


def touchpoint_history(time: TimeOfGrace, policy: Policy) -> Sequence[TouchpointHistory]:
    """The touchpoints of the revision in force on the day on which grace began, in order of their days."""
    level_code = policy.level_code(time.system, time.level)
    document = policy.document_on(time.entered_on)
    touchpoints = touchpoints_of(document, policy.system_ids[time.system], level_code)
    months = np.array([touchpoint.month for touchpoint in touchpoints], dtype=np.int16)
    since, until = (np.full(len(months), day, dtype=np.int32) for day in (time.entered_on, time.until))
    days = touchpoint_days(since, until, months).tolist()
    return [
        TouchpointHistory(touchpoint, due_on, _state(touchpoint, time))
        for touchpoint, due_on in zip(touchpoints, days, strict=True)
    ]


def _holds(move: GraceMove, time: TimeOfGrace) -> bool:
    return (move.system, move.to_level, move.grace_until) == (time.system, time.level, time.until)


def _begun(move: GraceMove, times: list[TimeOfGrace]) -> TimeOfGrace:
    """A new time of grace, or one that goes on again: its row is then taken from where it stood."""
    if move.reason != MoveReason.GRACE_ENTERED:
        for place in reversed(range(len(times))):
            if _holds(move, times[place]):
                return replace(times.pop(place), ended_on=NEVER, ended_by=MoveReason.UNSPECIFIED)
    return TimeOfGrace(move.system, move.to_level, move.effective_on, move.grace_until)


def _state(touchpoint: Touchpoint, time: TimeOfGrace) -> TouchpointState:
    if touchpoint.month in time.told:
        return TouchpointState.FIRED
    return TouchpointState.PLANNED if time.ended_on == NEVER else TouchpointState.CANCELLED
