"""Uses, moves and refreshes that meet: an allowance is never exceeded, and every promise holds."""

import asyncio

import grpc
import numpy as np
import sqlalchemy as sa

from carat.tier.v1 import move_pb2
from services.benefits.clients import moves_of
from services.benefits.recording.moves import follow_moves
from services.benefits.rules.opening import decide_openings
from services.benefits.store.allowances import read_allowances_of, record_openings
from services.benefits.store.holders import read_holders_of
from services.benefits.store.policies import PolicyBook, read_policies
from services.kernel.calendar import day_number
from services.runtime.database import fetching
from tests.benefits.world import TODAY, World, a_use, error_info, july, until

GRACE_EXPIRED = move_pb2.MOVE_REASON_GRACE_EXPIRED


async def outcome(call) -> str:
    """'granted' or the reason of a refusal."""
    try:
        await call
    except grpc.aio.AioRpcError as error:
        return error_info(error).reason
    return "granted"


async def outcomes(calls) -> list[str]:
    return await asyncio.gather(*map(outcome, calls))


async def test_twenty_uses_at_once_never_exceed_the_allowance(world: World):
    await world.member_at("diamond")
    calls = [world.use(a_use("treatment", f"T{number}")) for number in range(10)]
    batches = [world.reasons(a_use("treatment", f"B{number}")) for number in range(10)]
    singles, batched = await asyncio.gather(outcomes(calls), asyncio.gather(*batches))
    granted = singles.count("granted") + batched.count([""])
    assert granted == 2
    assert singles.count("ALLOWANCE_EXHAUSTED") + batched.count(["ALLOWANCE_EXHAUSTED"]) == 18
    assert await world.allowances() == {"treatment": "0 of 2"}
    assert await world.broken_promises() == []


async def test_twenty_calls_with_one_transaction_take_one_use(world: World):
    await world.member_at("diamond")
    answers = await asyncio.gather(*(world.use(a_use("treatment")) for _ in range(20)))
    assert {answer.remaining for answer in answers} == {1}
    assert sum(not answer.replayed for answer in answers) == 1


async def test_one_transaction_for_two_members_at_once_is_granted_to_one(world: World):
    members = [f"m{number}" for number in range(8)]
    for member in members:
        await world.member_at("diamond", member_id=member)
    calls = [world.reasons(a_use("treatment", member_id=member)) for member in members]
    results = await asyncio.gather(*calls)
    assert results.count([""]) == 1
    assert results.count(["TRANSACTION_ID_REUSED"]) == 7


async def test_uses_and_moves_that_race_leave_every_promise_kept(world: World):
    members = [f"m{number}" for number in range(12)]
    for member in members:
        await world.member_at("platinum", since=july(1), member_id=member)
    for member in members[::2]:
        world.tier.tell(member, "platinum", "sapphire", july(15), reason=GRACE_EXPIRED)
    calls = [world.use(a_use(transaction_id=f"T{member}", member_id=member)) for member in members]
    results, _ = await asyncio.gather(outcomes(calls), world.follow())
    assert set(results) <= {"granted", "LEVEL_REQUIRED"}
    assert results[1::2] == ["granted"] * 6
    assert await world.broken_promises() == []


async def test_an_opening_decided_before_a_demotion_is_not_recorded_after_it(world: World):
    await world.member_at("platinum")
    decided = decided_openings(world)
    await world.moved("platinum", "sapphire", july(15))
    assert opened(world, decided).tolist() == [False]
    assert await world.allowances() == {}


async def test_an_opening_waits_for_a_demotion_that_is_under_way_and_then_is_not_recorded(world: World):
    await world.member_at("platinum")
    decided = decided_openings(world)
    world.tier.tell("amy", "platinum", "sapphire", july(15), reason=GRACE_EXPIRED)
    demotion = (await world.client.read_move_feed("2"))[0]
    with world.database.engine.begin() as connection:
        follow_moves(connection, PolicyBook(), moves_of(demotion))
        opening = asyncio.create_task(asyncio.to_thread(opened, world, decided))
        await until_somebody_waits(world)
    assert (await opening).tolist() == [False]


async def test_two_refreshes_at_once_open_each_allowance_once(world: World):
    for number in range(30):
        await world.member_at("diamond", member_id=f"m{number}")
    decided = decided_openings(world, [f"m{number}" for number in range(30)])
    both = await asyncio.gather(*(asyncio.to_thread(opened, world, decided) for _ in range(2)))
    assert (both[0] ^ both[1]).all()
    assert await world.broken_promises() == []


def decided_openings(world: World, members=("amy",)):
    """What a refresh of today would open for the members."""

    def work(connection):
        fetch = fetching(connection)
        holders = read_holders_of(fetch, list(members), lock=False)
        days = np.full(len(holders), day_number(TODAY), dtype=np.int32)
        there = read_allowances_of(fetch, holders.shard, holders.member_id, days)
        return decide_openings(holders, days, there, read_policies(fetch).rules)

    return world.database.transact(work)


def opened(world: World, decided):
    return world.database.transact(lambda connection: record_openings(connection, decided, "run-1"))


async def until_somebody_waits(world: World) -> None:
    waiting = sa.text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )

    async def is_waiting() -> bool:
        return bool(await asyncio.to_thread(world.database.transact, lambda c: c.scalar(waiting)))

    await until(is_waiting)
