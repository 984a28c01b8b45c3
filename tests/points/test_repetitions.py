"""Who asks for the same act again is answered again, and changes nothing: not even what is overdue expires by that."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.points.acts import (
    adjusted,
    brought,
    everything,
    expiry_after_earning,
    founded,
    member,
    opening,
    pool,
    transferred,
)
from tests.points.redeeming import authorise, earned, give_back, policy, redeem
from tests.points.world import World

Act = Callable[[World], Awaitable[Any]]

ACTS: dict[str, Act] = {
    "a payment": redeem,
    "a hold": lambda world: authorise(world, "R2"),
    "a payment from the pool": lambda world: redeem(world, "R3", points=100, pool_id="P1"),
    "a payment given back": lambda world: give_back(world, "V1", "R0", 100),
    "an adjustment": lambda world: adjusted(world, 10),
    "a transfer": lambda world: transferred(world, member("M1"), member("M2"), 100),
    "an opening balance": lambda world: brought(world, opening("O1", 50)),
}


@pytest.fixture
async def world(bare_world: World) -> World:
    """M1 and M2 with points that expire a month later, some of them in their pool, and a payment of M1."""
    await bare_world.apply(policy(expiry=expiry_after_earning(1), adjustment_limit=100))
    for member_id in ("M1", "M2"):
        await earned(bare_world, 2_000, member_id)
    await founded(bare_world, "P1", "M1", "M2")
    await transferred(bare_world, member("M1"), pool("P1"), 500, transfer_id="X0")
    await redeem(bare_world, "R0", points=200)
    return bare_world


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
async def test_an_act_done_again_changes_nothing_though_points_are_overdue(world: World, act: Act) -> None:
    await act(world)
    world.move_clock(timedelta(days=40))
    before = everything(world)
    await act(world)
    assert everything(world) == before
