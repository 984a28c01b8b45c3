"""Payments by points as tests make them: 100 points are RM10, in hundreds, held for half an hour."""

import asyncio
from typing import Any

import grpc
import pytest

from carat.points.v1 import points_service_pb2 as pb
from carat.points.v1 import policy_pb2, redemption_pb2
from tests.points.world import ONE_POINT_PER_RINGGIT, World, purchase, reason_of

HUNDREDS = policy_pb2.Redeeming(
    points=100, value_minor=1_000, minimum_points=100, step_points=100, hold_minutes=30
)


def policy(**given: Any) -> policy_pb2.PointsPolicy:
    """The policy of the tests with redemptions, and whatever else is given."""
    usual = {
        "rates": ONE_POINT_PER_RINGGIT.rates,
        "qualifying": ONE_POINT_PER_RINGGIT.qualifying,
        "redeeming": HUNDREDS,
    }
    return policy_pb2.PointsPolicy(**{**usual, **given})


async def earned(world: World, points: int, member_id: str = "M1", **given: Any) -> None:
    """Lets a member earn points by one purchase."""
    bought = purchase(f"earned-{member_id}-{points}", member_id, service_minor=points * 100, **given)
    assert (await world.record_one(bought)).points == points


async def redeem(
    world: World, redemption_id: str = "R1", points: int = 200, **given: Any
) -> redemption_pb2.RedeemPointsResponse:
    request = redemption_pb2.RedeemPointsRequest(
        redemption_id=redemption_id, points=points, **{"member_id": "M1", **given}
    )
    return await world.points.RedeemPoints(request)


async def authorise(
    world: World, redemption_id: str = "R1", points: int = 200, **given: Any
) -> redemption_pb2.AuthoriseRedemptionResponse:
    request = redemption_pb2.AuthoriseRedemptionRequest(
        redemption_id=redemption_id, points=points, **{"member_id": "M1", **given}
    )
    return await world.points.AuthoriseRedemption(request)


async def capture(
    world: World, redemption_id: str = "R1", points: int = 0
) -> redemption_pb2.CaptureRedemptionResponse:
    request = redemption_pb2.CaptureRedemptionRequest(redemption_id=redemption_id, points=points)
    return await world.points.CaptureRedemption(request)


async def cancel(world: World, redemption_id: str = "R1") -> redemption_pb2.CancelRedemptionResponse:
    request = redemption_pb2.CancelRedemptionRequest(redemption_id=redemption_id)
    return await world.points.CancelRedemption(request)


async def give_back(
    world: World, reversal_id: str = "V1", redemption_id: str = "R1", points: int = 0
) -> redemption_pb2.ReverseRedemptionResponse:
    request = redemption_pb2.ReverseRedemptionRequest(
        reversal_id=reversal_id, redemption_id=redemption_id, points=points
    )
    return await world.points.ReverseRedemption(request)


async def state_of(world: World, redemption_id: str = "R1") -> str:
    """How far a redemption has come, without prefix."""
    request = redemption_pb2.GetRedemptionRequest(redemption_id=redemption_id)
    redemption = (await world.points.GetRedemption(request)).redemption
    name = redemption_pb2.RedemptionState.Name(redemption.state)
    return name.removeprefix("REDEMPTION_STATE_")


async def balance_of(world: World, member_id: str = "M1") -> pb.GetBalanceResponse:
    return await world.points.GetBalance(pb.GetBalanceRequest(member_id=member_id))


async def refused(call: Any) -> tuple[str, grpc.StatusCode]:
    """Why a call is refused, and with which code; it must be."""
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await call
    return reason_of(refusal.value), refusal.value.code()


async def outcomes(*calls: Any) -> list[str]:
    """What became of calls made at once: "granted", or the reason of each."""

    async def outcome(call: Any) -> str:
        try:
            await call
        except grpc.aio.AioRpcError as error:
            return reason_of(error)
        return "granted"

    return list(await asyncio.gather(*(outcome(call) for call in calls)))
