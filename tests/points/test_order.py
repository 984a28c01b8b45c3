"""Purchases of one member are posted in the order in which they were accepted, Tier being away or not."""

import asyncio

import grpc

from carat.points.v1 import points_service_pb2 as pb
from carat.points.v1 import purchase_pb2
from carat.tier.v1 import errors_pb2 as tier_errors
from tests.points.world import World, purchase

PENDING = purchase_pb2.PURCHASE_STATE_PENDING
POSTED = purchase_pb2.PURCHASE_STATE_POSTED


async def posted_of(world: World, member_id: str = "M1") -> list[tuple[str, int]]:
    """Transaction and number of the last treatment of each entry, in the order of posting."""
    request = pb.ListEntriesRequest(member_id=member_id, page_size=1_000)
    entries = (await world.points.ListEntries(request)).entries
    return [(entry.transaction_id, entry.receipt.treatment_ordinal) for entry in reversed(entries)]


async def test_a_later_purchase_waits_behind_one_that_is_pending_though_tier_is_back(world: World) -> None:
    await world.tier.stop()
    assert (await world.record_one(purchase("T1", treatments=1))).state == PENDING
    await world.tier_returns()
    later = await world.record_one(purchase("T2", treatments=1))
    other = await world.record_one(purchase("X", "M2"))
    assert (later.state, later.base_micropoints, other.state) == (PENDING, 100_000_000, POSTED)
    assert world.tier.order == ["X"]
    await world.redriver.run_once(0)
    assert await posted_of(world) == [("T1", 1), ("T2", 2)]
    assert (await world.record_one(purchase("T3", treatments=1))).treatment_ordinal == 3
    assert await world.broken_promises() == []


async def test_what_waits_for_its_turn_is_not_overtaken_once_the_one_before_it_is_posted(
    world: World,
) -> None:
    await world.tier.stop()
    await world.record_one(purchase("T1"))
    await world.tier_returns()
    assert (await world.record_one(purchase("T2"))).state == PENDING
    await world.redriver.run_once(3_600)
    assert (await world.record_one(purchase("T3"))).state == POSTED
    assert world.tier.order == ["T1", "T2", "T3"]


async def test_purchases_that_pile_up_are_numbered_as_if_tier_had_never_been_away(world: World) -> None:
    await world.record_one(purchase("T0", treatments=2))
    await world.tier.stop()
    for batch in range(4):
        await world.record(*(purchase(f"T{batch}{n}", f"M{n % 2 + 1}", treatments=1) for n in range(6)))
    await world.tier_returns()
    during = [
        asyncio.create_task(world.record(purchase("L1", treatments=1), purchase("L2", treatments=1))),
        asyncio.create_task(world.redriver.run_once(0)),
    ]
    await asyncio.gather(*during)
    await world.redriver.run_once(0)
    piled = [f"T{batch}{n}" for batch in range(4) for n in (0, 2, 4)]
    expected = ["T0", *piled, "L1", "L2"]
    assert await posted_of(world) == [(each, 2 + place) for place, each in enumerate(expected)]
    assert await world.pending() == (0, 0)
    assert await world.broken_promises() == []


async def test_what_is_pending_is_driven_on_by_being_brought_again_but_in_its_turn(world: World) -> None:
    await world.tier.stop()
    await world.record(purchase("T1"), purchase("T2"))
    await world.tier_returns()
    assert (await world.record_one(purchase("T2"))).state == PENDING
    again = await world.record(purchase("T1"), purchase("T2"), purchase("T3"))
    assert [result.receipt.state for result in again] == [POSTED] * 3
    assert world.tier.order == ["T1", "T2", "T3"]
    assert await world.pending() == (0, 0)


async def test_a_page_on_which_tier_fails_keeps_its_members_in_order(world: World) -> None:
    await world.tier.stop()
    await world.record(*(purchase(f"A{n:03}", f"M{n % 3}") for n in range(1_000)))
    await world.record(purchase("B1", "M1"), purchase("B2", "N1"))
    await world.tier_returns()
    world.tier.failures.append(grpc.StatusCode.INTERNAL)
    assert await world.redriver.run_once(0) is False
    assert world.tier.order == [*(f"A{n:03}" for n in range(1_000)), "B1", "B2"]


async def test_a_purchase_on_which_tier_always_fails_holds_up_its_member_alone(world: World) -> None:
    world.tier.poison.add("A033")
    results = await world.record(
        *(purchase(f"A{n:03}", f"M{n % 10}") for n in range(100)), purchase("B", "N1")
    )
    assert {result.receipt.state for result in results} == {PENDING}
    assert await world.redriver.run_once(0) is False
    behind = [f"A{n:03}" for n in range(33, 100, 10)]
    assert world.tier.order == [*(f"A{n:03}" for n in range(100) if f"A{n:03}" not in behind), "B"]
    assert await world.pending() == (len(behind), 0)
    assert (await world.record_one(purchase("C", "M3"))).state == PENDING
    world.tier.poison.clear()
    await world.redriver.run_once(0)
    assert world.tier.order[-8:] == [*behind, "C"]
    assert await world.broken_promises() == []


async def test_what_tier_refuses_lets_those_behind_it_go_on(world: World) -> None:
    await world.tier.stop()
    await world.record(purchase("T1"))
    world.tier.refusals["M1"] = tier_errors.TIER_REASON_PROPERTY_UNKNOWN
    await world.tier_returns()
    await world.redriver.run_once(0)
    world.tier.refusals.clear()
    assert (await world.record_one(purchase("T2"))).state == POSTED
    assert (await world.record_one(purchase("T1"))).state == POSTED
    assert world.tier.order == ["T2", "T1"]


async def test_an_id_that_was_refused_and_is_accepted_anew_stands_behind_what_came_before(
    world: World,
) -> None:
    await world.tier.stop()
    await world.record(purchase("T1", "M2"))
    world.tier.refusals["M2"] = tier_errors.TIER_REASON_MEMBER_UNKNOWN
    await world.tier_returns()
    await world.redriver.run_once(0)
    await world.tier.stop()
    await world.record(purchase("T2"))
    await world.record(purchase("T1"))
    await world.tier_returns()
    await world.redriver.run_once(0)
    assert world.tier.order == ["T2", "T1"]


async def test_levels_and_points_of_a_life_do_not_tell_that_the_real_tier_was_away(
    world_with_tier: World,
) -> None:
    world = world_with_tier
    life = [(100_000, 4), (199_999, 3), (1, 1), (600_000, 7), (100_001, 5), (10_000, 9), (10_000, 1)]

    def bought(member_id: str, number: int) -> purchase_pb2.Purchase:
        service_minor, treatments = life[number]
        return purchase(f"{member_id}-{number}", member_id, service_minor, treatments=treatments)

    for number in range(len(life)):
        await world.record_one(bought("NEVER", number))
    await world.record_one(bought("AWAY", 0))
    await world.tier.stop()
    await world.record(bought("AWAY", 1), bought("AWAY", 2), bought("AWAY", 3))
    await world.record_one(bought("AWAY", 4))
    await world.tier_returns()
    assert (await world.record_one(bought("AWAY", 5))).state == PENDING
    await world.redriver.run_once(0)
    await world.record_one(bought("AWAY", 6))
    told = [
        [await world.record_one(bought(member, n)) for n in range(len(life))] for member in ("NEVER", "AWAY")
    ]
    assert told[0] == told[1]
    assert {receipt.level for receipt in told[0]} == {"crystal", "sapphire", "platinum"}
