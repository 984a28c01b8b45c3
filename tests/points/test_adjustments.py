"""Points added and taken by decision of staff: once for each id, within the program's limit, with actor and reason."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

from carat.points.v1 import entry_pb2, policy_pb2
from services.points.ledger_columns import EntryKind
from services.points.recording.earlier import Earlier, earlier
from services.points.recording.entries import NewEntry, lines_of
from services.points.refusals import Reason
from services.points.servicer.messages import purchases_of
from services.points.store.lines import record_lines
from services.points.store.policies import PolicyBook
from services.runtime.database import Database
from services.runtime.program_messages import day_to_proto
from tests.points.acts import (
    TODAY,
    adjusted,
    ages,
    brought,
    earned,
    enrolled,
    entries,
    held,
    marked,
    opening,
    policy,
    refused,
)
from tests.points.world import World, purchase

LIMIT = 10_000


@pytest.fixture
async def world(bare_world: World) -> World:
    """Staff may move 10,000 points at a time; M1 is enrolled."""
    redeeming = policy_pb2.Redeeming(points=100, value_minor=1_000)
    await bare_world.apply(policy(adjustment_limit=LIMIT, redeeming=redeeming))
    await enrolled(bare_world, "M1")
    return bare_world


async def test_staff_add_points_with_actor_and_reason(world: World) -> None:
    added = await adjusted(world, 50)
    [entry] = await entries(world)
    assert (entry.kind, entry.points) == (entry_pb2.ENTRY_KIND_ADJUSTMENT, 50)
    assert (entry.actor_id, entry.note) == ("anna", "spilt oil")
    assert (entry.occurred_on, entry.earned_on) == (day_to_proto(TODAY), day_to_proto(TODAY))
    assert (added.entry, added.replayed) == (entry, False)
    assert await world.balance() == 50
    assert await world.broken_promises() == []


async def test_staff_take_the_oldest_points(world: World) -> None:
    await adjusted(world, 50)
    await adjusted(world, -30, adjustment_id="A2")
    assert ages(await entries(world)) == [("2026-07-15", 50), ("", -30)]
    assert await world.balance() == 20


async def test_adjusted_points_were_never_earned(world: World) -> None:
    await adjusted(world, 50)
    assert (await world.balance(), await earned(world, "M1")) == (50, 0)


async def test_an_adjustment_has_one_effect_and_one_answer(world: World) -> None:
    first = await adjusted(world, 50)
    again = await adjusted(world, 50)
    assert (again.entry, again.replayed) == (first.entry, True)
    assert await world.balance() == 50


async def test_the_limit_itself_may_be_moved(world: World) -> None:
    await adjusted(world, LIMIT)
    await adjusted(world, -LIMIT, adjustment_id="A2")
    assert await world.balance() == 0


WRONG: list[tuple[dict[str, Any], Reason]] = [
    ({"adjustment_id": "A 1"}, Reason.TRANSACTION_ID_MUST_BE_PRINTABLE),
    ({"member_id": ""}, Reason.MEMBER_ID_MUST_BE_PRINTABLE),
    ({"member_id": "nobody"}, Reason.MEMBER_UNKNOWN),
    ({"member_id": "pool P1"}, Reason.MEMBER_ID_MUST_BE_PRINTABLE),
    ({"points": 10**12 + 1}, Reason.POINTS_ABOVE_LIMIT),
    ({"points": -(2**63)}, Reason.POINTS_ABOVE_LIMIT),
    ({"points": 0}, Reason.POINTS_MUST_NOT_BE_ZERO),
    ({"points": -101}, Reason.BALANCE_TOO_LOW),
    ({"actor_id": ""}, Reason.ACTOR_REQUIRED),
    ({"actor_id": "an na"}, Reason.ACTOR_REQUIRED),
    ({"note": ""}, Reason.NOTE_REQUIRED),
    ({"note": "   "}, Reason.NOTE_REQUIRED),
    ({"note": "x" * 201}, Reason.NOTE_REQUIRED),
    ({"points": LIMIT + 1}, Reason.ADJUSTMENT_ABOVE_LIMIT),
]


@pytest.mark.parametrize(("wrong", "reason"), WRONG)
async def test_a_wrong_adjustment_changes_nothing(
    world: World, wrong: dict[str, Any], reason: Reason
) -> None:
    await brought(world, opening("B1", 100))
    await refused(world, adjusted(world, **({"points": 1} | wrong)), reason)


async def test_a_refusal_tells_what_is_available_and_what_the_limit_is(world: World) -> None:
    await brought(world, opening("B1", 100))
    told = await refused(world, adjusted(world, -101), Reason.BALANCE_TOO_LOW)
    assert told == {"adjustment_id": "A1", "member_id": "M1", "available": "100"}
    told = await refused(world, adjusted(world, LIMIT + 1), Reason.ADJUSTMENT_ABOVE_LIMIT)
    assert told["adjustment_limit"] == str(LIMIT)


async def test_without_a_limit_staff_may_adjust_nothing(world: World) -> None:
    await world.apply(policy())
    told = await refused(world, adjusted(world, 1), Reason.ADJUSTMENT_ABOVE_LIMIT)
    assert told["adjustment_limit"] == "0"


async def test_nothing_is_adjusted_before_there_is_a_policy(bare_world: World) -> None:
    await refused(bare_world, adjusted(bare_world, 1), Reason.POLICY_REQUIRED)


@pytest.mark.parametrize("points", [1, -1])
async def test_records_given_up_and_erased_are_left_as_they_are(world: World, points: int) -> None:
    await brought(world, opening("B1", 100))
    marked(world, "M1", merged_into="M2")
    await refused(world, adjusted(world, points), Reason.MEMBER_MERGED)
    await refused(world, adjusted(world, points * 10**13), Reason.POINTS_ABOVE_LIMIT)
    marked(world, "M1", merged_into="", erased=True)
    await refused(world, adjusted(world, points), Reason.MEMBER_ERASED)


async def test_held_and_maturing_points_cannot_be_taken(world: World) -> None:
    await world.apply(
        policy(
            adjustment_limit=LIMIT, holding_days=7, redeeming=policy_pb2.Redeeming(points=1, value_minor=1)
        )
    )
    await brought(world, opening("B1", 100))
    await world.record_one(purchase(service_minor=50_000))
    await held(world, 40)
    told = await refused(world, adjusted(world, -61), Reason.BALANCE_TOO_LOW)
    assert told["available"] == "60"
    await adjusted(world, -60)
    assert await world.balance() == 540


async def test_what_is_taken_does_not_make_maturing_points_spendable(world: World) -> None:
    await world.apply(policy(adjustment_limit=LIMIT, holding_days=7))
    await world.record_one(purchase(service_minor=50_000))
    await adjusted(world, 100)
    await adjusted(world, -100, adjustment_id="A2")
    told = await refused(world, adjusted(world, -1, adjustment_id="A3"), Reason.BALANCE_TOO_LOW)
    assert told["available"] == "0"


async def test_a_balance_does_not_pass_the_limit_of_64_bits(world: World) -> None:
    await brought(world, opening("B1", 100))
    marked(world, "M1", balance=2**63 - 1 - 10)
    await refused(world, adjusted(world, 11), Reason.POINTS_ABOVE_LIMIT)
    await adjusted(world, 10)
    assert await world.balance() == 2**63 - 1


async def test_an_id_is_one_acts_for_ever(world: World) -> None:
    await world.record_one(purchase("T1"))
    await brought(world, opening("B1", 100))
    await adjusted(world, 50)
    for taken in ("T1", "B1", "A1"):
        wrong = adjusted(world, 51, adjustment_id=taken)
        await refused(world, wrong, Reason.TRANSACTION_ID_REUSED)
    [result] = await world.record(purchase("A1"))
    assert result.reason == Reason.TRANSACTION_ID_REUSED


async def test_an_id_that_a_pending_purchase_or_a_hold_has_is_taken(world: World) -> None:
    await brought(world, opening("B1", 1_000))
    await held(world, 100, "R1")
    await world.tier.stop()
    await world.record_one(purchase("T1"))
    for taken in ("T1", "R1"):
        await refused(world, adjusted(world, 1, adjustment_id=taken), Reason.TRANSACTION_ID_REUSED)


async def test_of_twenty_that_take_the_last_points_at_once_one_does(world: World) -> None:
    await brought(world, opening("B1", 100))
    tries = [adjusted(world, -100, adjustment_id=f"A{number}") for number in range(20)]
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(not isinstance(result, BaseException) for result in results) == 1
    assert await world.balance() == 0


async def test_twenty_at_once_with_one_id_have_one_effect(world: World) -> None:
    results = await asyncio.gather(*(adjusted(world, 10) for _ in range(20)))
    assert sorted(result.replayed for result in results) == [False] + [True] * 19
    assert await world.balance() == 10


async def test_a_purchase_waits_for_an_adjustment_of_the_same_id_under_way(world: World) -> None:
    await brought(world, opening("B1", 100))
    entry = NewEntry("C1", EntryKind.ADJUSTMENT, "M1", 1, occurred_on=0, lot_on=0)
    with world.database.engine.connect() as connection, ThreadPoolExecutor() as other:
        current = PolicyBook().current(connection)
        assert current is not None
        assert earlier(connection, "C1", EntryKind.ADJUSTMENT, b"one") is Earlier.NONE
        record_lines(connection, lines_of([entry], current))
        accepting = other.submit(world.recorder.accept, purchases_of([purchase("C1")]))
        while not accepting.done() and not is_somebody_waiting(world.database):
            pass
        assert not accepting.done()
        connection.commit()
        accepted = accepting.result()
    assert accepted.receipts.reason.tolist() == [Reason.TRANSACTION_ID_REUSED]
    assert await world.pending() == (0, 0)


async def test_of_purchases_and_adjustments_with_one_id_at_once_one_takes_it(world: World) -> None:
    for number in range(20):
        name = f"C{number}"
        results = await asyncio.gather(
            world.record_one(purchase(name)), adjusted(world, 1, adjustment_id=name), return_exceptions=True
        )
        assert sum(isinstance(result, BaseException) for result in results) == 1
    assert await world.pending() == (0, 0)
    assert len(await entries(world)) == 20
    assert await world.broken_promises() == []


def is_somebody_waiting(database: Database) -> bool:
    with database.engine.connect() as connection:
        waiting = sa.text("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        return bool(connection.scalar(waiting))
