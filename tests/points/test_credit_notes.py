"""Credit notes that name no purchase: the latest purchases are taken back first, whole or not at all."""

import asyncio
from datetime import timedelta

import sqlalchemy as sa

from services.points.refusals import Reason
from services.points.tables import ACCOUNT, REVERSAL
from tests.points.refunding import credit, note, refund, reverse_one, taken
from tests.points.world import NOW, World, purchase


async def a_week_of_purchases(world: World) -> None:
    """RM100 on each of the last five days, T1 the first."""
    await world.record(*(purchase(f"T{n}", occurred_at=NOW - timedelta(days=6 - n)) for n in range(1, 6)))


async def test_a_credit_note_takes_the_latest_purchases_first(world: World) -> None:
    await a_week_of_purchases(world)
    results = await credit(world, note(service_minor=22_000))
    assert taken(results) == [[("T5", 10_000), ("T4", 10_000), ("T3", 2_000)]]
    assert [receipt.points for receipt in results[0].receipts] == [100, 100, 20]
    assert await world.balance() == 280
    assert await world.broken_promises() == []


async def test_what_was_bought_after_the_note_is_left_alone(world: World) -> None:
    await a_week_of_purchases(world)
    written = NOW - timedelta(days=3)
    assert taken(await credit(world, note(service_minor=1_000, occurred_at=written))) == [[("T3", 1_000)]]


async def test_of_purchases_of_one_instant_the_one_recorded_last_goes_first(world: World) -> None:
    await world.record(purchase("T1"), purchase("T2"))
    assert taken(await credit(world, note(service_minor=1_000))) == [[("T2", 1_000)]]


async def test_each_kind_is_taken_from_the_latest_that_has_any_of_it(world: World) -> None:
    await world.record(purchase("T1", service_minor=1_000, product_minor=500, treatments=1))
    await world.record(purchase("T2", service_minor=1_000))
    [result] = await credit(world, note(service_minor=1_500, product_minor=200, treatments=1))
    assert [
        (each.transaction_id, each.amounts.service_minor, each.amounts.product_minor, each.treatments)
        for each in result.receipts
    ] == [("T2", 1_000, 0, 0), ("T1", 500, 200, 1)]


async def test_notes_of_one_batch_are_taken_in_their_order(world: World) -> None:
    await a_week_of_purchases(world)
    results = await credit(
        world,
        note("C1", service_minor=15_000),
        note("C2", service_minor=40_000),
        note("C3", service_minor=35_000),
        note("C4", service_minor=1),
    )
    assert [result.reason for result in results] == [
        0,
        Reason.CREDIT_ABOVE_PURCHASES,
        0,
        Reason.CREDIT_ABOVE_PURCHASES,
    ]
    assert await world.balance() == 0


async def test_what_refunds_took_before_is_gone(world: World) -> None:
    await a_week_of_purchases(world)
    await reverse_one(world, refund("T5"))
    await reverse_one(world, refund("T4", "R4", service_minor=9_000))
    assert taken(await credit(world, note(service_minor=2_000))) == [[("T4", 1_000), ("T3", 1_000)]]


async def test_a_note_beyond_what_is_left_takes_nothing(world: World) -> None:
    await a_week_of_purchases(world)
    [result] = await credit(world, note(service_minor=50_001))
    assert result.reason == Reason.CREDIT_ABOVE_PURCHASES
    assert await world.balance() == 500
    with world.database.engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(REVERSAL)) == 0


async def test_a_repeated_note_gets_the_first_answer_whatever_was_bought_since(world: World) -> None:
    await a_week_of_purchases(world)
    first = await credit(world, note(service_minor=12_000, occurred_at=NOW - timedelta(minutes=5)))
    await world.record(purchase("T6", occurred_at=NOW - timedelta(minutes=6)))
    [again] = await credit(world, note(service_minor=12_000, occurred_at=NOW - timedelta(minutes=5)))
    assert taken([again]) == taken(first)
    assert [receipt.replayed for receipt in again.receipts] == [True, True]
    assert await world.balance() == 480


async def test_the_same_note_from_many_at_once_is_one(world: World) -> None:
    await a_week_of_purchases(world)
    results = await asyncio.gather(*(credit(world, note(service_minor=12_000)) for _ in range(10)))
    assert {tuple(each) for [each] in map(taken, results)} == {(("T5", 10_000), ("T4", 2_000))}
    assert await world.balance() == 380


async def test_one_id_from_two_members_at_once_is_one_note(world: World) -> None:
    await world.record(purchase("T1", "M1"), purchase("T2", "M2"))
    results = await asyncio.gather(
        *(credit(world, note("C1", member, service_minor=1_000)) for member in ("M1", "M2"))
    )
    assert sorted(result.reason for [result] in results) == [0, Reason.TRANSACTION_ID_REUSED]


async def test_purchases_before_a_merge_are_those_of_whoever_holds_the_points(world: World) -> None:
    await world.record(purchase("T1", "M1"), purchase("T2", "M2"))
    with world.database.engine.begin() as connection:
        gave = sa.update(ACCOUNT).where(ACCOUNT.c.member_id == "M2")
        connection.execute(gave.values(merged_into="M1", balance=0))
        got = sa.update(ACCOUNT).where(ACCOUNT.c.member_id == "M1")
        connection.execute(got.values(balance=200))
    to_the_old, to_the_new = await credit(
        world, note("C1", "M2", service_minor=1_000), note("C2", "M1", service_minor=15_000)
    )
    assert to_the_old.reason == Reason.MEMBER_MERGED
    assert taken([to_the_new]) == [[("T2", 10_000), ("T1", 5_000)]]
    assert (await world.balance("M1"), await world.balance("M2")) == (50, 0)


async def test_a_refund_after_a_merge_is_charged_to_whoever_holds_the_points(world: World) -> None:
    await world.record(purchase("T1", "M1"), purchase("T2", "M2"))
    with world.database.engine.begin() as connection:
        connection.execute(sa.update(ACCOUNT).where(ACCOUNT.c.member_id == "M2").values(merged_into="M1"))
    await reverse_one(world, refund("T2"))
    assert (await world.balance("M1"), await world.balance("M2")) == (0, 100)
