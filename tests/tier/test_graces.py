"""Grace as a state with its own history: entered, told, recovered, expired, and what became of each touchpoint."""

from datetime import date
from typing import Any

import pytest

from carat.tier.v1 import history_pb2, move_pb2
from services.kernel.calendar import NEVER, day_number
from services.runtime.program_messages import day_from_proto
from services.runtime.refusal import Refused
from services.tier.columns import MoveReason
from services.tier.policy_document import Maintenance
from services.tier.refusals import Reason
from services.tier.rules.graces import GraceMove, times_of_grace
from tests.tier.calls import asked
from tests.tier.policies import with_spa
from tests.tier.test_touchpoints import FAILED, FIRST, LAST, OVER, SECOND, TOLD, in_grace, tell
from tests.tier.world import TierWorld, purchase

__all__ = ["in_grace"]
RECOVERED = date(2025, 3, 1)


def graces(world: TierWorld, member_id: str = "M1") -> list[history_pb2.GraceRecord]:
    request = history_pb2.ListGracesRequest(member_id=member_id)
    return list(asked(world, "ListGraces", request).graces)


def ending(grace: history_pb2.GraceRecord) -> tuple[date | None, str]:
    return day_from_proto(grace.ended_on), move_pb2.MoveReason.Name(grace.ended_by).removeprefix(
        "MOVE_REASON_"
    )


def states(grace: history_pb2.GraceRecord) -> list[tuple[int, date | None, str]]:
    return [
        (
            record.touchpoint.month,
            day_from_proto(record.due_on),
            history_pb2.TouchpointState.Name(record.state).removeprefix("TOUCHPOINT_STATE_"),
        )
        for record in grace.touchpoints
    ]


def test_grace_that_goes_on_tells_what_was_told_and_what_is_planned(in_grace: TierWorld) -> None:
    tell(in_grace, FIRST)
    [grace] = graces(in_grace)
    assert (grace.tier_system, grace.level) == ("spa", "sapphire")
    assert (day_from_proto(grace.entered_on), day_from_proto(grace.until)) == (FAILED, OVER)
    assert not grace.HasField("ended_on")
    assert ending(grace)[1] == "UNSPECIFIED"
    assert states(grace) == [(1, FIRST, "FIRED"), (2, SECOND, "PLANNED"), (3, LAST, "PLANNED")]
    assert grace.touchpoints[0].touchpoint.text == TOLD[1].text


def test_recovery_cancels_what_was_not_told(in_grace: TierWorld) -> None:
    tell(in_grace, FIRST)
    in_grace.record(purchase("T2", "M1", RECOVERED, spend_minor=300_000))
    tell(in_grace, OVER)
    [grace] = graces(in_grace)
    assert ending(grace) == (RECOVERED, "RECOVERED")
    assert day_from_proto(grace.until) == OVER
    assert states(grace) == [(1, FIRST, "FIRED"), (2, SECOND, "CANCELLED"), (3, LAST, "CANCELLED")]


def test_expired_grace_ended_on_its_last_day(in_grace: TierWorld) -> None:
    tell(in_grace, LAST)
    in_grace.run_grace(OVER)
    [grace] = graces(in_grace)
    assert ending(grace) == (OVER, "GRACE_EXPIRED")
    assert [state for _, _, state in states(grace)] == ["FIRED"] * 3


def test_grace_that_lapsed_says_so(in_grace: TierWorld) -> None:
    in_grace.today = date(2025, 2, 1)
    assert in_grace.apply(with_spa(maintenance=Maintenance.NONE)) == []
    in_grace.run_grace(OVER)
    [grace] = graces(in_grace)
    assert ending(grace) == (OVER, "GRACE_LAPSED")
    assert states(grace)[0] == (1, FIRST, "CANCELLED")


def test_the_newest_time_of_grace_comes_first_each_with_its_own_touchpoints(in_grace: TierWorld) -> None:
    tell(in_grace, FIRST)
    in_grace.record(purchase("T2", "M1", RECOVERED, spend_minor=300_000))
    in_grace.run_review(date(2027, 1, 10))
    newest, oldest = graces(in_grace)
    assert day_from_proto(newest.entered_on) == date(2027, 1, 10)
    assert [state for _, _, state in states(newest)] == ["PLANNED"] * 3
    assert [state for _, _, state in states(oldest)] == ["FIRED", "CANCELLED", "CANCELLED"]


def move(on: date, reason: MoveReason, until: date | None = None, **changed: Any) -> GraceMove:
    usual = GraceMove(
        day_number(on),
        0,
        1,
        reason,
        NEVER if until is None else day_number(until),
        changed.pop("touchpoint", 0),
    )
    return usual._replace(**changed)


ENTERED = move(FAILED, MoveReason.GRACE_ENTERED, OVER)


@pytest.mark.parametrize(
    "end",
    [
        move(RECOVERED, MoveReason.MOVED_BY_STAFF, to_level=2),
        move(RECOVERED, MoveReason.LIFETIME_GRANTED),
        move(RECOVERED, MoveReason.SYSTEM_CHANGED, to_level=-1),
        move(RECOVERED, MoveReason.MERGED_AWAY, to_level=-1),
    ],
)
def test_whatever_takes_the_grace_away_is_why_it_ended(end: GraceMove) -> None:
    [time] = times_of_grace([ENTERED, end])
    assert (time.ended_on, time.ended_by, time.level) == (day_number(RECOVERED), MoveReason(end.reason), 1)


def test_a_move_that_leaves_the_grace_is_no_end_of_it() -> None:
    [time] = times_of_grace([ENTERED, move(RECOVERED, MoveReason.LOCKED, OVER)])
    assert time.ended_on == NEVER


def test_a_recovery_that_was_undone_lets_the_same_grace_go_on() -> None:
    [time] = times_of_grace(
        [
            ENTERED,
            move(FIRST, MoveReason.GRACE_TOUCHED, OVER, touchpoint=1),
            move(RECOVERED, MoveReason.RECOVERED),
            move(SECOND, MoveReason.RECOVERY_UNDONE, OVER),
            move(LAST, MoveReason.GRACE_TOUCHED, OVER, touchpoint=3),
        ]
    )
    assert (time.entered_on, time.ended_on, time.told) == (day_number(FAILED), NEVER, (1, 3))


def test_grace_of_the_level_below_right_after_the_one_above_is_another() -> None:
    below = move(OVER, MoveReason.GRACE_ENTERED, date(2025, 7, 10), to_level=0)
    first, second = times_of_grace([ENTERED, move(OVER, MoveReason.GRACE_EXPIRED, to_level=0), below])
    assert (first.ended_on, second.entered_on, second.level) == (day_number(OVER), day_number(OVER), 0)


def test_who_was_never_in_grace_has_none(in_grace: TierWorld) -> None:
    in_grace.record(purchase("T2", "M1", RECOVERED, visits=1))
    assert times_of_grace([]) == []
    assert len(graces(in_grace)) == 1


@pytest.mark.parametrize(
    ("member_id", "reason"),
    [("nobody", Reason.MEMBER_UNKNOWN), ("M 1", Reason.MEMBER_ID_MUST_BE_PRINTABLE)],
)
def test_graces_of_nobody_are_refused(in_grace: TierWorld, member_id: str, reason: Reason) -> None:
    before = in_grace.snapshot()
    with pytest.raises(Refused) as refused:
        graces(in_grace, member_id)
    assert refused.value.reason == reason
    assert in_grace.snapshot() == before
