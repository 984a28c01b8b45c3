"""Points that come when their day of expiry is over: they expire on the day on which they came, never before."""

from datetime import UTC, date, datetime, timedelta

import pytest

from carat.points.v1 import entry_pb2, policy_pb2
from tests.points.acts import (
    adjusted,
    brought,
    enrolled,
    entries,
    expiry_after_earning,
    founded,
    left,
    member,
    opening,
    pool,
    transferred,
)
from tests.points.redeeming import (
    authorise,
    balance_of,
    cancel,
    earned,
    give_back,
    policy,
    redeem,
)
from tests.points.world import NOW, World


@pytest.fixture
async def world(bare_world: World) -> World:
    """Points expire a month after they were earned; M1 has 500 of 15 July."""
    await bare_world.apply(policy(expiry=expiry_after_earning(1), adjustment_limit=1_000))
    await earned(bare_world, 500)
    return bare_world


async def told(world: World, member_id: str = "M1") -> list[tuple[date, int]]:
    """Day and points of each entry, in the order in which they were posted."""
    return [
        (date(entry.occurred_on.year, entry.occurred_on.month, entry.occurred_on.day), entry.points)
        for entry in await entries(world, member_id)
    ]


async def lowest_balance(world: World, member_id: str = "M1") -> int:
    """The lowest balance of any past day."""
    listed = await told(world, member_id)
    days = {day for day, _ in listed}
    return min(sum(points for each, points in listed if each <= day) for day in days)


async def test_what_is_given_back_after_its_day_expires_on_the_day_of_the_return(world: World) -> None:
    await redeem(world, points=300)
    world.move_clock(timedelta(days=40))
    await give_back(world)
    await adjusted(world, 7)
    assert await told(world) == [
        (date(2026, 7, 15), 500),
        (date(2026, 7, 15), -300),
        (date(2026, 8, 15), -200),
        (date(2026, 8, 24), 300),
        (date(2026, 8, 24), -300),
        (date(2026, 8, 24), 7),
    ]
    assert await lowest_balance(world) == 0


async def test_what_is_given_back_after_its_day_can_no_longer_be_spent(world: World) -> None:
    await redeem(world, points=300)
    world.move_clock(timedelta(days=40))
    await give_back(world)
    balance = await balance_of(world)
    assert (balance.balance, balance.available) == (300, 0)
    assert not balance.HasField("next_expiry_on")


async def test_what_came_back_in_time_expires_on_its_own_day(world: World) -> None:
    await redeem(world, points=300)
    world.move_clock(timedelta(days=10))
    await give_back(world)
    world.move_clock(timedelta(days=40))
    await adjusted(world, 7)
    assert (await told(world))[-2:] == [(date(2026, 8, 15), -500), (date(2026, 9, 3), 7)]


async def test_a_balance_that_was_overdue_when_it_was_brought_along_was_never_negative(world: World) -> None:
    await brought(world, opening("B1", 100, date(2026, 3, 1)))
    await adjusted(world, 7)
    assert (await told(world))[-2:] == [(date(2026, 7, 15), -100), (date(2026, 7, 15), 7)]
    assert await lowest_balance(world) >= 0


async def test_what_was_due_before_a_balance_is_brought_along_expires_on_its_own_day(world: World) -> None:
    world.move_clock(timedelta(days=40))
    await brought(world, opening("B1", 100, date(2026, 7, 15)))
    await adjusted(world, 7)
    assert (await told(world))[1:] == [
        (date(2026, 8, 15), -500),
        (date(2026, 8, 24), 100),
        (date(2026, 8, 24), -100),
        (date(2026, 8, 24), 7),
    ]


async def test_balances_brought_along_that_are_older_than_what_has_expired_expire_when_they_come(
    world: World,
) -> None:
    world.move_clock(timedelta(days=40))
    await brought(world, opening("B1", 100, date(2026, 3, 1)))
    await adjusted(world, 7)
    assert (await told(world))[3] == (date(2026, 8, 24), -100)
    assert await lowest_balance(world) == 0


async def test_what_a_cancelled_hold_kept_expires_on_its_own_day(bare_world: World) -> None:
    await bare_world.apply(policy(expiry=expiry_after_earning(1), adjustment_limit=1_000))
    await earned(bare_world, 500, occurred_at=datetime(2026, 6, 15, 16, 0, tzinfo=UTC))
    bare_world.move_clock(timedelta(hours=11, minutes=50))
    await authorise(bare_world, points=300)
    bare_world.move_clock(timedelta(minutes=20))
    await cancel(bare_world)
    await adjusted(bare_world, 7)
    days = [(day, points) for day, points in await told(bare_world) if points < 0]
    assert days == [(date(2026, 7, 16), -500)]
    assert await lowest_balance(bare_world) >= 0


async def test_a_backdated_purchase_expires_on_its_own_day(world: World) -> None:
    await earned(world, 100, "M2", occurred_at=NOW - timedelta(days=60))
    assert (await balance_of(world, "M2")).available == 0
    await adjusted(world, 7, member_id="M2")
    assert (await told(world, "M2"))[1] == (date(2026, 6, 16), -100)
    assert await lowest_balance(world, "M2") >= 0


async def test_a_program_in_which_points_no_longer_expire_lets_live_what_comes_back_to_it(
    world: World,
) -> None:
    await redeem(world, points=300)
    world.move_clock(timedelta(days=40))
    await world.apply(policy())
    await give_back(world)
    assert (await balance_of(world)).available == 300


async def test_what_a_pool_that_is_no_more_had_paid_comes_back_as_of_the_day_of_the_payment(
    bare_world: World,
) -> None:
    await bare_world.apply(policy(expiry=expiry_after_earning(12)))
    await earned(bare_world, 500)
    await founded(bare_world)
    await transferred(bare_world, member("M1"), pool("P1"), 500)
    bare_world.move_clock(timedelta(days=10))
    await redeem(bare_world, points=300, pool_id="P1")
    await left(bare_world, "M1")
    bare_world.move_clock(timedelta(days=10))
    await earned(bare_world, 1, occurred_at=NOW - timedelta(days=60))
    await give_back(bare_world)
    back = (await entries(bare_world))[-1]
    assert (back.kind, back.points) == (entry_pb2.ENTRY_KIND_REDEMPTION_REVERSAL, 300)
    assert (back.earned_on.month, back.earned_on.day) == (7, 25)


async def test_points_given_on_expire_no_earlier_than_they_came_whatever_held_before(
    bare_world: World,
) -> None:
    """Its giver's activity kept them alive while inactivity counted; the taker never bought."""
    idle = policy_pb2.Expiry(mode="EXPIRY_MODE_AFTER_INACTIVITY", months=6)
    await bare_world.apply(policy(expiry=idle))
    await earned(bare_world, 500, occurred_at=NOW - timedelta(days=250))
    await earned(bare_world, 1, occurred_at=NOW - timedelta(days=100))
    await enrolled(bare_world, "M2")
    await bare_world.apply(policy(expiry=expiry_after_earning(12)))
    bare_world.move_clock(timedelta(days=1))
    await transferred(bare_world, member("M1"), member("M2"), 400)
    assert (await balance_of(bare_world, "M2")).available == 400
