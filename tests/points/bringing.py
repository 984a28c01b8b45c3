"""Members who bring others: what their levels give, and what friends buy and give back."""

from carat.points.v1 import reversal_pb2
from tests.points.following import rises, with_bonuses
from tests.points.world import NOW, World, purchase


async def referrers(world: World) -> World:
    """R1 holds sapphire, R2 crystal, R3 a level without bonus."""
    await world.apply(with_bonuses())
    world.tier.enrol("R2")
    await rises(world, "R1", "sapphire")
    await rises(world, "R3", "platinum")
    return world


async def treat(world: World, transaction_id: str = "T1", friend_id: str = "F1", treatments: int = 1) -> int:
    """What a purchase tells that it gave to whoever brought the friend."""
    return (await world.record_one(purchase(transaction_id, friend_id, treatments=treatments))).referral_bonus


async def refund(world: World, transaction_id: str = "T1") -> reversal_pb2.ReversalReceipt:
    request = reversal_pb2.PurchaseReversal(
        reversal_id=f"back-{transaction_id}", transaction_id=transaction_id, everything=True
    )
    request.occurred_at.FromDatetime(NOW)
    response = await world.points.ReversePurchase(reversal_pb2.ReversePurchaseRequest(reversal=request))
    return response.receipt
