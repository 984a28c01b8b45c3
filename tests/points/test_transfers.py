"""Points moved between members: both sides at once, the oldest first, with the age that they had."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from carat.points.v1 import entry_pb2, policy_pb2, pool_pb2
from services.points.refusals import Reason
from services.runtime.database import Database
from tests.points.acts import (
    ages,
    brought,
    earned,
    enrolled,
    entries,
    expiry_after_earning,
    held,
    marked,
    member,
    opening,
    policy,
    pool,
    refused,
    total,
    transferred,
)
from tests.points.world import World, purchase

MAY, JUNE = date(2026, 5, 20), date(2026, 6, 20)
WORTH = policy_pb2.Redeeming(points=1, value_minor=1)


@pytest.fixture
async def world(bare_world: World) -> World:
    """M1 and M2 are enrolled; points expire a year after they were earned."""
    await bare_world.apply(policy(expiry=expiry_after_earning(12), redeeming=WORTH))
    await enrolled(bare_world, "M1", "M2")
    return bare_world


async def test_points_go_from_one_member_to_another(world: World) -> None:
    await brought(world, opening("B1", 100, JUNE))
    answer = await transferred(world, member("M1"), member("M2"), 60)
    assert (answer.from_balance, answer.to_balance, answer.replayed) == (40, 60, False)
    [_, out] = await entries(world, "M1")
    [into] = await entries(world, "M2")
    assert (out.kind, out.transaction_id, out.related_id) == (entry_pb2.ENTRY_KIND_TRANSFER_OUT, "X1", "M2")
    assert (into.kind, into.related_id) == (entry_pb2.ENTRY_KIND_TRANSFER_IN, "M1")
    assert into.transaction_id == "transfer-in 1 X1"
    assert await world.broken_promises() == []


async def test_the_oldest_points_go_first_and_keep_their_age(world: World) -> None:
    await brought(world, opening("B1", 100, JUNE), opening("B2", 50, MAY))
    await transferred(world, member("M1"), member("M2"), 80)
    assert ages(await entries(world, "M2")) == [("2026-05-20", 50), ("2026-06-20", 30)]


async def test_moving_points_there_and_back_makes_them_no_younger(world: World) -> None:
    await brought(world, opening("B1", 100, MAY))
    await transferred(world, member("M1"), member("M2"), 100)
    await transferred(world, member("M2"), member("M1"), 100, transfer_id="X2")
    assert ages(await entries(world, "M1")) == [("2026-05-20", 100), ("", -100), ("2026-05-20", 100)]


async def test_an_overdue_point_is_expired_before_anything_moves(world: World) -> None:
    await brought(world, opening("B1", 100, date(2025, 7, 15)), opening("B2", 40, MAY))
    await transferred(world, member("M1"), member("M2"), 40)
    assert ages(await entries(world, "M2")) == [("2026-05-20", 40)]
    assert [entry.points for entry in await entries(world)] == [100, 40, -100, -40]
    told = await refused(
        world, transferred(world, member("M1"), member("M2"), 1, transfer_id="X2"), Reason.BALANCE_TOO_LOW
    )
    assert told["available"] == "0"


async def test_a_transfer_has_one_effect_and_tells_the_balances_of_now(world: World) -> None:
    await brought(world, opening("B1", 100, JUNE))
    await transferred(world, member("M1"), member("M2"), 60)
    await brought(world, opening("B2", 5, JUNE))
    again = await transferred(world, member("M1"), member("M2"), 60)
    assert (again.from_balance, again.to_balance, again.replayed) == (45, 60, True)


async def test_transferred_points_were_earned_by_nobody(world: World) -> None:
    await world.record_one(purchase(service_minor=10_000))
    await transferred(world, member("M1"), member("M2"), 100)
    assert [await earned(world, name) for name in ("M1", "M2")] == [100, 0]


async def test_maturing_points_stay_and_may_not_be_reached_by_moving_others(world: World) -> None:
    await world.apply(policy(expiry=expiry_after_earning(12), holding_days=7))
    await world.record_one(purchase(service_minor=30_000))
    await brought(world, opening("B1", 100))
    await transferred(world, member("M1"), member("M2"), 100)
    more = transferred(world, member("M1"), member("M2"), 1, transfer_id="X2")
    assert (await refused(world, more, Reason.BALANCE_TOO_LOW))["available"] == "0"


async def test_held_points_stay(world: World) -> None:
    await brought(world, opening("B1", 100, JUNE))
    await held(world, 70)
    told = await refused(world, transferred(world, member("M1"), member("M2"), 31), Reason.BALANCE_TOO_LOW)
    assert told["available"] == "30"
    assert (await transferred(world, member("M1"), member("M2"), 30)).from_balance == 70


async def test_a_hold_makes_no_point_younger(world: World) -> None:
    await brought(world, opening("B1", 100, MAY), opening("B2", 100, JUNE))
    await held(world, 100)
    await transferred(world, member("M1"), member("M2"), 100)
    assert ages(await entries(world, "M2")) == [("2026-05-20", 100)]


WRONG: list[tuple[dict[str, Any], Reason]] = [
    ({"transfer_id": ""}, Reason.TRANSACTION_ID_MUST_BE_PRINTABLE),
    ({"giver": pool_pb2.Holder()}, Reason.MEMBER_ID_MUST_BE_PRINTABLE),
    ({"taker": pool_pb2.Holder()}, Reason.MEMBER_ID_MUST_BE_PRINTABLE),
    ({"taker": pool_pb2.Holder(member_id="M2", pool_id="P1")}, Reason.MEMBER_ID_MUST_BE_PRINTABLE),
    ({"giver": member("a b")}, Reason.MEMBER_ID_MUST_BE_PRINTABLE),
    ({"on_behalf_of": "a b"}, Reason.MEMBER_ID_MUST_BE_PRINTABLE),
    ({"giver": member("nobody")}, Reason.MEMBER_UNKNOWN),
    ({"taker": member("nobody")}, Reason.MEMBER_UNKNOWN),
    ({"points": 10**12 + 1}, Reason.POINTS_ABOVE_LIMIT),
    ({"points": 0}, Reason.POINTS_MUST_BE_POSITIVE),
    ({"points": -1}, Reason.POINTS_MUST_BE_POSITIVE),
    ({"points": 101}, Reason.BALANCE_TOO_LOW),
    ({"taker": member("M1")}, Reason.TRANSFER_TO_ITSELF),
    ({"giver": pool("P1")}, Reason.POOL_UNKNOWN),
    ({"taker": pool("P1")}, Reason.POOL_UNKNOWN),
    ({"taker": pool("P 1")}, Reason.POOL_ID_MUST_BE_PRINTABLE),
    ({"on_behalf_of": "M2"}, Reason.POOL_MEMBERSHIP_REQUIRED),
    ({"transfer_id": "B1"}, Reason.TRANSACTION_ID_REUSED),
]


@pytest.mark.parametrize(("wrong", "reason"), WRONG)
async def test_a_wrong_transfer_changes_nothing(world: World, wrong: dict[str, Any], reason: Reason) -> None:
    await brought(world, opening("B1", 100, JUNE))
    right: dict[str, Any] = {"giver": member("M1"), "taker": member("M2"), "points": 1}
    await refused(world, transferred(world, **(right | wrong)), reason)


async def test_an_id_stands_for_one_transfer(world: World) -> None:
    await brought(world, opening("B1", 100, JUNE))
    await transferred(world, member("M1"), member("M2"), 60)
    await refused(world, transferred(world, member("M1"), member("M2"), 40), Reason.TRANSACTION_ID_REUSED)
    await refused(world, transferred(world, member("M2"), member("M1"), 60), Reason.TRANSACTION_ID_REUSED)


@pytest.mark.parametrize("concerned", ["M1", "M2"])
async def test_records_given_up_and_erased_neither_give_nor_take(world: World, concerned: str) -> None:
    await brought(world, opening("B1", 100, JUNE))
    marked(world, concerned, merged_into="M3")
    told = await refused(world, transferred(world, member("M1"), member("M2"), 1), Reason.MEMBER_MERGED)
    assert told["member_id"] == concerned
    too_many = transferred(world, member("M1"), member("M2"), 10**12 + 1)
    await refused(world, too_many, Reason.POINTS_ABOVE_LIMIT)
    marked(world, concerned, merged_into="", erased=True)
    await refused(world, transferred(world, member("M1"), member("M2"), 1), Reason.MEMBER_ERASED)
    told = await refused(world, transferred(world, member("M1"), member("nobody"), 1), Reason.MEMBER_UNKNOWN)
    assert told["member_id"] == "nobody"


async def test_nobody_gets_a_balance_beyond_64_bits(world: World) -> None:
    await brought(world, opening("B1", 100, JUNE))
    marked(world, "M2", balance=2**63 - 1 - 10)
    await refused(world, transferred(world, member("M1"), member("M2"), 11), Reason.POINTS_ABOVE_LIMIT)
    assert (await transferred(world, member("M1"), member("M2"), 10)).to_balance == 2**63 - 1


async def test_nothing_is_moved_before_there_is_a_policy(bare_world: World) -> None:
    await refused(bare_world, transferred(bare_world, member("M1"), member("M2"), 1), Reason.POLICY_REQUIRED)


@contextmanager
def watched(database: Database, met: list[BaseException | None]) -> Iterator[None]:
    """Notes the errors that the database answers meanwhile, also those after which a transaction is tried again."""

    def note(context: sa.engine.ExceptionContext) -> None:
        met.append(context.original_exception)

    sa.event.listen(database.engine, "handle_error", note)
    yield
    sa.event.remove(database.engine, "handle_error", note)


async def test_opposite_transfers_at_once_all_come_through_and_lose_no_point(world: World) -> None:
    await enrolled(world, "M3")
    names = ("M1", "M2", "M3")
    await brought(world, *(opening(f"B{name}", 100, JUNE, member_id=name) for name in names))
    rounds = [
        transferred(world, member(giver), member(taker), 1, transfer_id=f"X{number}{giver}{taker}")
        for number in range(10)
        for giver in names
        for taker in names
        if giver != taker
    ]
    met: list[BaseException | None] = []
    with watched(world.database, met):
        await asyncio.gather(*rounds)
    assert not any(isinstance(error, psycopg.errors.DeadlockDetected) for error in met)
    assert [await world.balance(name) for name in names] == [100, 100, 100]
    assert total(world) == 300
    assert await world.broken_promises() == []


async def test_of_twenty_transfers_of_the_last_points_at_once_one_takes_place(world: World) -> None:
    await brought(world, opening("B1", 100, JUNE))
    tries = [transferred(world, member("M1"), member("M2"), 100, transfer_id=f"X{n}") for n in range(20)]
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(not isinstance(result, BaseException) for result in results) == 1
    assert (await world.balance("M1"), await world.balance("M2")) == (0, 100)


async def test_twenty_at_once_with_one_id_are_one_transfer(world: World) -> None:
    await brought(world, opening("B1", 100, JUNE))
    tries = (transferred(world, member("M1"), member("M2"), 10) for _ in range(20))
    results = await asyncio.gather(*tries)
    assert sorted(result.replayed for result in results) == [False] + [True] * 19
    assert (await world.balance("M1"), await world.balance("M2")) == (90, 10)


@pytest.mark.parametrize(
    ("changed", "kept"),
    [
        ({}, [("2026-06-20", 80)]),
        (
            {"expiry": policy_pb2.Expiry(mode=policy_pb2.EXPIRY_MODE_AFTER_INACTIVITY, months=12)},
            [("2026-05-20", 50), ("2026-06-20", 30)],
        ),
    ],
)
async def test_ages_are_kept_as_far_as_a_policy_asks_for_them(
    bare_world: World, changed: dict[str, Any], kept: list[tuple[str, int]]
) -> None:
    await bare_world.apply(policy(**changed))
    await enrolled(bare_world, "M1", "M2")
    await brought(bare_world, opening("B1", 100, JUNE), opening("B2", 50, MAY))
    await transferred(bare_world, member("M1"), member("M2"), 80)
    assert ages(await entries(bare_world, "M2")) == kept


async def test_points_kept_alive_by_purchases_live_on_with_who_buys_nothing(bare_world: World) -> None:
    await bare_world.apply(
        policy(expiry=policy_pb2.Expiry(mode=policy_pb2.EXPIRY_MODE_AFTER_INACTIVITY, months=12))
    )
    await enrolled(bare_world, "M2")
    await bare_world.record_one(purchase())
    await brought(bare_world, opening("B1", 500, date(2024, 1, 1)))
    await transferred(bare_world, member("M1"), member("M2"), 500)
    assert ages(await entries(bare_world, "M2")) == [("2026-07-15", 500)]
    assert (
        await transferred(bare_world, member("M2"), member("M1"), 500, transfer_id="X2")
    ).to_balance == 600
