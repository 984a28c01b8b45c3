"""Paying with points: held, taken, given up, given back (LuxeSpa, Points Redemption: 100 points are RM10)."""

from datetime import UTC, datetime, timedelta

import pytest
from google.type.date_pb2 import Date

from carat.points.v1 import entry_pb2, policy_pb2
from tests.points.acts import entries
from tests.points.redeeming import (
    authorise,
    balance_of,
    cancel,
    capture,
    earned,
    give_back,
    policy,
    redeem,
    refused,
    state_of,
)
from tests.points.refunding import refund, reverse
from tests.points.world import NOW, World, purchase


@pytest.fixture
async def world(bare_world: World) -> World:
    """A Points service in which M1 has 500 points."""
    await bare_world.apply(policy())
    await earned(bare_world, 500)
    return bare_world


async def test_a_hundred_points_are_ten_ringgit(world: World) -> None:
    paid = (await redeem(world, points=100)).redemption
    assert (paid.value_minor, paid.captured_value_minor) == (1_000, 1_000)
    assert (paid.captured_points, paid.occurred_on) == (100, Date(year=2026, month=7, day=15))
    assert await world.balance() == 400


async def test_a_redemption_is_one_entry_that_takes_from_the_oldest_points(world: World) -> None:
    await redeem(world, points=300)
    entry = (await entries(world))[-1]
    assert (entry.kind, entry.transaction_id, entry.points) == (entry_pb2.ENTRY_KIND_REDEMPTION, "R1", -300)
    assert not entry.HasField("earned_on")
    assert await world.broken_promises() == []


async def test_spending_takes_nothing_from_what_was_ever_earned(world: World) -> None:
    await redeem(world, points=300)
    await give_back(world)
    assert (await balance_of(world)).lifetime_earned == 500


async def test_held_points_are_in_the_balance_and_cannot_be_spent(world: World) -> None:
    held = (await authorise(world, points=300)).redemption
    assert held.expires_at.ToDatetime(UTC) == NOW + timedelta(minutes=30)
    balance = await balance_of(world)
    assert (balance.balance, balance.held, balance.available) == (500, 300, 200)
    assert balance.available_value_minor == 2_000
    assert [entry.points for entry in await entries(world)] == [500]


async def test_a_capture_takes_all_that_is_held_unless_told_fewer(world: World) -> None:
    await authorise(world, "R1", points=200)
    await authorise(world, "R2", points=300)
    assert (await capture(world, "R1")).redemption.captured_points == 200
    part = (await capture(world, "R2", points=100)).redemption
    assert (part.points, part.captured_points, part.captured_value_minor) == (300, 100, 1_000)
    balance = await balance_of(world)
    assert (balance.balance, balance.held, balance.available) == (200, 0, 200)


async def test_a_cancelled_hold_frees_its_points(world: World) -> None:
    await authorise(world, points=500)
    assert not (await cancel(world)).replayed
    assert await state_of(world) == "CANCELLED"
    assert (await balance_of(world)).available == 500
    assert (await redeem(world, "R2", points=500)).redemption.captured_points == 500


async def test_a_hold_ends_by_itself_and_frees_its_points(world: World) -> None:
    await authorise(world, points=500)
    world.move_clock(timedelta(minutes=29, seconds=59))
    assert (await state_of(world), (await balance_of(world)).available) == ("AUTHORISED", 0)
    world.move_clock(timedelta(seconds=1))
    assert (await state_of(world), (await balance_of(world)).available) == ("EXPIRED", 500)
    assert (await redeem(world, "R2", points=500)).redemption.captured_points == 500


async def test_a_hold_that_ended_by_itself_is_given_up_already(world: World) -> None:
    await authorise(world)
    world.move_clock(timedelta(minutes=30))
    assert (await cancel(world)).replayed
    assert await state_of(world) == "EXPIRED"


async def test_a_capture_within_the_hold_takes_points_that_would_have_expired_meanwhile(
    bare_world: World,
) -> None:
    expiry = policy_pb2.Expiry(mode="EXPIRY_MODE_AFTER_EARNING", months=1)
    await bare_world.apply(policy(expiry=expiry))
    await earned(bare_world, 500, occurred_at=datetime(2026, 6, 15, 16, 0, tzinfo=UTC))
    bare_world.move_clock(timedelta(hours=11, minutes=50))
    await authorise(bare_world, points=300)
    assert (await balance_of(bare_world)).next_expiry_points == 200
    bare_world.move_clock(timedelta(minutes=20))
    assert (await balance_of(bare_world)).available == 0
    assert (await capture(bare_world)).redemption.captured_points == 300
    kinds = [(entry.kind, entry.points) for entry in (await entries(bare_world))[1:]]
    assert kinds == [(entry_pb2.ENTRY_KIND_EXPIRATION, -200), (entry_pb2.ENTRY_KIND_REDEMPTION, -300)]
    assert await bare_world.balance() == 0


async def test_what_is_held_is_taken_even_if_a_refund_has_taken_it_meanwhile(world: World) -> None:
    await authorise(world, points=300)
    assert (await reverse(world, refund("earned-M1-500")))[0].reason == 0
    balance = await balance_of(world)
    assert (balance.balance, balance.held, balance.available) == (0, 300, 0)
    assert (await capture(world)).redemption.captured_points == 300
    assert (await balance_of(world)).balance == -300
    assert await world.broken_promises() == []
    assert (await refused(redeem(world, "R2", points=100)))[0] == "BALANCE_TOO_LOW"


async def test_the_value_is_that_of_the_authorisation_when_the_policy_changes_meanwhile(world: World) -> None:
    await authorise(world, "R1", points=300)
    dearer = policy_pb2.Redeeming(points=50, value_minor=100, step_points=50)
    await world.apply(policy(redeeming=dearer))
    assert (await capture(world, "R1", points=200)).redemption.captured_value_minor == 2_000
    assert (await redeem(world, "R2", points=150)).redemption.value_minor == 300


async def test_points_given_back_can_be_spent_again(world: World) -> None:
    await redeem(world, points=500)
    part = await give_back(world, "V1", points=200)
    assert (part.points, part.redemption.reversed_points) == (200, 200)
    rest = await give_back(world, "V2")
    assert (rest.points, rest.redemption.reversed_points) == (300, 500)
    entry = (await entries(world))[-1]
    assert (entry.kind, entry.related_id) == (entry_pb2.ENTRY_KIND_REDEMPTION_REVERSAL, "R1")
    assert (await balance_of(world)).available == 500
    assert await world.broken_promises() == []


async def test_points_given_back_expire_as_if_they_had_not_been_redeemed(bare_world: World) -> None:
    expiry = policy_pb2.Expiry(mode="EXPIRY_MODE_AFTER_EARNING", months=12)
    await bare_world.apply(policy(expiry=expiry))
    await earned(bare_world, 500)
    before = await balance_of(bare_world)
    await redeem(bare_world, points=500)
    assert not (await balance_of(bare_world)).HasField("next_expiry_on")
    bare_world.move_clock(timedelta(days=30))
    await give_back(bare_world)
    after = await balance_of(bare_world)
    assert (after.next_expiry_on, after.next_expiry_points) == (before.next_expiry_on, 500)


async def test_buying_holding_and_giving_back_in_a_loop_mints_nothing(world: World) -> None:
    for turn in range(5):
        await authorise(world, f"A{turn}", points=300)
        await capture(world, f"A{turn}", points=100)
        await give_back(world, f"V{turn}", f"A{turn}")
        await authorise(world, f"B{turn}", points=500)
        await cancel(world, f"B{turn}")
        await redeem(world, f"C{turn}", points=500)
        await give_back(world, f"W{turn}", f"C{turn}", points=400)
        await give_back(world, f"X{turn}", f"C{turn}")
    balance = await balance_of(world)
    assert (balance.balance, balance.available, balance.held) == (500, 500, 0)
    assert sum(entry.points for entry in await entries(world)) == 500


@pytest.mark.parametrize("again", [redeem, authorise])
async def test_the_same_payment_again_has_one_effect_and_the_same_answer(world: World, again: object) -> None:
    first = await again(world)  # type: ignore[operator]
    second = await again(world)  # type: ignore[operator]
    assert (first.replayed, second.replayed) == (False, True)
    assert first.redemption == second.redemption
    balance = await balance_of(world)
    assert balance.available == 300


async def test_a_capture_a_cancellation_and_a_reversal_again_have_one_effect(world: World) -> None:
    await authorise(world, "R1", points=200)
    await authorise(world, "R2", points=100)
    assert [(await capture(world, "R1")).replayed for _ in range(2)] == [False, True]
    assert [(await cancel(world, "R2")).replayed for _ in range(2)] == [False, True]
    backs = [await give_back(world, "V1", "R1", points=100) for _ in range(2)]
    assert [(back.points, back.replayed) for back in backs] == [(100, False), (100, True)]
    assert await world.balance() == 400


async def test_a_reversal_of_all_told_again_tells_the_points_that_it_gave_back(world: World) -> None:
    await redeem(world, points=300)
    await give_back(world, "V1", points=100)
    assert (await give_back(world, "V2")).points == 200
    again = await give_back(world, "V2")
    assert (again.points, again.replayed) == (200, True)


async def test_reversals_of_whole_redemptions_fit_into_64_bits_at_the_limit_of_one_act(
    bare_world: World,
) -> None:
    dear = policy_pb2.Redeeming(points=1, value_minor=10**6)
    rates = policy_pb2.EarningRates(service_bp=1_000_000)
    await bare_world.apply(policy(redeeming=dear, rates=rates))
    await earned_at(bare_world, 10**12)
    assert (await balance_of(bare_world)).available_value_minor == 10**18
    paid = (await redeem(bare_world, points=10**12)).redemption
    assert paid.value_minor == 10**18
    assert (await give_back(bare_world)).points == 10**12


async def test_what_more_is_worth_than_64_bits_hold_is_told_as_the_highest_number(bare_world: World) -> None:
    dear = policy_pb2.Redeeming(points=1, value_minor=10**6)
    rates = policy_pb2.EarningRates(service_bp=1_000_000)
    await bare_world.apply(policy(redeeming=dear, rates=rates))
    for number in range(10):
        await earned_at(bare_world, 10**12, f"T{number}")
    balance = await balance_of(bare_world)
    assert (balance.available, balance.available_value_minor) == (10**13, 2**63 - 1)


async def earned_at(world: World, points: int, transaction_id: str = "T1") -> None:
    """Lets M1 earn points at a hundred for each ringgit."""
    assert (await world.record_one(purchase(transaction_id, service_minor=points))).points == points
