"""What the service tells, in the words of the reference model."""

from datetime import date
from typing import Any

from carat.tier.v1 import move_pb2, standing_pb2
from services.runtime.program_messages import day_from_proto
from tests.invariants.asking import waits_for_grace
from tests.invariants.asking_the_service import move_reason
from tests.reference.answers import ActivityAnswer
from tests.reference.ladder import Activity
from tests.reference.member import Move
from tests.reference.tier import ReferenceTier
from tests.tier.world import Result, reason_name


def answered(result: Result) -> ActivityAnswer | str:
    """What became of one activity."""
    if result.reason:
        return reason_name(result.reason)
    return ActivityAnswer(
        points=result.points,
        level_multiplier_bp=result.level_multiplier_bp,
        birthday_multiplier_bp=result.birthday_multiplier_bp,
        property_multiplier_bp=result.property_multiplier_bp,
        package_bonus_bp=result.package_bonus_bp,
        tier_system=result.tier_system,
        level=result.level,
        treatment_ordinal=result.treatment_ordinal,
        revision=result.revision,
        move_reason=move_reason(result.move_reason),
        level_after=result.level_after,
        replayed=result.replayed,
    )


def told_moves(moves: list[move_pb2.Move]) -> list[Move]:
    """Moves, by member."""
    return by_member([_move(move) for move in moves])


def by_member(moves: list[Move]) -> list[Move]:
    """Moves by member, those of one in their order."""
    return sorted(moves, key=lambda move: move.member_id)


def apart(told: list[Move], expected: list[Move]) -> tuple[list[Move], list[Move]]:
    """What is told and not expected, and the other way round."""
    return [each for each in told if each not in expected], [each for each in expected if each not in told]


def _move(move: move_pb2.Move) -> Move:
    effective_on, level_since = day_from_proto(move.effective_on), day_from_proto(move.level_since)
    assert effective_on is not None
    assert level_since is not None
    return Move(
        member_id=move.member_id,
        effective_on=effective_on,
        tier_system=move.tier_system,
        from_level=move.from_level,
        to_level=move.to_level,
        from_rank=move.from_rank,
        to_rank=move.to_rank,
        reason=move_reason(move.reason),
        revision=move.revision,
        counted=Activity(move.counted_spend_minor, move.counted_visits, move.counted_points),
        level_since=level_since,
        grace_until=day_told(move, "grace_until"),
        locked_until=day_told(move, "locked_until"),
        touchpoint=move.touchpoint,
        transaction_id=move.transaction_id,
    )


def standing_told(standing: standing_pb2.Standing) -> dict[str, Any]:
    """A standing."""
    grace = standing.grace if standing.HasField("grace") else None
    counted = standing.counted
    return {
        "as_of": day_told(standing, "as_of"),
        "tier_system": standing.tier_system,
        "level": standing.level,
        "rank": standing.rank,
        "level_since": day_told(standing, "level_since"),
        "multiplier_bp": standing.multiplier_bp,
        "counted": Activity(counted.spend_minor, counted.visits, counted.points),
        "counted_from": day_told(standing, "counted_from"),
        "next_review": day_told(standing, "next_review"),
        "grace_from": grace and day_told(grace, "from"),
        "grace_until": grace and day_told(grace, "until"),
        "lifetime_treatments": standing.lifetime_treatments,
        "lifetime_since": day_told(standing, "lifetime_since"),
        "inactive_since": day_told(standing, "inactive_since"),
        "locked_until": day_told(standing, "locked_until"),
    }


def expected_standing(reference: ReferenceTier, member_id: str, as_of: date) -> dict[str, Any]:
    """As the reference tells it; the service's window never begins before the enrolment.

    Of reviews that are passed over or wait, and of what counts in no system, it says nothing.
    """
    answer = reference.standing(member_id, as_of)
    assert not isinstance(answer, str)
    member = reference.members[member_id]
    since = answer["counted_from"]
    expected: dict[str, Any] = {**answer, "counted_from": since and max(since, member.enrolled_on)}
    if waits_for_grace(expected, as_of):
        del expected["next_review"]
    if not expected["tier_system"]:
        for name in ("multiplier_bp", "counted", "counted_from"):
            del expected[name]
    return expected


def day_told(message: Any, name: str) -> date | None:
    """A date of a message, where it has one."""
    return day_from_proto(getattr(message, name)) if message.HasField(name) else None
