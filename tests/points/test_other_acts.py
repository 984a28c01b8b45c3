"""An id that stands for another act is no purchase's, whether that act has an entry or only a table of its own."""

import pytest

from carat.points.v1 import policy_pb2
from carat.points.v1 import redemption_pb2 as redemptions
from carat.points.v1 import reversal_pb2 as reversals
from carat.tier.v1 import errors_pb2 as tier_errors
from services.points.refusals import Reason
from tests.points.world import ONE_POINT_PER_RINGGIT, World, purchase, reasons


@pytest.fixture
async def spending(bare_world: World) -> World:
    """Points can be redeemed, and M1 has some."""
    policy = policy_pb2.PointsPolicy(redeeming=policy_pb2.Redeeming(points=100, value_minor=1_000))
    policy.MergeFrom(ONE_POINT_PER_RINGGIT)
    await bare_world.apply(policy)
    await bare_world.record_one(purchase())
    return bare_world


async def test_the_id_of_a_hold_is_no_purchases(spending: World) -> None:
    hold = redemptions.AuthoriseRedemptionRequest(redemption_id="H1", member_id="M1", points=50)
    await spending.points.AuthoriseRedemption(hold)
    assert reasons(await spending.record(purchase("H1"), purchase("T2"))) == [Reason.TRANSACTION_ID_REUSED, 0]
    assert await spending.pending() == (0, 0)


async def refund_while_tier_is_away(world: World) -> None:
    """R1, of all of T1; Tier is back afterwards."""
    await world.tier.stop()
    refund = purchase().occurred_at
    await world.points.ReversePurchase(
        reversals.ReversePurchaseRequest(
            reversal=reversals.PurchaseReversal(
                reversal_id="R1", transaction_id="T1", occurred_at=refund, everything=True
            )
        )
    )
    await world.tier_returns()


async def test_the_id_of_a_pending_refund_is_no_purchases(spending: World) -> None:
    await refund_while_tier_is_away(spending)
    assert reasons(await spending.record(purchase("R1"))) == [Reason.TRANSACTION_ID_REUSED]


async def test_the_id_of_a_refused_refund_may_become_a_purchases(spending: World) -> None:
    await refund_while_tier_is_away(spending)
    spending.tier.refusals["T1"] = tier_errors.TIER_REASON_ACTIVITY_UNKNOWN
    await spending.redriver.run_once(0)
    assert reasons(await spending.record(purchase("R1"))) == [0]
    assert await spending.balance() == 200
