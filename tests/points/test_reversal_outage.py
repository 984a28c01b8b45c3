"""Refunds that are accepted and not yet posted: while Tier is away, and after a crash at each step."""

import asyncio

import grpc
import sqlalchemy as sa

from carat.points.v1 import points_service_pb2 as pb
from carat.points.v1 import purchase_pb2
from carat.tier.v1 import errors_pb2 as tier_errors
from services.points.recording.reversal_acceptance import accept_credit_notes, accept_reversals
from services.points.refusals import Reason
from services.points.reversal_columns import Reversals, ReversalState
from services.points.servicer.reversal_messages import notes_of, refunds_of
from services.points.tables import REVERSAL
from tests.points.refunding import credit, note, refund, reverse, reverse_one, taken
from tests.points.world import World, purchase

PENDING = purchase_pb2.PURCHASE_STATE_PENDING
POSTED = purchase_pb2.PURCHASE_STATE_POSTED


async def pending_reversals(world: World) -> tuple[int, int]:
    counts = await world.points.CountPending(pb.CountPendingRequest())
    return counts.pending_reversals, counts.refused


async def test_a_refund_is_accepted_while_tier_is_away_and_posted_when_it_is_back(world: World) -> None:
    await world.record(purchase())
    await world.tier.stop()
    receipt = await reverse_one(world, refund())
    assert (receipt.state, receipt.points, receipt.amounts.service_minor) == (PENDING, 0, 10_000)
    assert await pending_reversals(world) == (1, 0)
    assert await world.redriver.run_once(0) is True
    await world.tier_returns()
    assert await world.redriver.run_once(0) is False
    assert await pending_reversals(world) == (0, 0)
    assert await world.balance() == 0
    again = await reverse_one(world, refund())
    assert (again.state, again.points, again.replayed) == (POSTED, 100, True)
    assert await world.broken_promises() == []


async def test_a_pending_refund_leaves_no_more_than_the_rest_to_others(world: World) -> None:
    await world.record(purchase())
    await world.tier.stop()
    [accepted] = await reverse(world, refund("T1", "R1", service_minor=6_000))
    [exceeding] = await reverse(world, refund("T1", "R2", service_minor=6_000))
    [rest] = await reverse(world, refund("T1", "R3"))
    assert (accepted.receipt.state, exceeding.reason) == (PENDING, Reason.REVERSAL_ABOVE_ORIGINAL)
    assert rest.receipt.amounts.service_minor == 4_000
    await world.tier_returns()
    await world.redriver.run_once(0)
    assert await world.balance() == 0
    assert world.tier.order == ["T1", "R1", "R3"]


async def test_a_repeated_call_drives_its_refund_on(world: World) -> None:
    await world.record(purchase())
    await world.tier.stop()
    await reverse_one(world, refund())
    await world.tier_returns()
    assert (await reverse_one(world, refund())).state == POSTED
    assert await pending_reversals(world) == (0, 0)


async def test_a_tier_that_fails_is_a_tier_that_is_away(world: World) -> None:
    await world.record(purchase())
    world.tier.failure = grpc.StatusCode.INTERNAL
    assert (await reverse_one(world, refund())).state == PENDING
    world.tier.failure = None
    await world.redriver.run_once(0)
    assert await world.balance() == 0


async def test_a_refund_on_which_tier_always_fails_holds_up_no_other(world: World) -> None:
    await world.record(*(purchase(f"T{n}", "M1") for n in range(20)))
    world.tier.poison.add("R-T7")
    await reverse(world, *(refund(f"T{n}") for n in range(20)))
    assert await pending_reversals(world) == (20, 0)
    assert await world.redriver.run_once(0) is False
    assert await pending_reversals(world) == (1, 0)
    assert await world.balance() == 100
    world.tier.poison.clear()
    await world.redriver.run_once(0)
    assert await world.balance() == 0
    assert await world.broken_promises() == []


async def test_a_refund_of_a_purchase_that_waits_is_refused_for_now(world: World) -> None:
    await world.tier.stop()
    await world.record(purchase())
    [result] = await reverse(world, refund())
    assert result.reason == Reason.PURCHASE_PENDING
    await world.tier_returns()
    await world.redriver.run_once(0)
    assert (await reverse_one(world, refund())).points == 100


async def test_what_tier_refuses_after_it_was_answered_as_pending_stays_visible(world: World) -> None:
    await world.record(purchase())
    await world.tier.stop()
    await reverse_one(world, refund())
    world.tier.refusals["T1"] = tier_errors.TIER_REASON_ACTIVITY_UNKNOWN
    await world.tier_returns()
    await world.redriver.run_once(0)
    assert await pending_reversals(world) == (0, 1)
    with world.database.engine.connect() as connection:
        kept = connection.execute(sa.select(REVERSAL.c.state, REVERSAL.c.refused_reason)).all()
    assert kept == [(ReversalState.REFUSED, Reason.PURCHASE_UNKNOWN)]
    assert await world.balance() == 100


async def test_a_refused_refund_holds_neither_its_id_nor_any_part_of_the_purchase(world: World) -> None:
    await world.record(purchase())
    await world.tier.stop()
    await reverse_one(world, refund())
    world.tier.refusals["T1"] = tier_errors.TIER_REASON_ACTIVITY_UNKNOWN
    await world.tier_returns()
    await world.redriver.run_once(0)
    world.tier.refusals.clear()
    assert (await reverse_one(world, refund("T1", "R-T1", service_minor=6_000))).points == 60
    assert await pending_reversals(world) == (0, 0)


async def test_one_caller_who_is_told_a_refusal_does_not_take_the_refund_from_another(world: World) -> None:
    await world.record(purchase())
    accepted = world.reverser.accept(refunds_of([refund()]), accept_reversals)
    assert accepted.pending is not None
    world.tier.refusals["T1"] = tier_errors.TIER_REASON_DATE_MUST_NOT_BE_IN_FUTURE
    [refused] = await reverse(world, refund())
    assert refused.reason == Reason.OCCURRED_AT_MUST_NOT_BE_IN_FUTURE
    assert await pending_reversals(world) == (1, 0)
    world.tier.refusals.clear()
    await world.redriver.run_once(0)
    assert await world.balance() == 0


async def finish(world: World) -> None:
    await world.redriver.run_once(0)
    assert await world.balance() == 0
    assert await pending_reversals(world) == (0, 0)
    assert len(world.tier.reversed) == 1
    assert (await reverse_one(world, refund())).replayed
    assert await world.broken_promises() == []


async def accepted(world: World) -> Reversals:
    """A refund of everything, accepted and no more."""
    await world.record(purchase())
    pending = world.reverser.accept(refunds_of([refund()]), accept_reversals).pending
    assert pending is not None
    return pending


async def test_a_crash_after_acceptance_leaves_one_effect(world: World) -> None:
    await accepted(world)
    await finish(world)


async def test_a_crash_after_tier_has_answered_leaves_one_effect(world: World) -> None:
    await world.reverser.ask(await accepted(world))
    await finish(world)


async def test_a_crash_after_posting_leaves_one_effect(world: World) -> None:
    pending = await accepted(world)
    world.reverser.settle(pending, await world.reverser.ask(pending), told=True)
    await finish(world)


async def test_posting_twice_has_one_effect(world: World) -> None:
    pending = await accepted(world)
    answers = await world.reverser.ask(pending)
    world.reverser.settle(pending, answers, told=True)
    world.reverser.settle(pending, answers, told=False)
    await finish(world)


async def test_what_is_younger_than_the_age_asked_for_is_left_to_its_caller(world: World) -> None:
    await accepted(world)
    await world.redriver.run_once(60)
    assert await pending_reversals(world) == (1, 0)


async def test_a_redriver_and_a_caller_at_once_have_one_effect(world: World) -> None:
    await world.record(*(purchase(f"T{n}", f"M{n % 5}") for n in range(100)))
    await world.tier.stop()
    refunds = [refund(f"T{n}") for n in range(100)]
    await reverse(world, *refunds)
    await world.tier_returns()
    await asyncio.gather(
        world.redriver.run_once(0),
        world.redriver.run_once(0),
        reverse(world, *refunds[::-1]),
    )
    assert [await world.balance(f"M{n}") for n in range(5)] == [0] * 5
    assert await pending_reversals(world) == (0, 0)
    assert await world.broken_promises() == []


async def test_a_credit_note_waits_whole_and_is_posted_whole(world: World) -> None:
    await world.record(purchase("T1"), purchase("T2"))
    await world.tier.stop()
    [waiting] = await credit(world, note(service_minor=15_000))
    assert [receipt.state for receipt in waiting.receipts] == [PENDING, PENDING]
    await world.tier_returns()
    await world.redriver.run_once(0)
    [again] = await credit(world, note(service_minor=15_000))
    assert [(receipt.state, receipt.replayed) for receipt in again.receipts] == [(POSTED, True)] * 2
    assert await world.balance() == 50


async def test_a_crash_between_the_parts_of_a_credit_note_leaves_all_of_them(world: World) -> None:
    await world.record(purchase("T1"), purchase("T2"))
    pending = world.reverser.accept(notes_of([note(service_minor=15_000)]), accept_credit_notes).pending
    assert pending is not None
    await world.reverser.ask(pending)
    [again] = await credit(world, note(service_minor=15_000))
    assert taken([again]) == [[("T2", 10_000), ("T1", 5_000)]]
    assert await world.balance() == 50
    assert len(world.tier.reversed) == 2


async def test_a_credit_note_of_a_member_whose_purchase_waits_is_refused_for_now(world: World) -> None:
    await world.record(purchase("T1"))
    await world.tier.stop()
    await world.record(purchase("T2"))
    [result] = await credit(world, note(service_minor=5_000))
    assert result.reason == Reason.PURCHASE_PENDING
    await world.tier_returns()
    await world.redriver.run_once(0)
    assert taken(await credit(world, note(service_minor=5_000))) == [[("T2", 5_000)]]
