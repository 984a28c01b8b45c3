"""Refunds through Points and the real Tier service: shares of multiplied points, promotions undone, any order."""

import random
from dataclasses import replace
from datetime import timedelta

from carat.points.v1 import points_service_pb2, policy_pb2
from services.kernel.columns import taken as rows_taken
from services.points.recording.reversal_acceptance import accept_reversals
from services.points.servicer.reversal_messages import refunds_of
from tests.points.refunding import credit, note, refund, reverse_one
from tests.points.world import NOW, ONE_POINT_PER_RINGGIT, World, purchase
from tests.tier.policies import AUTOMATIC, SPA, SPA_LEVELS
from tests.tier.world import TierWorld


def with_bonuses(tier_world: TierWorld) -> policy_pb2.PointsPolicy:
    """Sapphire gives 1.25 times the points, 15 % more on packages, and 50 for every third treatment."""
    crystal, sapphire, platinum = SPA_LEVELS
    levels = (replace(crystal, package_bonus_bp=1_500), replace(sapphire, package_bonus_bp=1_500), platinum)
    systems = (replace(SPA, levels=levels), AUTOMATIC.systems[1])
    assert tier_world.apply(replace(AUTOMATIC, systems=systems)) == []
    policy = policy_pb2.PointsPolicy()
    policy.CopyFrom(ONE_POINT_PER_RINGGIT)
    for level in ("crystal", "sapphire"):
        policy.bonuses.add(tier_system="spa", level=level, treatment_every=3, treatment_points=50)
    return policy


async def told(world: World) -> tuple[int, int]:
    balance = await world.points.GetBalance(points_service_pb2.GetBalanceRequest(member_id="M1"))
    return balance.balance, balance.lifetime_earned


async def test_a_promotion_that_a_refund_takes_the_ground_from_is_undone(
    world_with_tier: World, tier_world: TierWorld
) -> None:
    world = world_with_tier
    promoted = await world.record_one(purchase("T1", service_minor=300_000))
    assert promoted.level_after == "sapphire"
    at_sapphire = await world.record_one(purchase("T2", service_minor=10_000))
    assert at_sapphire.points == 125
    receipt = await reverse_one(world, refund("T1"))
    assert (receipt.level_after, receipt.move_reason, receipt.points) == (
        "crystal",
        "PROMOTION_UNDONE",
        3_000,
    )
    assert (await reverse_one(world, refund("T2"))).points == 125
    assert await told(world) == (0, 0)
    assert tier_world.broken_promises() == await world.broken_promises() == []


async def test_any_split_of_a_refund_takes_what_everything_takes(
    world_with_tier: World, tier_world: TierWorld
) -> None:
    world, draw = world_with_tier, random.Random(14)
    await world.apply(with_bonuses(tier_world))
    await world.record_one(purchase("T0", service_minor=300_000))
    before = await told(world)
    for number in range(1, 6):
        kinds = {kind: draw.randrange(1, 50_000) for kind in ("service_minor", "package_minor")}
        treatments = draw.randrange(9)
        bought = await world.record_one(purchase(f"T{number}", treatments=treatments, **kinds))
        assert bought.points == bought.multiplied_points + bought.treatment_bonus
        left, receipts = dict(kinds), []
        for part in range(4):
            shares = {kind: draw.randrange(amount + 1) for kind, amount in left.items()}
            left = {kind: left[kind] - share for kind, share in shares.items()}
            visits = draw.randrange(treatments + 1)
            treatments -= visits
            receipts.append(
                await reverse_one(
                    world, refund(f"T{number}", f"R{number}-{part}", treatments=visits, **shares)
                )
            )
        receipts.append(await reverse_one(world, refund(f"T{number}", f"R{number}-rest")))
        assert sum(receipt.multiplied_points for receipt in receipts) == bought.multiplied_points
        assert sum(receipt.treatment_bonus for receipt in receipts) == bought.treatment_bonus
        assert await told(world) == before
    assert tier_world.broken_promises() == await world.broken_promises() == []


async def test_the_order_in_which_parts_reach_tier_makes_no_difference(
    world_with_tier: World, tier_world: TierWorld
) -> None:
    world = world_with_tier
    await world.record_one(purchase("T1", service_minor=10_001, treatments=3))
    parts = [refund("T1", "R1", service_minor=3_333, treatments=1), refund("T1", "R2")]
    pending = world.reverser.accept(refunds_of(parts), accept_reversals).pending
    assert pending is not None
    for row in (1, 0):
        part = rows_taken(pending, [row])
        answers = await world.reverser.ask(part)
        assert answers.reason.tolist() == [0]
        world.reverser.settle(part, answers, told=True)
    assert await told(world) == (0, 0)
    assert tier_world.broken_promises() == await world.broken_promises() == []


async def test_buying_and_giving_back_in_turn_mints_nothing(
    world_with_tier: World, tier_world: TierWorld
) -> None:
    world = world_with_tier
    await world.apply(with_bonuses(tier_world))
    for turn in range(10):
        at = NOW - timedelta(days=20 - turn)
        bought = await world.record_one(
            purchase(f"T{turn}", service_minor=310_000, package_minor=999, treatments=2, occurred_at=at)
        )
        assert bought.level == "crystal"
        await reverse_one(world, refund(f"T{turn}", occurred_at=at + timedelta(hours=1)))
    assert await told(world) == (0, 0)
    assert tier_world.broken_promises() == await world.broken_promises() == []


async def test_a_credit_note_reaches_tier_for_each_purchase(
    world_with_tier: World, tier_world: TierWorld
) -> None:
    world = world_with_tier
    for number in range(3):
        at = NOW - timedelta(days=10 - number)
        await world.record_one(purchase(f"T{number}", service_minor=100_000, treatments=1, occurred_at=at))
    [result] = await credit(world, note(service_minor=150_000, treatments=3))
    assert [(each.transaction_id, each.treatments, each.level_after) for each in result.receipts] == [
        ("T2", 1, "crystal"),
        ("T1", 1, "crystal"),
        ("T0", 1, "crystal"),
    ]
    assert await told(world) == (1_500, 1_500)
    assert tier_world.broken_promises() == await world.broken_promises() == []
