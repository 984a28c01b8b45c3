"""Points and the real Tier come to the same sums of what was bought and not given back, shard by shard."""

import asyncio
import random

from carat.points.v1 import entry_pb2, policy_pb2, purchase_pb2
from carat.points.v1 import points_service_pb2 as pb
from services.points.store.verification import read_sums_by_shard
from services.tier.store.verification import granted_by_shard
from tests.points.ledger_entries import entry, post
from tests.points.refunding import credit, note, refund, reverse_one
from tests.points.world import ONE_POINT_PER_RINGGIT, World, purchase
from tests.tier.records import merge
from tests.tier.world import TierWorld

BONUSES = policy_pb2.PointsPolicy()
BONUSES.CopyFrom(ONE_POINT_PER_RINGGIT)
BONUSES.bonuses.add(tier_system="spa", level="crystal", treatment_every=2, treatment_points=50)


def sums(world: World, tier_world: TierWorld) -> tuple[list[list[int]], list[list[int]]]:
    """Points, spend and visits by shard, as Points has them and as Tier does."""
    ledger = world.database.transact(read_sums_by_shard)
    granted = tier_world.database.transact(granted_by_shard)
    return (
        [ledger.points.tolist(), ledger.spend.tolist(), ledger.visits.tolist()],
        [granted.points, granted.spend, granted.visits],
    )


async def test_what_counts_in_tier_is_what_the_ledger_says(
    world_with_tier: World, tier_world: TierWorld
) -> None:
    world, draw = world_with_tier, random.Random(28)
    await world.apply(BONUSES)
    bought: list[purchase_pb2.Purchase] = []
    for number in range(24):
        kinds = {
            kind: draw.randrange(1, 90_000) for kind in ("service_minor", "product_minor", "package_minor")
        }
        bought.append(purchase(f"T{number}", f"M{number % 5}", treatments=draw.randrange(4), **kinds))
    assert not any(result.reason for result in await world.record(*bought))
    for each in draw.sample(bought, 12):
        service = draw.randrange(1, each.amounts.service_minor + 1)
        taken = draw.randrange(each.treatments + 1)
        await reverse_one(
            world,
            refund(each.transaction_id, f"R{each.transaction_id}", service_minor=service, treatments=taken),
        )
    await credit(world, note("C1", "M0", product_minor=1_000))
    post(world.database, entry("A1", 500, "M1"), entry("P1", -100, "M1"))
    ledger, tier = sums(world, tier_world)
    assert ledger == tier
    assert all(sum(column) > 0 for column in ledger)
    assert sum(ledger[0]) < sum(each.points for each in (await entries(world)))


async def test_a_refund_after_a_merge_is_told_of_who_bought(
    world_with_tier: World, tier_world: TierWorld
) -> None:
    world = world_with_tier
    await world.record(purchase("T1", "M1", treatments=3), purchase("T2", "M2", 7_000, treatments=1))
    await asyncio.to_thread(merge, tier_world, "M1", "M2")
    assert sums(world, tier_world)[0] == sums(world, tier_world)[1]
    await reverse_one(world, refund("T1", "R1", service_minor=4_000, treatments=2))
    ledger, tier = sums(world, tier_world)
    assert ledger == tier
    assert [sum(column) for column in ledger] == [130, 13_000, 2]


async def entries(world: World) -> list[entry_pb2.Entry]:
    members = [f"M{number}" for number in range(5)]
    answers = [await world.points.ListEntries(pb.ListEntriesRequest(member_id=each)) for each in members]
    return [line for answer in answers for line in answer.entries]
