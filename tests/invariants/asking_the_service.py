"""The steps of a history as the service is asked to take them."""

from collections.abc import Callable
from datetime import date
from typing import Any, Final

from carat.tier.v1 import move_pb2, property_pb2, revision_pb2
from services.runtime.refusal import Refused
from tests.invariants.asking import lock_end
from tests.invariants.steps import Acted, Born, Erased, Gifted, Invited, Locked, Moved, Relabelled, Repriced
from tests.reference.answers import ReversalAnswer
from tests.reference.reversals import Reversal
from tests.tier.calls import asked
from tests.tier.records import erase, update
from tests.tier.refunds import refund, reverse
from tests.tier.staff_world import accept, approve, gift, lock, move, propose
from tests.tier.world import TierWorld, reason_name
from workers.job import AnyJob
from workers.jobs.grace_expiration import GRACE_EXPIRATION
from workers.jobs.grace_touchpoints import GRACE_TOUCHPOINTS
from workers.jobs.inactivity import INACTIVITY
from workers.jobs.tenure import TENURE
from workers.jobs.tier_assignment import TIER_ASSIGNMENT
from workers.jobs.tier_evaluation import TIER_EVALUATION
from workers.jobs.tier_review import TIER_REVIEW
from workers.jobs.window_roll import WINDOW_ROLL

JOBS: Final[dict[str, AnyJob]] = {
    job.name: job
    for job in (
        TIER_REVIEW,
        GRACE_EXPIRATION,
        GRACE_TOUCHPOINTS,
        WINDOW_ROLL,
        TENURE,
        INACTIVITY,
        TIER_EVALUATION,
        TIER_ASSIGNMENT,
    )
}


def asked_of_service(world: TierWorld, step: Acted, request_id: str) -> str:
    """What staff do; the refusal, or empty."""
    match step:
        case Moved():
            until = _until(world, step.locked_days)
            return _refusal(
                lambda: move(world, step.level, step.member_id, request_id=request_id, locked_until=until)
            )
        case Locked():
            until = _until(world, step.days)
            return _refusal(lambda: lock(world, step.member_id, request_id=request_id, locked_until=until))
        case Invited():
            return _refusal(lambda: _invite(world, step, request_id))
        case Gifted():
            return _refusal(lambda: gift(world, step.member_id, step.recipient_id, request_id=request_id))
        case Relabelled():
            return _refusal(
                lambda: update(world, step.member_id, tier_system=step.tier_system, request_id=request_id)
            )
        case Born():
            return _refusal(
                lambda: update(
                    world, step.member_id, mask=["birthday"], birthday=step.birthday, request_id=request_id
                )
            )
        case Erased():
            return _refusal(lambda: erase(world, step.member_id, request_id=request_id))


def cancelled(world: TierWorld, number: int) -> str:
    """CancelRevision; the refusal, or empty."""
    request = revision_pb2.CancelRevisionRequest(number=number)
    return _refusal(lambda: asked(world, "CancelRevision", request))


def repriced(world: TierWorld, step: Repriced) -> str:
    """UpdateProperty; the refusal, or empty."""
    request = property_pb2.UpdatePropertyRequest(
        property_id=step.property_id, multiplier_bp=step.multiplier_bp
    )
    return _refusal(lambda: asked(world, "UpdateProperty", request))


def reversed_by_service(world: TierWorld, reversal_id: str, reversal: Reversal) -> ReversalAnswer | str:
    """ReverseActivities with one reversal; its answer or the refusal."""
    [result] = reverse(
        world,
        refund(
            reversal.transaction_id,
            reversal.occurred_on,
            reversal_id=reversal_id,
            base_micropoints=reversal.base_micropoints,
            spend_minor=reversal.spend_minor,
            visits=reversal.visits,
            package_micropoints=reversal.package_micropoints,
            everything=reversal.everything,
        ),
    )
    if result.reason:
        return reason_name(result.reason)
    return ReversalAnswer(
        points=result.points,
        spend_minor=result.qualifying_spend_minor,
        visits=result.visits,
        move_reason=move_reason(result.move_reason),
        level_after=result.level_after,
        replayed=result.replayed,
    )


def move_reason(reason: Any) -> str:
    """The name of a move's reason; empty where there is none."""
    return move_pb2.MoveReason.Name(reason).removeprefix("MOVE_REASON_") if reason else ""


def _invite(world: TierWorld, step: Invited, request_id: str) -> None:
    """The acceptance bears the id by which the move is told."""
    propose(world, step.member_id, step.level, request_id=f"invite-{request_id}")
    approve(world, f"invite-{request_id}", request_id=f"approve-{request_id}")
    accept(world, f"invite-{request_id}", request_id=request_id)


def _refusal(ask: Callable[[], object]) -> str:
    try:
        ask()
    except Refused as refused:
        return refused.reason.name
    return ""


def _until(world: TierWorld, days: int) -> date | None:
    return lock_end(days, world.today)
