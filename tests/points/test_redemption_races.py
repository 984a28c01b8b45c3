"""Redemptions of one balance at the same time, over real gRPC: as many as fit, and never below zero."""

import asyncio
import random
from collections import Counter

import pytest
import sqlalchemy as sa

from services.points.tables import ACCOUNT, ENTRY
from tests.points.redeeming import (
    authorise,
    balance_of,
    cancel,
    capture,
    earned,
    give_back,
    outcomes,
    policy,
    redeem,
    state_of,
)
from tests.points.world import World, purchase


@pytest.fixture
async def world(bare_world: World) -> World:
    await bare_world.apply(policy())
    return bare_world


async def test_of_twenty_redemptions_at_once_as_many_are_granted_as_fit(world: World) -> None:
    await earned(world, 799)
    results = await outcomes(*(redeem(world, f"R{number}", points=100) for number in range(20)))
    assert Counter(results) == {"granted": 7, "BALANCE_TOO_LOW": 13}
    assert await world.balance() == 99
    assert lowest_balances(world) == {"M1": 99}
    assert await world.broken_promises() == []


async def test_of_twenty_holds_at_once_as_many_are_granted_as_fit(world: World) -> None:
    await earned(world, 700)
    results = await outcomes(*(authorise(world, f"R{number}", points=200) for number in range(20)))
    assert Counter(results) == {"granted": 3, "BALANCE_TOO_LOW": 17}
    balance = await balance_of(world)
    assert (balance.balance, balance.held, balance.available) == (700, 600, 100)


async def test_twenty_calls_of_one_payment_at_once_have_one_effect_and_one_answer(world: World) -> None:
    await earned(world, 700)
    answers = await asyncio.gather(*(redeem(world, "R1", points=300) for _ in range(20)))
    assert Counter(answer.replayed for answer in answers) == {False: 1, True: 19}
    assert len({answer.redemption.SerializeToString(deterministic=True) for answer in answers}) == 1
    assert await world.balance() == 400


async def test_one_id_for_two_payers_at_once_pays_once(world: World) -> None:
    await asyncio.gather(earned(world, 300, "M1"), earned(world, 300, "M2"))
    results = await outcomes(
        *(redeem(world, "R1", points=300, member_id=member_id) for member_id in ("M1", "M2") * 5)
    )
    assert Counter(results) == {"granted": 5, "TRANSACTION_ID_REUSED": 5}
    assert await world.balance("M1") + await world.balance("M2") == 300


async def test_a_capture_and_a_cancellation_at_once_end_in_one_of_both(world: World) -> None:
    await earned(world, 1_000)
    for number in range(10):
        name = f"R{number}"
        await authorise(world, name, points=100)
        captured, cancelled = await outcomes(capture(world, name), cancel(world, name))
        assert sorted((captured, cancelled)) == ["HOLD_ENDED", "granted"]
        assert await state_of(world, name) == ("CAPTURED" if captured == "granted" else "CANCELLED")
    captures = sum(1 for entry in entries(world) if entry.points < 0)
    assert await world.balance() == 1_000 - 100 * captures
    assert (await balance_of(world)).held == 0


async def test_reversals_at_once_give_back_no_more_than_was_taken(world: World) -> None:
    await earned(world, 500)
    await redeem(world, "R1", points=500)
    results = await outcomes(*(give_back(world, f"V{number}", "R1", points=200) for number in range(10)))
    assert Counter(results) == {"granted": 2, "REVERSAL_ABOVE_ORIGINAL": 8}
    assert await world.balance() == 400


@pytest.mark.parametrize("seed", range(3))
async def test_authorisations_captures_cancellations_redemptions_and_purchases_at_once_add_up(
    world: World, seed: int
) -> None:
    await earned(world, 1_000)
    rng = random.Random(seed)
    calls = []
    for number in range(12):
        held = authorise(world, f"A{number}", points=100 * rng.randint(1, 3))
        finish = capture(world, f"A{number}") if rng.random() < 0.5 else cancel(world, f"A{number}")
        calls.append(one_after_another(held, finish))
        calls.append(one_after_another(redeem(world, f"B{number}", points=100 * rng.randint(1, 3))))
        calls.append(one_after_another(world.record_one(purchase(f"T{number}", service_minor=7_700))))
    rng.shuffle(calls)
    await asyncio.gather(*calls)
    balance = await balance_of(world)
    assert balance.held == 0
    assert balance.balance == balance.available == sum(entry.points for entry in entries(world)) >= 0
    assert lowest_balances(world)["M1"] >= 0
    assert await world.broken_promises() == []


async def one_after_another(*calls: object) -> None:
    """Makes calls one after another, whatever becomes of each."""
    for call in calls:
        await outcomes(call)


def entries(world: World) -> list[sa.Row[tuple[int]]]:
    """The points of the ledger in the order in which they were posted."""
    with world.database.engine.connect() as connection:
        return list(connection.execute(sa.select(ENTRY.c.points).order_by(ENTRY.c.entry_id)))


def lowest_balances(world: World) -> dict[str, int]:
    """The lowest balance that each member ever had after something was taken."""
    after = sa.func.sum(ENTRY.c.points).over(partition_by=ENTRY.c.member_id, order_by=ENTRY.c.entry_id)
    running = sa.select(ENTRY.c.member_id, sa.cast(after, sa.BigInteger).label("balance")).subquery()
    lowest = sa.select(running.c.member_id, sa.func.min(running.c.balance).label("balance")).group_by(
        running.c.member_id
    )
    with world.database.engine.connect() as connection:
        assert connection.execute(sa.select(ACCOUNT.c.balance).where(ACCOUNT.c.balance < 0)).all() == []
        return {row.member_id: row.balance for row in connection.execute(lowest)}
