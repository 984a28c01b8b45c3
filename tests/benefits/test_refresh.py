"""What a bulk refresh reads, decides and records, as a job of the engine does it."""

import numpy as np
import pytest

from services.benefits.columns import Openings
from services.benefits.policy import ladders_owed
from services.benefits.rules.opening import decide_openings
from services.benefits.store.allowances import read_allowances, record_openings
from services.benefits.store.holders import count_holders_by_shard, read_holders
from services.benefits.store.policies import read_policies
from services.kernel.calendar import day_number
from services.kernel.shards import SHARDS, shard_of
from services.runtime.database import fetching
from tests.benefits.world import World, a_use, july

LAST = SHARDS - 1


@pytest.fixture(params=["arrow", "connection"])
def fetch(request, world: World):
    """Both ways of reading columns."""
    if request.param == "arrow":
        yield world.database.fetch_arrow
    else:
        with world.database.engine.connect() as connection:
            yield fetching(connection)


def decided(fetch, as_of: int, first: int = 0, last: int = LAST) -> Openings:
    rules = read_policies(fetch).rules
    holders = read_holders(fetch, first, last, ladders_owed(rules, as_of))
    there = read_allowances(fetch, first, last, as_of)
    return decide_openings(holders, np.full(len(holders), as_of, dtype=np.int32), there, rules)


def recorded(world: World, openings: Openings):
    return world.database.transact(lambda connection: record_openings(connection, openings, "refresh-1"))


async def test_a_refresh_opens_what_is_missing_and_a_second_one_nothing(world: World, fetch):
    await world.member_at("platinum")
    await world.member_at("diamond", member_id="ben")
    await world.member_at("sapphire", member_id="cid")
    await world.use(a_use("treatment", member_id="ben"))
    as_of = day_number(july(15))
    first = decided(fetch, as_of)
    assert first.member_id.tolist() == ["amy"]
    assert recorded(world, first).tolist() == [True]
    assert len(decided(fetch, as_of)) == 0
    assert recorded(world, first).tolist() == [False]
    assert await world.broken_promises() == []


async def test_a_refresh_before_the_level_was_entered_opens_nothing(world: World, fetch):
    await world.member_at("platinum", since=july(1))
    assert len(decided(fetch, day_number(july(1)) - 1)) == 0


async def test_a_refresh_of_some_shards_leaves_the_others_alone(world: World, fetch):
    await world.member_at("platinum")
    shard = int(shard_of(["amy"])[0])
    as_of = day_number(july(15))
    assert len(decided(fetch, as_of, shard, shard)) == 1
    assert len(decided(fetch, as_of, shard + 1, LAST)) == 0
    counts = count_holders_by_shard(fetch)
    assert (len(counts), counts.sum(), counts[shard]) == (SHARDS, 1, 1)


async def test_a_policy_without_allowances_has_nobody_to_refresh(world: World, fetch):
    assert len(read_holders(fetch, 0, LAST, [])) == 0
