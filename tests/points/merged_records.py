"""Members whose records are merged and separated in tests: what they have, refund and pay."""

from datetime import date
from typing import Any, Final

from carat.points.v1 import points_service_pb2 as pb
from carat.points.v1 import redemption_pb2, reversal_pb2
from tests.points.acts import expiry_after_earning
from tests.points.following import follow, with_bonuses
from tests.points.redeeming import HUNDREDS
from tests.points.world import NOW, World

MARCH: Final = date(2026, 3, 1)
MAY: Final = date(2026, 5, 1)
JUNE: Final = date(2026, 6, 1)


async def crystal_members(world: World) -> World:
    """M1, M2 and M3 are crystal; points expire a year after they were earned."""
    await world.apply(
        with_bonuses(redeeming=HUNDREDS, adjustment_limit=10_000, expiry=expiry_after_earning(12))
    )
    for member_id in ("M1", "M2", "M3"):
        world.tier.enrol(member_id)
    await follow(world)
    return world


async def balance_of(world: World, member_id: str) -> pb.GetBalanceResponse:
    return await world.points.GetBalance(pb.GetBalanceRequest(member_id=member_id))


async def give_back(world: World, reversal_id: str = "V1", redemption_id: str = "R1") -> None:
    """Reverses a payment."""
    request = redemption_pb2.ReverseRedemptionRequest(reversal_id=reversal_id, redemption_id=redemption_id)
    await world.points.ReverseRedemption(request)


async def balances(world: World, *member_ids: str) -> list[int]:
    return [await world.balance(each) for each in member_ids or ("M1", "M2")]


async def refund(
    world: World, transaction_id: str, minor: int = 0, **given: Any
) -> reversal_pb2.ReversalReceipt:
    """Takes back service of a purchase, or everything."""
    request = reversal_pb2.PurchaseReversal(
        reversal_id=f"back-{transaction_id}-{minor}", transaction_id=transaction_id, everything=not minor
    )
    if minor:
        request.amounts.service_minor = minor
    request.occurred_at.FromDatetime(NOW)
    response = await world.points.ReversePurchase(reversal_pb2.ReversePurchaseRequest(reversal=request))
    return response.receipt


async def capture(world: World, redemption_id: str) -> redemption_pb2.Redemption:
    request = redemption_pb2.CaptureRedemptionRequest(redemption_id=redemption_id)
    return (await world.points.CaptureRedemption(request)).redemption
