"""Purchases through the real service: what they earn, and how often."""

import asyncio
from datetime import UTC, datetime

from carat.points.v1 import errors_pb2, purchase_pb2
from carat.points.v1 import points_service_pb2 as pb
from tests.points.world import ONE_POINT_PER_RINGGIT, World, purchase, reasons

POSTED = purchase_pb2.PURCHASE_STATE_POSTED


async def test_hundred_ringgit_of_service_earn_hundred_points(world: World) -> None:
    receipt = await world.record_one(purchase(service_minor=10_000, treatments=2))
    assert receipt == purchase_pb2.Receipt(
        state=POSTED,
        points=100,
        base_micropoints=100_000_000,
        level_multiplier_bp=10_000,
        property_multiplier_bp=10_000,
        level="crystal",
        treatment_ordinal=2,
        level_after="crystal",
        tier_revision=7,
        points_revision=1,
        birthday_multiplier_bp=10_000,
        multiplied_points=100,
        tier_system="luxespa",
    )
    assert await world.balance() == 100
    assert await world.pending() == (0, 0)


async def test_a_promotion_by_the_purchase_is_told_in_its_receipt(world: World) -> None:
    receipt = await world.record_one(purchase(service_minor=300_000))
    assert (receipt.level, receipt.level_after, receipt.move_reason) == (
        "crystal",
        "sapphire",
        "THRESHOLD_REACHED",
    )


async def test_products_earn_at_their_own_rate_and_do_not_count_toward_levels(world: World) -> None:
    receipt = await world.record_one(purchase(service_minor=0, product_minor=300_000))
    assert (receipt.points, receipt.level_after) == (1_500, "crystal")


async def test_a_batch_answers_each_purchase_in_its_order(world: World) -> None:
    results = await world.record(
        purchase("T1", "M1", 10_000),
        purchase("T2", "M2", -1),
        purchase("T3", "M1", 5_000),
        purchase("T4", "M3", 700),
    )
    assert [result.receipt.points for result in results] == [100, 0, 50, 7]
    assert reasons(results) == [
        0,
        errors_pb2.POINTS_REASON_AMOUNT_MUST_NOT_BE_NEGATIVE,
        0,
        0,
    ]
    assert (await world.balance("M1"), await world.balance("M3")) == (150, 7)
    assert await world.broken_promises() == []


async def test_purchases_of_one_member_reach_tier_in_their_order(world: World) -> None:
    await world.record(purchase("Z"), purchase("A"), purchase("M", "M2"), purchase("K"))
    assert world.tier.order == ["Z", "A", "M", "K"]


async def test_a_full_batch_of_a_thousand_is_one_call_to_tier(world: World) -> None:
    results = await world.record(*(purchase(f"T{n}", f"M{n % 90}") for n in range(1_000)))
    assert {result.receipt.state for result in results} == {POSTED}
    assert world.tier.batches == [1_000]
    assert await world.broken_promises() == []


async def test_an_empty_batch_is_answered_by_an_empty_one(world: World) -> None:
    assert await world.record() == []


async def test_a_repeated_purchase_gets_its_first_answer(world: World) -> None:
    first = await world.record_one(purchase())
    again = await world.record_one(purchase())
    assert (first.replayed, again.replayed) == (False, True)
    again.replayed = False
    assert again == first
    assert await world.balance() == 100


async def test_the_first_answer_stays_after_the_rates_have_changed(world: World) -> None:
    first = await world.record_one(purchase())
    doubled = type(ONE_POINT_PER_RINGGIT)()
    doubled.CopyFrom(ONE_POINT_PER_RINGGIT)
    doubled.rates.service_bp = 20_000
    await world.apply(doubled)
    assert (await world.record_one(purchase())).points == first.points
    later = await world.record_one(purchase("T2"))
    assert (later.points, later.points_revision) == (200, 2)


async def test_saying_the_programs_currency_or_leaving_it_out_is_the_same_purchase(world: World) -> None:
    await world.record_one(purchase())
    assert (await world.record_one(purchase(currency="MYR"))).replayed


async def test_a_thousand_repeated_purchases_change_nothing(world: World) -> None:
    batch = [purchase(f"T{n}", f"M{n % 10}") for n in range(1_000)]
    await world.record(*batch)
    again = await world.record(*batch)
    assert all(result.receipt.replayed for result in again)
    assert await world.balance("M3") == 10_000
    assert await world.pending() == (0, 0)
    assert await world.broken_promises() == []


async def test_twenty_callers_with_one_id_have_one_effect(world: World) -> None:
    results = await asyncio.gather(*(world.record(purchase(), purchase(f"X{n}")) for n in range(20)))
    receipts = [first.receipt for first, _ in results]
    assert {receipt.points for receipt in receipts} == {100}
    assert await world.balance() == 2_100
    assert await world.pending() == (0, 0)
    assert await world.broken_promises() == []


async def test_twenty_single_calls_with_one_id_have_one_effect(world: World) -> None:
    receipts = await asyncio.gather(*(world.record_one(purchase()) for _ in range(20)))
    assert sum(not receipt.replayed for receipt in receipts) == 1
    assert await world.balance() == 100


async def test_batches_that_share_ids_in_opposite_orders_both_succeed(world: World) -> None:
    batch = [purchase(f"T{n}", f"M{n % 7}") for n in range(60)]
    answers = await asyncio.gather(
        *(world.record(*order) for order in (batch, batch[::-1], batch[30:] + batch[:30]) for _ in range(2))
    )
    assert {result.receipt.points for answer in answers for result in answer} == {100}
    assert await world.broken_promises() == []
    assert len(world.tier.recorded) == 60


async def test_single_calls_at_the_same_time_share_batches(world: World) -> None:
    await asyncio.gather(*(world.record_one(purchase(f"T{n}", f"M{n}")) for n in range(200)))
    assert sum(world.tier.batches) == 200
    assert len(world.tier.batches) < 100


async def test_a_purchase_just_before_midnight_in_kuala_lumpur_counts_on_that_day(world: World) -> None:
    await world.record(
        purchase("T1", occurred_at=datetime(2026, 7, 14, 15, 59, 59, tzinfo=UTC)),
        purchase("T2", occurred_at=datetime(2026, 7, 14, 16, 0, 0, tzinfo=UTC)),
    )
    entries = (await world.points.ListEntries(pb.ListEntriesRequest(member_id="M1"))).entries
    assert [(entry.transaction_id, entry.occurred_on.day) for entry in entries] == [("T2", 15), ("T1", 14)]


async def test_the_earliest_purchase_is_of_the_first_moment_of_1970_in_kuala_lumpur(world: World) -> None:
    await world.record_one(purchase(occurred_at=datetime(1969, 12, 31, 16, 30, tzinfo=UTC)))
    [entry] = (await world.points.ListEntries(pb.ListEntriesRequest(member_id="M1"))).entries
    assert (entry.occurred_on.year, entry.occurred_on.month, entry.occurred_on.day) == (1970, 1, 1)
