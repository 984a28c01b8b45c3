"""Payments from a household pool, and refunds to whoever holds the points by then."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from carat.points.v1 import policy_pb2
from services.points.tables import ACCOUNT
from tests.points.acts import entries, founded, left, member, pool, seen, transferred
from tests.points.redeeming import (
    authorise,
    balance_of,
    capture,
    earned,
    give_back,
    policy,
    redeem,
    refused,
    state_of,
)
from tests.points.world import World


@pytest.fixture
async def world(bare_world: World) -> World:
    """A Points service in which M1 and M2 share the pool "smiths", which has 300 points of M1's 500."""
    await bare_world.apply(policy())
    await earned(bare_world, 500, "M1")
    await earned(bare_world, 500, "M2")
    await founded(bare_world, "smiths", "M1", "M2")
    await transferred(bare_world, member("M1"), pool("smiths"), 300)
    return bare_world


async def test_a_member_pays_from_the_pool_and_keeps_the_own_points(world: World) -> None:
    paid = (await redeem(world, points=200, member_id="M2", pool_id="smiths")).redemption
    assert (paid.member_id, paid.pool_id, paid.captured_points) == ("M2", "smiths", 200)
    assert (await seen(world, "smiths")).balance == 100
    assert await world.balance("M2") == 500
    assert await world.broken_promises() == []


async def test_points_held_of_a_pool_are_held_for_all_its_members(world: World) -> None:
    await authorise(world, "R1", points=300, member_id="M2", pool_id="smiths")
    assert (await refused(redeem(world, "R2", points=100, pool_id="smiths")))[0] == "BALANCE_TOO_LOW"
    assert (await balance_of(world, "M2")).held == 0
    assert (await capture(world, "R1")).redemption.captured_points == 300
    assert (await seen(world, "smiths")).balance == 0


async def test_what_a_pool_paid_goes_back_to_the_pool(world: World) -> None:
    await redeem(world, points=200, member_id="M2", pool_id="smiths")
    await give_back(world, points=100)
    assert (await seen(world, "smiths")).balance == 200


async def test_what_a_pool_that_is_no_more_paid_goes_back_to_the_member_who_redeemed(world: World) -> None:
    await redeem(world, points=200, member_id="M2", pool_id="smiths")
    await left(world, "M2", "smiths")
    await left(world, "M1", "smiths")
    await give_back(world, points=100)
    assert (await world.balance("M1"), await world.balance("M2")) == (300, 600)
    assert await world.broken_promises() == []


async def test_a_hold_that_ended_by_itself_stays_so_when_the_last_leaves_the_pool(world: World) -> None:
    await authorise(world, points=100, pool_id="smiths")
    world.move_clock(timedelta(minutes=30))
    await left(world, "M2", "smiths")
    await left(world, "M1", "smiths")
    assert await state_of(world) == "EXPIRED"


async def test_what_a_record_paid_that_was_merged_since_goes_back_to_the_other(world: World) -> None:
    await redeem(world, points=200, member_id="M2")
    with world.database.engine.begin() as connection:
        connection.execute(sa.update(ACCOUNT).where(ACCOUNT.c.member_id == "M2").values(merged_into="M1"))
    await give_back(world, points=100)
    assert await world.balance("M1") == 300
    assert (await entries(world, "M1"))[-1].related_id == "R1"


async def test_each_act_notes_the_day_of_the_oldest_points_that_are_left(bare_world: World) -> None:
    await bare_world.apply(policy(expiry=policy_pb2.Expiry(mode="EXPIRY_MODE_AFTER_EARNING", months=12)))
    await earned(bare_world, 300)
    first = oldest_on(bare_world)
    assert first is not None
    await authorise(bare_world, "R1", points=100)
    await redeem(bare_world, "R2", points=100)
    assert oldest_on(bare_world) == first
    await capture(bare_world, "R1")
    await redeem(bare_world, "R3", points=100)
    assert oldest_on(bare_world) is None
    await give_back(bare_world, "V1", "R3")
    assert oldest_on(bare_world) == first


def oldest_on(world: World) -> object:
    """What the account of M1 notes."""
    with world.database.engine.connect() as connection:
        return connection.scalar(sa.select(ACCOUNT.c.oldest_on).where(ACCOUNT.c.member_id == "M1"))
