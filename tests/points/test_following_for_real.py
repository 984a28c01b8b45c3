"""The real Tier is followed: merges, their undoing and erasure as Tier tells them (Meanings 24, 32 and 35)."""

import asyncio

import sqlalchemy as sa

from services.points.tables import ACCOUNT
from services.tier.tables import MOVE
from tests.feeds import wait_until_told
from tests.points import following
from tests.points.acts import adjusted, entries
from tests.points.following import from_the_beginning, refer, with_bonuses
from tests.points.real_tier import RealTier
from tests.points.world import World, purchase
from tests.tier import records
from tests.tier.world import TierWorld


def tier_of(world: World) -> TierWorld:
    """The Tier behind the world, as its staff reach it."""
    tier: object = world.tier
    assert isinstance(tier, RealTier)
    return tier.world


async def follow(world: World) -> None:
    """Follows Tier to the end of what it has recorded."""
    await asyncio.to_thread(wait_until_told, tier_of(world).database, MOVE)
    await following.follow(world)


def places(world: World) -> dict[str, tuple[str, str]]:
    """Level, and the record merged into, of every account."""
    columns = (ACCOUNT.c.member_id, ACCOUNT.c.level, ACCOUNT.c.merged_into)
    with world.database.engine.connect() as connection:
        return {
            member_id: (level, other) for member_id, level, other in connection.execute(sa.select(*columns))
        }


async def balances(world: World) -> tuple[int, int]:
    return await world.balance("M1"), await world.balance("M2")


async def test_levels_are_those_of_tier(world_with_tier: World) -> None:
    world = world_with_tier
    await world.record(purchase("T1", service_minor=400_000), purchase("T2", "M2"))
    await follow(world)
    assert places(world) == {"M1": ("sapphire", ""), "M2": ("crystal", "")}


async def test_a_merge_and_its_undoing_reach_the_ledger(world_with_tier: World) -> None:
    world = world_with_tier
    await world.record(purchase("T1", service_minor=400_000), purchase("T2", "M2"))
    await follow(world)
    await asyncio.to_thread(records.merge, tier_of(world), "M1", "M2")
    await follow(world)
    assert await balances(world) == (0, 4_100)
    assert places(world) == {"M1": ("", "M2"), "M2": ("sapphire", "")}
    await asyncio.to_thread(records.separate, tier_of(world))
    await follow(world)
    assert await balances(world) == (4_000, 100)
    assert places(world) == {"M1": ("sapphire", ""), "M2": ("crystal", "")}
    await asyncio.to_thread(records.merge, tier_of(world), "M2", "M1", request_id="back")
    await follow(world)
    assert await balances(world) == (4_100, 0)
    assert places(world) == {"M1": ("sapphire", ""), "M2": ("", "M1")}
    assert await world.broken_promises() == []


async def test_all_at_once_after_an_outage_ends_the_same_and_again_changes_nothing(
    world_with_tier: World,
) -> None:
    world = world_with_tier
    await world.record(purchase("T1", service_minor=400_000), purchase("T2", "M2"))
    await asyncio.to_thread(records.merge, tier_of(world), "M1", "M2")
    await asyncio.to_thread(records.separate, tier_of(world))
    await asyncio.to_thread(records.merge, tier_of(world), "M2", "M1", request_id="back")
    for _ in range(2):
        await follow(world)
        assert await balances(world) == (4_100, 0)
        assert places(world) == {"M1": ("sapphire", ""), "M2": ("", "M1")}
        from_the_beginning(world)
    assert await world.broken_promises() == []


async def test_an_erased_member_is_erased_in_the_ledger(world_with_tier: World) -> None:
    world = world_with_tier
    await world.apply(with_bonuses(adjustment_limit=100))
    await world.record_one(purchase())
    await adjusted(world, 5)
    await asyncio.to_thread(records.erase, tier_of(world))
    await follow(world)
    assert [each.note for each in await entries(world)] == ["", ""]
    assert await world.balance() == 105


async def test_who_brought_a_friend_is_paid_by_the_level_that_tier_tells(world_with_tier: World) -> None:
    world = world_with_tier
    policy = with_bonuses()
    for bonuses in policy.bonuses:
        bonuses.tier_system = "spa"
    await world.apply(policy)
    await world.record_one(purchase("T1", service_minor=400_000))
    await refer(world, "F1", "M1")
    assert (await world.record_one(purchase("T2", "F2", treatments=1))).referral_bonus == 0
    await follow(world)
    assert (await world.record_one(purchase("T3", "F1", treatments=1))).referral_bonus == 800
