"""Refunds as Points sends them."""

from collections.abc import Sequence
from datetime import date

from carat.tier.v1 import move_pb2, reversal_pb2, standing_pb2
from services.runtime.program_messages import day_to_proto
from tests.tier.calls import asked
from tests.tier.world import TierWorld, purchase

Refund = reversal_pb2.ReversalItem
Result = reversal_pb2.ReversalResult


def refund(
    transaction_id: str,
    on: date | None,
    *,
    reversal_id: str = "",
    base_micropoints: int = 0,
    spend_minor: int = 0,
    visits: int = 0,
    package_micropoints: int = 0,
    everything: bool | None = None,
) -> Refund:
    """A refund of a purchase, of all of it where no part is named; by default its id is R- and the purchase's."""
    parts = (base_micropoints, spend_minor, visits)
    return Refund(
        reversal_id=reversal_id or f"R-{transaction_id}",
        transaction_id=transaction_id,
        occurred_on=None if on is None else day_to_proto(on),
        everything=not any(parts) if everything is None else everything,
        base_micropoints=base_micropoints,
        qualifying_spend_minor=spend_minor,
        visits=visits,
        package_micropoints=package_micropoints,
    )


def reverse(world: TierWorld, *refunds: Refund) -> Sequence[Result]:
    """Reverses a batch in one call."""
    request = reversal_pb2.ReverseActivitiesRequest(reversals=refunds)
    results: Sequence[Result] = asked(world, "ReverseActivities", request).results
    return results


def told(results: Sequence[Result]) -> list[tuple[str, str]]:
    """Each result's move and level, in short."""
    return [
        (move_pb2.MoveReason.Name(result.move_reason).removeprefix("MOVE_REASON_"), result.level_after)
        for result in results
    ]


def bought(world: TierWorld, number: int, on: date, spend_minor: int, visits: int = 0) -> str:
    """A purchase of M1; the level after it."""
    base = spend_minor // 100
    item = purchase(f"T{number}", "M1", on, spend_minor=spend_minor, visits=visits, base_points=base)
    [result] = world.record(item)
    assert result.reason == 0
    return result.level_after


def standing(world: TierWorld, on: date) -> standing_pb2.Standing:
    """Where M1 stands."""
    found = world.standing("M1", on)
    assert isinstance(found, standing_pb2.Standing)
    return found


def reasons(world: TierWorld) -> list[str]:
    """M1's moves after the enrolment, in short."""
    return [
        move_pb2.MoveReason.Name(move.reason).removeprefix("MOVE_REASON_") for move in world.moves("M1")[1:]
    ]
