"""Why payments by points are refused, and that a refusal changes nothing."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import grpc
import numpy as np
import pytest
import sqlalchemy as sa

from carat.points.v1 import policy_pb2, pool_pb2, redemption_pb2
from services.points.tables import ACCOUNT, ENTRY, REDEMPTION
from tests.points.acts import metadata_of
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
from tests.points.world import NOW, World, purchase, reason_of

INVALID = grpc.StatusCode.INVALID_ARGUMENT
PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION
NOT_FOUND = grpc.StatusCode.NOT_FOUND


@pytest.fixture
async def world(bare_world: World) -> World:
    """A Points service in which M1 has 400 points, and 100 of them are held as "held"."""
    await bare_world.apply(policy())
    await earned(bare_world, 400)
    await authorise(bare_world, "held", points=100)
    return bare_world


def everything(world: World) -> list[Any]:
    """All that redemptions could change."""
    with world.database.engine.connect() as connection:
        return [connection.execute(sa.select(table)).all() for table in (ACCOUNT, ENTRY, REDEMPTION)]


SHAPES: list[tuple[dict[str, Any], str, grpc.StatusCode]] = [
    ({"redemption_id": ""}, "TRANSACTION_ID_MUST_BE_PRINTABLE", INVALID),
    ({"redemption_id": "R 1"}, "TRANSACTION_ID_MUST_BE_PRINTABLE", INVALID),
    ({"member_id": "M\x00"}, "MEMBER_ID_MUST_BE_PRINTABLE", INVALID),
    ({"member_id": "pool smiths"}, "MEMBER_ID_MUST_BE_PRINTABLE", INVALID),
    ({"member_id": "nobody"}, "MEMBER_UNKNOWN", NOT_FOUND),
    ({"points": 0}, "POINTS_MUST_BE_POSITIVE", INVALID),
    ({"points": -100}, "POINTS_MUST_BE_POSITIVE", INVALID),
    ({"points": -(2**63)}, "POINTS_MUST_BE_POSITIVE", INVALID),
    ({"points": 50}, "POINTS_BELOW_MINIMUM", INVALID),
    ({"points": 150}, "POINTS_MUST_FIT_STEP", INVALID),
    ({"points": 10**12 + 100}, "POINTS_ABOVE_LIMIT", PRECONDITION),
    ({"points": 2**63 - 1}, "POINTS_ABOVE_LIMIT", PRECONDITION),
    ({"points": 10**12}, "BALANCE_TOO_LOW", PRECONDITION),
    ({"points": 400}, "BALANCE_TOO_LOW", PRECONDITION),
    ({"pool_id": "nobodys"}, "POOL_UNKNOWN", NOT_FOUND),
    ({"pool_id": "a pool\x00"}, "POOL_ID_MUST_BE_PRINTABLE", INVALID),
    ({"redemption_id": "held"}, "TRANSACTION_ID_REUSED", grpc.StatusCode.ALREADY_EXISTS),
    ({"redemption_id": "earned-M1-400"}, "TRANSACTION_ID_REUSED", grpc.StatusCode.ALREADY_EXISTS),
]


@pytest.mark.parametrize("pay", [redeem, authorise])
@pytest.mark.parametrize(("given", "reason", "code"), SHAPES)
async def test_a_payment_that_is_refused_changes_nothing(
    world: World, pay: Callable[..., Any], given: dict[str, Any], reason: str, code: grpc.StatusCode
) -> None:
    before = everything(world)
    assert await refused(pay(world, **given)) == (reason, code)
    assert everything(world) == before


async def test_no_points_can_be_redeemed_before_a_policy(bare_world: World) -> None:
    for call in (redeem(bare_world), capture(bare_world), cancel(bare_world), give_back(bare_world)):
        assert await refused(call) == ("POLICY_REQUIRED", PRECONDITION)


async def test_no_points_can_be_redeemed_where_the_policy_gives_them_no_value(bare_world: World) -> None:
    await bare_world.apply(policy(redeeming=None))
    await earned(bare_world, 400)
    assert await refused(redeem(bare_world)) == ("REDEMPTION_NOT_OFFERED", PRECONDITION)
    balance = await balance_of(bare_world)
    assert (balance.available, balance.available_value_minor) == (400, 0)


async def test_a_refusal_tells_what_would_do(world: World) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await redeem(world, points=400)
    assert reason_of(refusal.value) == "BALANCE_TOO_LOW"
    assert metadata_of(refusal.value)["available"] == "300"
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await redeem(world, points=150)
    assert metadata_of(refusal.value)["step_points"] == "100"
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await redeem(world, points=1)
    assert metadata_of(refusal.value)["minimum_points"] == "100"


async def test_one_point_above_what_is_available_is_too_much(bare_world: World) -> None:
    await bare_world.apply(policy(redeeming=policy_pb2.Redeeming(points=1, value_minor=10)))
    await earned(bare_world, 400)
    assert (await refused(redeem(bare_world, points=401)))[0] == "BALANCE_TOO_LOW"
    assert (await redeem(bare_world, points=400)).redemption.value_minor == 4_000


async def test_points_of_young_purchases_cannot_be_spent_yet(bare_world: World) -> None:
    await bare_world.apply(policy(holding_days=14))
    await earned(bare_world, 400)
    balance = await balance_of(bare_world)
    assert (balance.balance, balance.maturing, balance.available) == (400, 400, 0)
    assert (await refused(redeem(bare_world)))[0] == "BALANCE_TOO_LOW"
    bare_world.move_clock(timedelta(days=14))
    assert (await redeem(bare_world, points=400)).redemption.captured_points == 400


async def test_points_that_could_be_spent_are_not_held_again_by_longer_holding_days(
    bare_world: World,
) -> None:
    await bare_world.apply(policy(holding_days=1))
    await earned(bare_world, 400)
    bare_world.move_clock(timedelta(days=1))
    await bare_world.apply(policy(holding_days=14))
    await earned(bare_world, 100, occurred_at=NOW + timedelta(days=1))
    balance = await balance_of(bare_world)
    assert (balance.maturing, balance.available) == (100, 400)


async def test_expired_points_cannot_be_spent_though_nobody_expired_them_yet(bare_world: World) -> None:
    await bare_world.apply(policy(expiry=policy_pb2.Expiry(mode="EXPIRY_MODE_AFTER_EARNING", months=1)))
    await earned(bare_world, 400)
    bare_world.move_clock(timedelta(days=31))
    before = everything(bare_world)
    balance = await balance_of(bare_world)
    assert (balance.balance, balance.available) == (400, 0)
    assert not balance.HasField("next_expiry_on")
    assert (await refused(redeem(bare_world)))[0] == "BALANCE_TOO_LOW"
    assert everything(bare_world) == before


@pytest.mark.parametrize(
    ("change", "reason"), [({"merged_into": "M2"}, "MEMBER_MERGED"), ({"erased": True}, "MEMBER_ERASED")]
)
async def test_a_record_given_up_redeems_nothing_but_what_it_holds(
    world: World, change: dict[str, Any], reason: str
) -> None:
    with world.database.engine.begin() as connection:
        connection.execute(sa.update(ACCOUNT).values(change))
    before = everything(world)
    assert await refused(redeem(world)) == (reason, PRECONDITION)
    assert everything(world) == before
    assert (await capture(world, "held")).redemption.captured_points == 100


@pytest.mark.parametrize(
    ("points", "reason", "code"),
    [
        (-100, "POINTS_MUST_BE_POSITIVE", INVALID),
        (50, "POINTS_MUST_FIT_STEP", INVALID),
        (200, "CAPTURE_ABOVE_HOLD", INVALID),
        (10**18, "CAPTURE_ABOVE_HOLD", INVALID),
    ],
)
async def test_a_capture_that_is_refused_leaves_the_hold(
    world: World, points: int, reason: str, code: grpc.StatusCode
) -> None:
    before = everything(world)
    assert await refused(capture(world, "held", points)) == (reason, code)
    assert everything(world) == before


async def test_what_is_captured_or_cancelled_cannot_be_captured_otherwise(world: World) -> None:
    await authorise(world, "other", points=200)
    await capture(world, "other", points=100)
    await cancel(world, "held")
    before = everything(world)
    assert await refused(capture(world, "other")) == ("HOLD_ENDED", PRECONDITION)
    assert await refused(cancel(world, "other")) == ("HOLD_ENDED", PRECONDITION)
    assert await refused(capture(world, "held")) == ("HOLD_ENDED", PRECONDITION)
    assert everything(world) == before


async def test_a_hold_that_ended_by_itself_cannot_be_captured(world: World) -> None:
    world.move_clock(timedelta(minutes=30))
    before = everything(world)
    assert await refused(capture(world, "held")) == ("HOLD_EXPIRED", PRECONDITION)
    assert everything(world) == before
    assert await state_of(world, "held") == "EXPIRED"


async def test_a_redemption_that_was_never_made_is_unknown(world: World) -> None:
    before = everything(world)
    request = redemption_pb2.GetRedemptionRequest(redemption_id="R9")
    for call in (
        capture(world, "R9"),
        cancel(world, "R9"),
        give_back(world, "V1", "R9"),
        world.points.GetRedemption(request),
    ):
        assert await refused(call) == ("REDEMPTION_UNKNOWN", NOT_FOUND)
    assert everything(world) == before


async def test_what_cannot_be_given_back_changes_nothing(world: World) -> None:
    await redeem(world, "R1", points=300)
    await give_back(world, "V1", points=100)
    before = everything(world)
    assert await refused(give_back(world, "V2", points=201)) == ("REVERSAL_ABOVE_ORIGINAL", PRECONDITION)
    assert await refused(give_back(world, "V2", points=-1)) == ("POINTS_MUST_BE_POSITIVE", INVALID)
    assert await refused(give_back(world, "V2", "held")) == ("REDEMPTION_NOT_CAPTURED", PRECONDITION)
    assert (await refused(give_back(world, "V1", points=200)))[0] == "TRANSACTION_ID_REUSED"
    assert (await refused(give_back(world, "R1", points=100)))[0] == "TRANSACTION_ID_REUSED"
    assert (await refused(give_back(world, "V 2")))[0] == "TRANSACTION_ID_MUST_BE_PRINTABLE"
    assert everything(world) == before


async def test_what_was_given_back_in_full_cannot_be_given_back_again(world: World) -> None:
    await redeem(world, "R1", points=300)
    await give_back(world, "V1")
    before = everything(world)
    assert (await refused(give_back(world, "V2")))[0] == "REVERSAL_ABOVE_ORIGINAL"
    assert everything(world) == before


async def test_nothing_is_given_back_that_would_lift_a_balance_above_64_bits(world: World) -> None:
    await redeem(world, "R1", points=300)
    with world.database.engine.begin() as connection:
        connection.execute(sa.update(ACCOUNT).values(balance=np.iinfo(np.int64).max - 299))
    before = everything(world)
    assert await refused(give_back(world)) == ("POINTS_ABOVE_LIMIT", PRECONDITION)
    assert everything(world) == before
    assert (await give_back(world, points=299)).points == 299


async def test_authorising_and_redeeming_at_once_are_two_acts(world: World) -> None:
    await redeem(world, "R1", points=100)
    assert (await refused(authorise(world, "R1", points=100)))[0] == "TRANSACTION_ID_REUSED"
    assert (await refused(redeem(world, "held", points=100)))[0] == "TRANSACTION_ID_REUSED"


async def test_the_id_of_a_redemption_is_no_purchases(world: World) -> None:
    bought = await world.record(purchase("held"))
    assert bought[0].reason != 0
    assert (await capture(world, "held")).redemption.captured_points == 100
    assert await world.broken_promises() == []


async def test_only_members_of_a_pool_pay_from_it(world: World) -> None:
    await world.points.CreatePool(pool_pb2.CreatePoolRequest(pool_id="smiths", member_id="M1"))
    await earned(world, 500, "M2")
    before = everything(world)
    outsider = redeem(world, "R1", points=100, member_id="M2", pool_id="smiths")
    assert await refused(outsider) == ("POOL_MEMBERSHIP_REQUIRED", PRECONDITION)
    assert (await refused(redeem(world, "R1", pool_id="smiths")))[0] == "BALANCE_TOO_LOW"
    assert everything(world) == before
