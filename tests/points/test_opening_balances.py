"""Points that members bring along from another system: posted once for each id, with the age that they have."""

import asyncio
from datetime import date

import pytest
from google.type import date_pb2

from carat.points.v1 import adjustment_pb2, entry_pb2
from services.points.refusals import Reason
from tests.points.acts import (
    TODAY,
    adjusted,
    ages,
    brought,
    earned,
    enrolled,
    entries,
    everything,
    expiry_after_earning,
    marked,
    opening,
    policy,
    refused,
)
from tests.points.world import World, purchase


@pytest.fixture
async def world(bare_world: World) -> World:
    """M1 and M2 are enrolled; points expire a year after they were earned."""
    await bare_world.apply(policy(expiry=expiry_after_earning(12), adjustment_limit=1_000))
    await enrolled(bare_world, "M1", "M2")
    return bare_world


async def test_points_are_brought_along_with_their_age(world: World) -> None:
    results = await brought(world, opening("B1", 100, date(2026, 1, 31)), opening("B2", 50))
    assert [(result.reason, result.replayed) for result in results] == [(0, False), (0, False)]
    listed = await entries(world)
    assert ages(listed) == [("2026-01-31", 100), ("2026-07-15", 50)]
    assert {entry.kind for entry in listed} == {entry_pb2.ENTRY_KIND_OPENING_BALANCE}
    assert {entry.occurred_on.day for entry in listed} == {15}
    assert await world.balance() == 150
    assert await world.broken_promises() == []


async def test_what_was_brought_along_was_not_earned_here(world: World) -> None:
    await brought(world, opening("B1", 100))
    assert (await world.balance(), await earned(world, "M1")) == (100, 0)


async def test_what_is_overdue_when_it_arrives_expires_as_any_other_points(world: World) -> None:
    await brought(world, opening("B1", 100, date(2025, 7, 15)), opening("B2", 50, date(2025, 7, 16)))
    await adjusted(world, -50)
    assert [entry.points for entry in await entries(world)] == [100, 50, -100, -50]


async def test_repeating_an_import_posts_nothing(world: World) -> None:
    balances = (opening("B1", 100, date(2026, 1, 31)), opening("B2", 50))
    await brought(world, *balances)
    before = everything(world)
    again = await brought(world, *balances)
    assert [(result.reason, result.replayed) for result in again] == [(0, True), (0, True)]
    assert everything(world) == before


NO_DAY = adjustment_pb2.OpeningBalance(
    transaction_id="B9", member_id="M1", points=1, earned_on=date_pb2.Date(year=2026, month=2, day=30)
)
WRONG = [
    (opening("", 1), Reason.TRANSACTION_ID_MUST_BE_PRINTABLE),
    (opening("B 9", 1), Reason.TRANSACTION_ID_MUST_BE_PRINTABLE),
    (opening("B9", 1, member_id="M 1"), Reason.MEMBER_ID_MUST_BE_PRINTABLE),
    (opening("first", 1), Reason.DUPLICATE_IN_BATCH),
    (opening("T1", 1), Reason.TRANSACTION_ID_REUSED),
    (opening("B9", 1, member_id="nobody"), Reason.MEMBER_UNKNOWN),
    (opening("B9", 10**12 + 1), Reason.POINTS_ABOVE_LIMIT),
    (opening("B9", 0), Reason.POINTS_MUST_BE_POSITIVE),
    (opening("B9", -1), Reason.POINTS_MUST_BE_POSITIVE),
    (NO_DAY, Reason.DATE_MUST_BE_VALID),
    (opening("B9", 1, date(1969, 12, 31)), Reason.DATE_MUST_BE_VALID),
    (opening("B9", 1, date(1, 1, 1)), Reason.DATE_MUST_BE_VALID),
    (opening("B9", 1, date(2026, 7, 16)), Reason.DATE_MUST_NOT_BE_IN_FUTURE),
    (opening("B9", 1, date(9999, 12, 31)), Reason.DATE_MUST_NOT_BE_IN_FUTURE),
]


@pytest.mark.parametrize(("wrong", "reason"), WRONG)
async def test_a_wrong_balance_is_refused_and_its_neighbours_are_not(
    world: World, wrong: adjustment_pb2.OpeningBalance, reason: Reason
) -> None:
    await world.record_one(purchase("T1", "M2"))
    results = await brought(world, opening("first", 1), wrong, opening("last", 2))
    assert [result.reason for result in results] == [0, reason, 0]
    assert await world.balance() == 3
    before = everything(world)
    if reason is not Reason.DUPLICATE_IN_BATCH:
        assert [result.reason for result in await brought(world, wrong)] == [reason]
    assert everything(world) == before


async def test_the_days_at_the_ends_may_be_brought(world: World) -> None:
    results = await brought(world, opening("B1", 10**12, date(1970, 1, 1)), opening("B2", 1, TODAY))
    assert [result.reason for result in results] == [0, 0]


async def test_an_id_is_one_balances_for_ever(world: World) -> None:
    await brought(world, opening("B1", 100))
    for other in (opening("B1", 101), opening("B1", 100, TODAY), opening("B1", 100, member_id="M2")):
        [result] = await brought(world, other)
        assert result.reason == Reason.TRANSACTION_ID_REUSED
    [result] = await world.record(purchase("B1"))
    assert result.reason == Reason.TRANSACTION_ID_REUSED
    assert (await world.balance("M1"), await world.balance("M2")) == (100, 0)


async def test_records_given_up_and_erased_get_none(world: World) -> None:
    marked(world, "M1", merged_into="M3")
    marked(world, "M2", erased=True)
    results = await brought(world, opening("B1", 1), opening("B2", 1, member_id="M2"))
    assert [result.reason for result in results] == [Reason.MEMBER_MERGED, Reason.MEMBER_ERASED]
    assert everything(world)["entry"] == []


async def test_balances_of_one_member_use_up_the_room_below_64_bits_in_their_order(world: World) -> None:
    marked(world, "M1", balance=2**63 - 1 - 10)
    balances = [opening(f"B{points}", points) for points in (7, 4, 3, 1)]
    results = await brought(world, *balances, opening("B0", 5, member_id="M2"))
    assert [result.reason for result in results] == [
        0, Reason.POINTS_ABOVE_LIMIT, 0, Reason.POINTS_ABOVE_LIMIT, 0,
    ]  # fmt: skip
    assert (await world.balance("M1"), await world.balance("M2")) == (2**63 - 1, 5)


async def test_a_thousand_balances_are_one_call_and_one_more_is_too_many(world: World) -> None:
    many = [opening(f"B{number}", 1) for number in range(1_001)]
    assert await refused(world, brought(world, *many), Reason.BATCH_TOO_LARGE) == {"balances": "1001"}
    assert {result.reason for result in await brought(world, *many[:1_000])} == {0}
    assert await world.balance() == 1_000
    assert await brought(world) == []


async def test_nothing_is_brought_before_there_is_a_policy(bare_world: World) -> None:
    await refused(bare_world, brought(bare_world, opening("B1", 1)), Reason.POLICY_REQUIRED)


async def test_imports_at_once_post_every_balance_once(world: World) -> None:
    balances = [opening(f"B{number}", 1, member_id=f"M{1 + number % 2}") for number in range(50)]
    calls = (brought(world, *order) for order in (balances, balances[::-1], balances, balances[::-1]))
    results = await asyncio.gather(*calls)
    assert {result.reason for call in results for result in call} == {0}
    assert sum(not result.replayed for call in results for result in call) == 50
    assert (await world.balance("M1"), await world.balance("M2")) == (25, 25)
