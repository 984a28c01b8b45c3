"""Expired points given back by staff: once, within the program's days, as new points (DECISIONS, Meanings 27)."""

import asyncio
from datetime import date, timedelta
from typing import Any

import grpc
import pytest

from carat.points.v1 import adjustment_pb2, entry_pb2, policy_pb2
from carat.points.v1 import points_service_pb2 as pb
from services.points.refusals import Reason
from services.points.rules.limits import ACT_LIMIT
from services.points.rules.reinstatement import Expiration, decide_reinstatable
from services.runtime.program_messages import day_to_proto
from tests.points.acts import (
    TODAY,
    adjusted,
    ages,
    brought,
    enrolled,
    entries,
    expiry_after_earning,
    marked,
    opening,
    policy,
    refused,
)
from tests.points.world import World

A_YEAR_AGO = date(2025, 7, 15)
DAYS = 30


def with_days(days: int) -> policy_pb2.PointsPolicy:
    expiry = expiry_after_earning(12)
    expiry.reinstatement_days = days
    return policy(expiry=expiry, adjustment_limit=1_000)


@pytest.fixture
async def world(bare_world: World) -> World:
    """Points expire after a year, and may be given back for thirty days."""
    await bare_world.apply(with_days(DAYS))
    await enrolled(bare_world, "M1")
    return bare_world


async def reinstated(world: World, points: int = 0, **given: Any) -> adjustment_pb2.ReinstatePointsResponse:
    """Staff gives points of M1 back as "B1", all unless said otherwise."""
    said = {
        "reinstatement_id": "B1",
        "member_id": "M1",
        "actor_id": "anna",
        "note": "was in hospital",
        **given,
    }
    request = adjustment_pb2.ReinstatePointsRequest(points=points, **said)
    return await world.points.ReinstatePoints(request)


async def test_staff_give_back_what_has_expired_as_points_of_today(world: World) -> None:
    await brought(world, opening("O1", 100, A_YEAR_AGO))
    given = await reinstated(world)
    _, expired, back = await entries(world)
    assert (expired.kind, expired.points) == (entry_pb2.ENTRY_KIND_EXPIRATION, -100)
    assert (back.kind, back.points) == (entry_pb2.ENTRY_KIND_REINSTATEMENT, 100)
    assert (back.actor_id, back.note) == ("anna", "was in hospital")
    assert (back.occurred_on, back.earned_on) == (day_to_proto(TODAY), day_to_proto(TODAY))
    assert (given.entry, given.replayed) == (back, False)
    balance = await world.points.GetBalance(pb.GetBalanceRequest(member_id="M1"))
    assert (balance.balance, balance.next_expiry_on) == (100, day_to_proto(date(2027, 7, 15)))
    assert await world.broken_promises() == []


async def test_what_is_given_back_was_not_earned_again(world: World) -> None:
    await brought(world, opening("O1", 100, A_YEAR_AGO))
    before = (await world.points.GetBalance(pb.GetBalanceRequest(member_id="M1"))).lifetime_earned
    await reinstated(world)
    assert (await world.points.GetBalance(pb.GetBalanceRequest(member_id="M1"))).lifetime_earned == before


async def test_points_may_be_given_back_for_thirty_days_and_no_longer(world: World) -> None:
    tomorrow_a_year_ago = A_YEAR_AGO + timedelta(days=1)
    await brought(world, opening("O1", 40, A_YEAR_AGO), opening("O2", 60, tomorrow_a_year_ago))
    world.move_clock(timedelta(days=DAYS + 1))
    assert (await reinstated(world)).entry.points == 60
    world.move_clock(timedelta(days=1))
    told = await refused(world, reinstated(world, reinstatement_id="B2"), Reason.NOTHING_TO_REINSTATE)
    assert told["reinstatable"] == "0"


async def test_a_part_is_given_back_and_later_the_rest_and_never_more(world: World) -> None:
    await brought(world, opening("O1", 100, A_YEAR_AGO))
    assert (await reinstated(world, 30)).entry.points == 30
    told = await refused(world, reinstated(world, 71, reinstatement_id="B2"), Reason.NOTHING_TO_REINSTATE)
    assert told["reinstatable"] == "70"
    assert (await reinstated(world, reinstatement_id="B2")).entry.points == 70
    await refused(world, reinstated(world, reinstatement_id="B3"), Reason.NOTHING_TO_REINSTATE)
    assert await world.balance() == 100


async def test_points_that_expire_again_may_be_given_back_again(world: World) -> None:
    await brought(world, opening("O1", 100, A_YEAR_AGO))
    await reinstated(world)
    world.move_clock(timedelta(days=365))
    assert (await reinstated(world, reinstatement_id="B2")).entry.points == 100
    assert ages(await entries(world))[-2:] == [("", -100), ("2027-07-15", 100)]


async def test_a_reinstatement_repeated_gives_nothing_more(world: World) -> None:
    await brought(world, opening("O1", 100, A_YEAR_AGO))
    first, again = await reinstated(world), await reinstated(world)
    assert (again.entry, again.replayed) == (first.entry, True)
    assert await world.balance() == 100


async def test_two_members_of_staff_at_once_give_back_once(world: World) -> None:
    await brought(world, opening("O1", 100, A_YEAR_AGO))
    calls = [reinstated(world, reinstatement_id=f"B{number}") for number in range(6)]
    answers = await asyncio.gather(*calls, return_exceptions=True)
    assert sum(isinstance(answer, grpc.aio.AioRpcError) for answer in answers) == 5
    assert await world.balance() == 100


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"reinstatement_id": ""}, Reason.TRANSACTION_ID_MUST_BE_PRINTABLE),
        ({"member_id": "M 1"}, Reason.MEMBER_ID_MUST_BE_PRINTABLE),
        ({"member_id": "nobody"}, Reason.MEMBER_UNKNOWN),
        ({"points": -1}, Reason.POINTS_MUST_BE_POSITIVE),
        ({"points": 101}, Reason.NOTHING_TO_REINSTATE),
        ({"points": 10**12 + 1, "actor_id": ""}, Reason.POINTS_ABOVE_LIMIT),
        ({"actor_id": ""}, Reason.ACTOR_REQUIRED),
        ({"note": ""}, Reason.NOTE_REQUIRED),
        ({"reinstatement_id": "A1"}, Reason.TRANSACTION_ID_REUSED),
        ({"reinstatement_id": "O1"}, Reason.TRANSACTION_ID_REUSED),
    ],
)
async def test_what_may_not_be_given_back_is_refused_and_changes_nothing(
    world: World, given: dict[str, Any], reason: Reason
) -> None:
    await brought(world, opening("O1", 100, A_YEAR_AGO))
    await adjusted(world, 5)
    await refused(world, reinstated(world, **given), reason)


async def test_an_id_stands_for_one_reinstatement_for_ever(world: World) -> None:
    await brought(world, opening("O1", 100, A_YEAR_AGO))
    await reinstated(world, 10)
    await refused(world, reinstated(world, 20), Reason.TRANSACTION_ID_REUSED)
    await refused(world, reinstated(world, 10, note="another"), Reason.TRANSACTION_ID_REUSED)


@pytest.mark.parametrize(
    ("columns", "reason"),
    [({"merged_into": "M2"}, Reason.MEMBER_MERGED), ({"erased": True}, Reason.MEMBER_ERASED)],
)
async def test_a_record_that_was_given_up_gets_nothing_back(
    world: World, columns: dict[str, Any], reason: Reason
) -> None:
    await brought(world, opening("O1", 100, A_YEAR_AGO))
    marked(world, "M1", **columns)
    await refused(world, reinstated(world), reason)


async def test_a_program_without_such_days_gives_nothing_back(bare_world: World) -> None:
    await refused(bare_world, reinstated(bare_world), Reason.POLICY_REQUIRED)
    await bare_world.apply(with_days(0))
    await enrolled(bare_world, "M1")
    await brought(bare_world, opening("O1", 100, A_YEAR_AGO))
    await refused(bare_world, reinstated(bare_world), Reason.NOTHING_TO_REINSTATE)


async def test_one_act_gives_back_no_more_than_any_act_moves(world: World) -> None:
    await brought(world, opening("O1", ACT_LIMIT, A_YEAR_AGO), opening("O2", 1, A_YEAR_AGO))
    await refused(world, reinstated(world), Reason.POINTS_ABOVE_LIMIT)
    assert (await reinstated(world, ACT_LIMIT)).entry.points == ACT_LIMIT


async def test_no_more_is_given_back_than_there_is_room_for_below_64_bits(world: World) -> None:
    await brought(world, opening("O1", 100, A_YEAR_AGO))
    marked(world, "M1", lifetime_earned=2**63 - 1 - 99)
    await refused(world, reinstated(world), Reason.POINTS_ABOVE_LIMIT)
    assert (await reinstated(world, 99)).entry.points == 99


def test_what_was_given_back_had_expired_last() -> None:
    lost = [Expiration(0, 100), Expiration(20, 50), Expiration(20, -50), Expiration(25, 30)]
    assert decide_reinstatable(lost, 30, 25) == 130
    assert decide_reinstatable(lost, 30, 31) == 30
    assert decide_reinstatable([Expiration(0, 100), Expiration(10, -100), Expiration(25, 50)], 30, 40) == 50
