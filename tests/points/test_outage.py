"""Purchases that are accepted and not yet posted: while Tier is away, and after a crash at each step."""

import asyncio

import grpc
import numpy as np
import pytest

from carat.points.v1 import points_service_pb2 as pb
from carat.points.v1 import purchase_pb2
from carat.tier.v1 import errors_pb2 as tier_errors
from services.kernel.columns import taken
from services.points.refusals import Reason
from services.points.servicer.messages import purchases_of
from services.points.tables import PENDING_PURCHASE
from tests.points.world import ONE_POINT_PER_RINGGIT, World, purchase, reasons

PENDING = purchase_pb2.PURCHASE_STATE_PENDING
POSTED = purchase_pb2.PURCHASE_STATE_POSTED


async def test_a_purchase_is_accepted_while_tier_is_away_and_posted_when_it_is_back(world: World) -> None:
    await world.tier.stop()
    receipt = await world.record_one(purchase())
    assert (receipt.state, receipt.points, receipt.base_micropoints) == (PENDING, 0, 100_000_000)
    assert await world.pending() == (1, 0)
    assert await world.redriver.run_once(0) is True
    await world.tier_returns()
    assert await world.redriver.run_once(0) is False
    assert await world.pending() == (0, 0)
    assert await world.balance() == 100
    again = await world.record_one(purchase())
    assert (again.state, again.points, again.replayed) == (POSTED, 100, True)
    assert await world.broken_promises() == []


@pytest.mark.parametrize("code", [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.INTERNAL])
async def test_a_tier_that_fails_is_a_tier_that_is_away(world: World, code: grpc.StatusCode) -> None:
    world.tier.failure = code
    assert (await world.record_one(purchase())).state == PENDING
    world.tier.failure = None
    await world.redriver.run_once(0)
    assert await world.balance() == 100


async def test_a_reason_that_points_does_not_know_is_no_answer(world: World) -> None:
    world.tier.refusals["M1"] = tier_errors.TIER_REASON_NOTE_REQUIRED
    assert (await world.record_one(purchase())).state == PENDING
    await world.record_one(purchase("T2", "M2"))
    assert await world.redriver.run_once(0) is False
    assert await world.pending() == (1, 0)
    world.tier.refusals.clear()
    await world.redriver.run_once(0)
    assert await world.balance() == 100


async def test_the_balance_tells_how_many_purchases_are_still_to_come(world: World) -> None:
    await world.record_one(purchase())
    await world.tier.stop()
    await world.record(purchase("T2"), purchase("T3"), purchase("T4", "M2"))
    balance = await world.points.GetBalance(pb.GetBalanceRequest(member_id="M1"))
    assert (balance.balance, balance.lifetime_earned, balance.pending_purchases) == (100, 100, 2)


async def test_the_loop_posts_what_waits_without_anyone_asking(world: World) -> None:
    await world.tier.stop()
    await world.record(*(purchase(f"T{n}") for n in range(5)))
    await world.tier_returns()
    loop = asyncio.create_task(world.redriver.run())
    await asyncio.wait_for(world.posted(5), timeout=300)
    loop.cancel()
    assert await world.balance() == 500


async def test_more_than_a_page_is_driven_on_in_the_order_of_acceptance(world: World) -> None:
    await world.tier.stop()
    await world.record(*(purchase(f"Z{n:04}", f"M{n % 3}") for n in range(1_000, 0, -1)))
    await world.record(*(purchase(f"A{n:04}", f"M{n % 3}") for n in range(300)))
    await world.tier_returns()
    await world.redriver.run_once(0)
    assert world.tier.batches == [1_000, 300]
    assert world.tier.order == [*(f"Z{n:04}" for n in range(1_000, 0, -1)), *(f"A{n:04}" for n in range(300))]
    assert await world.pending() == (0, 0)
    assert await world.broken_promises() == []


async def test_a_repeated_call_drives_its_purchase_on(world: World) -> None:
    await world.tier.stop()
    await world.record_one(purchase())
    await world.tier_returns()
    assert (await world.record_one(purchase())).state == POSTED
    assert await world.pending() == (0, 0)


async def test_a_purchase_is_worth_what_it_was_when_it_was_accepted(world: World) -> None:
    await world.tier.stop()
    await world.record_one(purchase())
    doubled = type(ONE_POINT_PER_RINGGIT)()
    doubled.CopyFrom(ONE_POINT_PER_RINGGIT)
    doubled.rates.service_bp = 20_000
    await world.apply(doubled)
    await world.tier_returns()
    receipt = await world.record_one(purchase())
    assert (receipt.points, receipt.points_revision) == (100, 1)


async def test_what_tier_refuses_after_it_was_answered_as_pending_stays_visible(world: World) -> None:
    await world.tier.stop()
    await world.record(purchase(), purchase("T2", "M2"))
    world.tier.refusals["M1"] = tier_errors.TIER_REASON_MEMBER_UNKNOWN
    await world.tier_returns()
    await world.redriver.run_once(0)
    assert await world.pending() == (0, 1)
    with world.database.engine.connect() as connection:
        [reason] = connection.scalars(
            PENDING_PURCHASE.select().with_only_columns(PENDING_PURCHASE.c.refused_reason)
        )
    assert reason == Reason.MEMBER_UNKNOWN


@pytest.mark.parametrize(
    ("of_tier", "kept"),
    [
        (tier_errors.TIER_REASON_MEMBER_MERGED, Reason.MEMBER_MERGED),
        (tier_errors.TIER_REASON_MEMBER_ERASED, Reason.MEMBER_ERASED),
    ],
)
async def test_what_waited_for_a_member_who_is_gone_since_does_not_stay_pending(
    world: World, of_tier: tier_errors.TierReason, kept: Reason
) -> None:
    await world.tier.stop()
    await world.record(purchase(), purchase("T2", "M2"))
    world.tier.refusals["M1"] = of_tier
    await world.tier_returns()
    await world.redriver.run_once(0)
    assert await world.pending() == (0, 1)
    with world.database.engine.connect() as connection:
        refused = connection.scalars(
            PENDING_PURCHASE.select().with_only_columns(PENDING_PURCHASE.c.refused_reason)
        )
        assert refused.all() == [kept]


async def test_a_refused_purchase_no_longer_holds_its_id(world: World) -> None:
    await world.tier.stop()
    await world.record_one(purchase())
    world.tier.refusals["M1"] = tier_errors.TIER_REASON_MEMBER_UNKNOWN
    await world.tier_returns()
    await world.redriver.run_once(0)
    receipt = await world.record_one(purchase(member_id="M2", service_minor=700))
    assert (receipt.state, receipt.points) == (POSTED, 7)
    assert await world.pending() == (0, 0)


async def test_one_caller_who_is_told_a_refusal_does_not_take_the_purchase_from_another(world: World) -> None:
    accepted = world.recorder.accept(purchases_of([purchase()]))
    world.tier.refusals["M1"] = tier_errors.TIER_REASON_MEMBER_UNKNOWN
    [refused] = await world.record(purchase())
    assert reasons([refused]) == [Reason.MEMBER_UNKNOWN]
    assert len(accepted.pending) == 1
    assert await world.pending() == (1, 0)
    world.tier.refusals.clear()
    await world.redriver.run_once(0)
    assert await world.balance() == 100


async def finish(world: World) -> None:
    await world.redriver.run_once(0)
    assert await world.balance() == 100
    assert await world.pending() == (0, 0)
    assert len(world.tier.recorded) == 1
    assert (await world.record_one(purchase())).replayed
    assert await world.broken_promises() == []


async def test_a_crash_after_acceptance_leaves_one_effect(world: World) -> None:
    world.recorder.accept(purchases_of([purchase()]))
    await finish(world)


async def test_a_crash_after_tier_has_answered_leaves_one_effect(world: World) -> None:
    accepted = world.recorder.accept(purchases_of([purchase()]))
    await world.pricing.price(accepted.pending)
    await finish(world)


async def test_a_crash_after_posting_leaves_one_effect(world: World) -> None:
    accepted = world.recorder.accept(purchases_of([purchase()]))
    priced = await world.pricing.price(accepted.pending)
    world.recorder.settle(accepted.pending, priced)
    await finish(world)


async def test_posting_twice_has_one_effect_and_one_answer(world: World) -> None:
    accepted = world.recorder.accept(purchases_of([purchase()]))
    priced = await world.pricing.price(accepted.pending)
    first = world.recorder.settle(accepted.pending, priced)
    second = world.recorder.settle(accepted.pending, priced)
    assert np.array_equal(first.points, second.points)
    assert (first.replayed.tolist(), second.replayed.tolist()) == ([False], [True])
    await finish(world)


async def test_a_purchase_posted_beside_one_that_was_posted_before_is_not_called_replayed(
    world: World,
) -> None:
    accepted = world.recorder.accept(purchases_of([purchase("T1"), purchase("T2")]))
    priced = await world.pricing.price(accepted.pending)
    world.recorder.settle(taken(accepted.pending, [0]), taken(priced, [0]))
    both = world.recorder.settle(accepted.pending, priced)
    assert both.replayed.tolist() == [True, False]
    assert both.points.tolist() == [100, 100]
    assert await world.balance() == 200


async def test_what_is_younger_than_the_age_asked_for_is_left_to_its_caller(world: World) -> None:
    world.recorder.accept(purchases_of([purchase()]))
    await world.redriver.run_once(60)
    assert await world.pending() == (1, 0)
    assert world.tier.batches == []


async def test_a_redriver_and_a_caller_at_once_have_one_effect(world: World) -> None:
    await world.tier.stop()
    await world.record(*(purchase(f"T{n}", f"M{n % 5}") for n in range(200)))
    await world.tier_returns()
    world.tier.gate.clear()
    at_once = [
        asyncio.create_task(world.redriver.run_once(0)),
        asyncio.create_task(world.redriver.run_once(0)),
        asyncio.create_task(world.record(*(purchase(f"T{n}", f"M{n % 5}") for n in range(199, -1, -1)))),
    ]
    await asyncio.sleep(0.1)
    world.tier.gate.set()
    await asyncio.gather(*at_once)
    assert [await world.balance(f"M{n}") for n in range(5)] == [4_000] * 5
    assert await world.pending() == (0, 0)
    assert await world.broken_promises() == []
