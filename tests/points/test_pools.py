"""Household pools: founded, joined, filled, spent and left; each member is in one at most."""

import asyncio
from datetime import date

import pytest

from carat.points.v1 import policy_pb2, pool_pb2, redemption_pb2
from services.points.ledger_columns import EntryKind
from services.points.recording.entries import NewEntry, lines_of
from services.points.refusals import Reason
from services.points.store.lines import record_lines
from services.points.store.policies import PolicyBook
from tests.points.acts import (
    ages,
    brought,
    enrolled,
    entries,
    expiry_after_earning,
    founded,
    held,
    joined,
    left,
    marked,
    member,
    opening,
    policy,
    pool,
    refused,
    seen,
    total,
    transferred,
)
from tests.points.world import World

MAY, JUNE = date(2026, 5, 20), date(2026, 6, 20)


@pytest.fixture
async def world(bare_world: World) -> World:
    """M1, M2 and M3 are enrolled; M1 has 100 points of June and 50 of May, which expire after a year."""
    redeeming = policy_pb2.Redeeming(points=1, value_minor=1)
    await bare_world.apply(policy(expiry=expiry_after_earning(12), redeeming=redeeming))
    await enrolled(bare_world, "M1", "M2", "M3")
    await brought(bare_world, opening("B1", 100, JUNE), opening("B2", 50, MAY))
    return bare_world


async def test_a_household_founds_a_pool_and_shares_points(world: World) -> None:
    assert list((await founded(world, "P1", "M1", "M2")).member_ids) == ["M1", "M2"]
    await transferred(world, member("M1"), pool("P1"), 80)
    assert await seen(world) == pool_pb2.Pool(pool_id="P1", member_ids=["M1", "M2"], balance=80, available=80)
    taken = await transferred(world, pool("P1"), member("M2"), 60, transfer_id="X2", on_behalf_of="M2")
    assert (taken.from_balance, taken.to_balance) == (20, 60)
    assert ages(await entries(world, "M2")) == [("2026-05-20", 50), ("2026-06-20", 10)]
    assert await world.broken_promises() == []


async def test_a_member_redeems_from_the_pool(world: World) -> None:
    await founded(world, "P1", "M1", "M2")
    await transferred(world, member("M1"), pool("P1"), 80)
    request = redemption_pb2.RedeemPointsRequest(redemption_id="R1", member_id="M2", pool_id="P1", points=30)
    await world.points.RedeemPoints(request)
    assert (await seen(world)).balance == 50


async def test_what_is_held_or_overdue_in_a_pool_is_not_available(world: World) -> None:
    await founded(world)
    await transferred(world, member("M1"), pool("P1"), 80)
    await held(world, 30, pool_id="P1")
    assert ((await seen(world)).balance, (await seen(world)).available) == (80, 50)
    more = transferred(world, pool("P1"), member("M1"), 51, transfer_id="X2", on_behalf_of="M1")
    assert (await refused(world, more, Reason.BALANCE_TOO_LOW))["available"] == "50"
    await world.apply(policy(expiry=expiry_after_earning(1)))
    assert (await seen(world)).available == 30


async def test_founding_and_joining_again_change_nothing(world: World) -> None:
    await founded(world)
    assert await founded(world) == await founded(world)
    await joined(world, "M2")
    assert list((await joined(world, "M2")).member_ids) == ["M1", "M2"]
    assert list((await founded(world)).member_ids) == ["M1", "M2"]


async def test_a_pool_id_is_one_households(world: World) -> None:
    await founded(world)
    await refused(world, founded(world, "P1", "M2"), Reason.POOL_EXISTS)
    await left(world, "M1")
    await refused(world, founded(world, "P1", "M2"), Reason.POOL_EXISTS)
    await refused(world, founded(world), Reason.POOL_EXISTS)


async def test_a_member_is_in_one_pool_at_most(world: World) -> None:
    await founded(world)
    await founded(world, "P2", "M2")
    await refused(world, founded(world, "P3", "M1"), Reason.POOL_MEMBERSHIP_TAKEN)
    await refused(world, joined(world, "M1", "P2"), Reason.POOL_MEMBERSHIP_TAKEN)
    await left(world, "M1")
    assert list((await joined(world, "M1", "P2")).member_ids) == ["M2", "M1"]


async def test_only_members_put_in_and_take_out(world: World) -> None:
    await founded(world, "P1", "M2")
    await refused(world, transferred(world, member("M1"), pool("P1"), 1), Reason.POOL_MEMBERSHIP_REQUIRED)
    await joined(world, "M1")
    await transferred(world, member("M1"), pool("P1"), 80)
    for somebody in ("", "M3"):
        out = transferred(world, pool("P1"), member("M3"), 1, transfer_id="X2", on_behalf_of=somebody)
        await refused(world, out, Reason.POOL_MEMBERSHIP_REQUIRED)


async def test_what_is_in_a_pool_is_not_told_to_others(world: World) -> None:
    await founded(world)
    for points in (1, 1_000):
        out = transferred(world, pool("P1"), member("M3"), points, on_behalf_of="M3")
        told = await refused(world, out, Reason.POOL_MEMBERSHIP_REQUIRED)
        assert "available" not in told


async def test_nobody_moves_points_from_one_pool_to_another(world: World) -> None:
    await founded(world)
    await founded(world, "P2", "M2")
    await transferred(world, member("M1"), pool("P1"), 80)
    for actor in ("M1", "M2"):
        moving = transferred(world, pool("P1"), pool("P2"), 1, transfer_id="X2", on_behalf_of=actor)
        await refused(world, moving, Reason.POOL_MEMBERSHIP_REQUIRED)
    itself = transferred(world, pool("P1"), pool("P1"), 1, transfer_id="X2", on_behalf_of="M1")
    await refused(world, itself, Reason.TRANSFER_TO_ITSELF)


async def test_who_leaves_a_pool_leaves_its_points(world: World) -> None:
    await founded(world, "P1", "M1", "M2")
    await transferred(world, member("M1"), pool("P1"), 80)
    gone = await left(world, "M1")
    assert (list(gone.pool.member_ids), gone.pool.balance, gone.points_taken_along) == (["M2"], 80, 0)
    out = transferred(world, pool("P1"), member("M1"), 1, transfer_id="X2", on_behalf_of="M1")
    await refused(world, out, Reason.POOL_MEMBERSHIP_REQUIRED)


async def test_the_last_takes_along_what_is_in_the_pool_with_its_age(world: World) -> None:
    await founded(world, "P1", "M1", "M2")
    await transferred(world, member("M1"), pool("P1"), 80)
    await left(world, "M1")
    gone = await left(world, "M2")
    assert (gone.pool, gone.points_taken_along) == (pool_pb2.Pool(pool_id="P1"), 80)
    assert ages(await entries(world, "M2")) == [("2026-05-20", 50), ("2026-06-20", 30)]
    await refused(world, seen(world), Reason.POOL_UNKNOWN)
    await refused(world, joined(world, "M3"), Reason.POOL_UNKNOWN)
    await refused(world, left(world, "M2"), Reason.POOL_UNKNOWN)
    assert total(world) == 150
    assert await world.broken_promises() == []


async def test_payments_that_hold_points_of_a_pool_are_given_up_when_the_last_leaves(world: World) -> None:
    await founded(world)
    await transferred(world, member("M1"), pool("P1"), 80)
    await held(world, 30, pool_id="P1")
    assert (await left(world, "M1")).points_taken_along == 80
    answer = await world.points.GetRedemption(redemption_pb2.GetRedemptionRequest(redemption_id="R1"))
    assert answer.redemption.state == redemption_pb2.REDEMPTION_STATE_CANCELLED
    late = world.points.CaptureRedemption(redemption_pb2.CaptureRedemptionRequest(redemption_id="R1"))
    await refused(world, late, Reason.HOLD_ENDED)
    assert await world.balance("M1") == 150


async def test_an_empty_pool_ends_without_an_entry(world: World) -> None:
    await founded(world, "P1", "M3")
    assert (await left(world, "M3")).points_taken_along == 0
    assert await entries(world, "M3") == []


async def test_what_a_pool_owes_goes_to_the_last_too(world: World) -> None:
    await founded(world, "P1", "M3")
    debt = NewEntry("a debt", EntryKind.PURCHASE_REVERSAL, "pool P1", -20, occurred_on=0)
    with world.database.engine.begin() as connection:
        current = PolicyBook().current(connection)
        assert current is not None
        record_lines(connection, lines_of([debt], current))
    assert (await left(world, "M3")).points_taken_along == -20
    assert await world.balance("M3") == -20


async def test_the_points_of_a_merged_member_who_leaves_last_go_to_the_other_record(world: World) -> None:
    await founded(world)
    await transferred(world, member("M1"), pool("P1"), 80)
    marked(world, "M1", merged_into="M2")
    assert (await left(world, "M1")).points_taken_along == 80
    assert await world.balance("M2") == 80


async def test_records_given_up_and_erased_join_no_pool(world: World) -> None:
    await founded(world, "P1", "M1", "M2")
    await refused(world, founded(world, "P2", "nobody"), Reason.MEMBER_UNKNOWN)
    await refused(world, joined(world, "nobody"), Reason.MEMBER_UNKNOWN)
    marked(world, "M3", merged_into="M1")
    await refused(world, founded(world, "P2", "M3"), Reason.MEMBER_MERGED)
    await refused(world, joined(world, "M3"), Reason.MEMBER_MERGED)
    marked(world, "M3", merged_into="", erased=True)
    await refused(world, founded(world, "P2", "M3"), Reason.MEMBER_ERASED)
    await refused(world, joined(world, "M3"), Reason.MEMBER_ERASED)
    await transferred(world, member("M1"), pool("P1"), 80)
    marked(world, "M2", erased=True)
    out = transferred(world, pool("P1"), member("M1"), 1, transfer_id="X2", on_behalf_of="M2")
    assert (await refused(world, out, Reason.MEMBER_ERASED))["member_id"] == "M2"


async def test_ids_must_be_printable_and_pools_must_be_there(world: World) -> None:
    await refused(world, founded(world, "P1", "M 1"), Reason.MEMBER_ID_MUST_BE_PRINTABLE)
    await founded(world)
    await refused(world, joined(world, "M 2"), Reason.MEMBER_ID_MUST_BE_PRINTABLE)
    await refused(world, left(world, "M 2"), Reason.MEMBER_ID_MUST_BE_PRINTABLE)
    await refused(world, left(world, "M2"), Reason.POOL_MEMBERSHIP_REQUIRED)
    await refused(world, seen(world, "P2"), Reason.POOL_UNKNOWN)
    await refused(world, joined(world, "M2", "P2"), Reason.POOL_UNKNOWN)
    await refused(world, left(world, "M2", "P2"), Reason.POOL_UNKNOWN)
    for no_id in ("P 1", "", "P" * 65, "P\x00"):
        await refused(world, founded(world, no_id, "M2"), Reason.POOL_ID_MUST_BE_PRINTABLE)
        await refused(world, seen(world, no_id), Reason.POOL_ID_MUST_BE_PRINTABLE)
        await refused(world, joined(world, "M2", no_id), Reason.POOL_ID_MUST_BE_PRINTABLE)
        await refused(world, left(world, "M2", no_id), Reason.POOL_ID_MUST_BE_PRINTABLE)


async def test_nothing_is_pooled_before_there_is_a_policy(bare_world: World) -> None:
    await refused(bare_world, founded(bare_world), Reason.POLICY_REQUIRED)


async def test_of_two_pools_that_take_in_one_member_at_once_one_does(world: World) -> None:
    await founded(world)
    await founded(world, "P2", "M2")
    for _ in range(10):
        tries = (joined(world, "M3", "P1"), joined(world, "M3", "P2"))
        results = await asyncio.gather(*tries, return_exceptions=True)
        [winner] = [result for result in results if isinstance(result, pool_pb2.Pool)]
        assert "M3" in winner.member_ids
        await left(world, "M3", winner.pool_id)


async def test_of_two_households_that_found_one_pool_at_once_one_does(world: World) -> None:
    for number in range(10):
        tries = (founded(world, f"P{number}", "M1"), founded(world, f"P{number}", "M2"))
        results = await asyncio.gather(*tries, return_exceptions=True)
        [winner] = [result for result in results if isinstance(result, pool_pb2.Pool)]
        await left(world, winner.member_ids[0], winner.pool_id)


async def test_whoever_leaves_last_takes_all_while_others_put_in(world: World) -> None:
    for number in range(10):
        name = f"P{number}"
        await founded(world, name, "M1")
        filling = [
            transferred(world, member("M1"), pool(name), 10, transfer_id=f"X{number}-{each}")
            for each in range(5)
        ]
        await asyncio.gather(*filling, left(world, "M1", name), return_exceptions=True)
        assert await world.balance("M1") == 150
    assert await world.broken_promises() == []
