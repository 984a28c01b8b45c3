"""The steps of a history as the reference model is asked to take them."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from tests.invariants.steps import Acted, Born, Erased, Gifted, Invited, Locked, Moved, Refunded, Relabelled
from tests.reference.member import Move
from tests.reference.reversals import Reversal
from tests.reference.tier import ReferenceTier


def asked_of_reference(reference: ReferenceTier, step: Acted, request_id: str, today: date) -> str:
    """What staff do; the refusal, or empty."""
    match step:
        case Moved():
            until = lock_end(step.locked_days, today)
            return reference.move_by_staff(request_id, step.member_id, step.level, today, until)
        case Locked():
            return reference.lock(request_id, step.member_id, today, lock_end(step.days, today))
        case Invited():
            return reference.accept_invitation(request_id, step.member_id, step.level, today)
        case Gifted():
            return reference.gift(request_id, step.member_id, step.recipient_id, today)
        case Relabelled():
            return reference.change_attribute(request_id, step.member_id, step.tier_system, today)
        case Born():
            return reference.change_birthday(step.member_id, step.birthday, today)
        case Erased():
            return reference.erase(request_id, step.member_id, today)


def lock_end(days: int, today: date) -> date | None:
    """The end of a lock of so many days; none of no days."""
    return today + timedelta(days=days) if days else None


def run_on_reference(reference: ReferenceTier, job: str, as_of: date) -> list[Move]:
    """A run of a job; its moves."""
    runs = {
        "tier-review": reference.run_review,
        "grace-expiration": reference.run_grace_expiration,
        "grace-touchpoints": reference.run_grace_touchpoints,
        "window-roll": reference.run_window_roll,
        "tenure": reference.run_tenure,
        "inactivity": reference.run_inactivity,
        "tier-evaluation": reference.run_evaluation,
        "tier-assignment": reference.run_assignment,
    }
    return runs[job](as_of)


def refund_of(refunded: Refunded, purchases: Sequence[str], today: date) -> Reversal:
    """The refund of a purchase so many back; of one that there never was where there are not so many."""
    ago = refunded.purchases_ago
    parts = (
        refunded.base_micropoints, refunded.spend_minor, refunded.visits, refunded.package_micropoints
    )  # fmt: skip
    return Reversal(
        purchases[-ago] if ago <= len(purchases) else "never",
        today - timedelta(days=refunded.days_ago),
        refunded.everything,
        *((0, 0, 0, 0) if refunded.everything else parts),
    )


def waits_for_grace(standing: Mapping[str, Any], as_of: date) -> bool:
    """Whether a review is shown that fell due in grace: it is never held, and means nothing."""
    review = standing.get("next_review")
    return standing["grace_until"] is not None and review is not None and review <= as_of
