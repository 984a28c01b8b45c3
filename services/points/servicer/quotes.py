"""The call that tells what a purchase would earn."""

from uuid import uuid4

from carat.points.v1 import points_service_pb2 as pb
from carat.points.v1 import purchase_pb2
from services.points.pricing import PricingFailed
from services.points.refusals import Reason
from services.points.servicer.calls import Calls, Context
from services.points.servicer.messages import purchases_of, results_to_proto
from services.points.servicer.requirements import refusal
from services.runtime.refusal import unavailable_status


class QuoteCalls(Calls):
    """QuotePurchase."""

    async def QuotePurchase(
        self, request: pb.QuotePurchaseRequest, context: Context
    ) -> pb.QuotePurchaseResponse:
        """What recording a purchase now would answer; it leaves no trace."""
        purchase = self._named_and_dated(request.purchase)
        try:
            receipts = await self._recorder.quote(purchases_of([purchase]))
        except PricingFailed as failure:
            if not failure.away:
                raise
            await context.abort_with_status(
                unavailable_status("the tier service is not available; try again")
            )
        [result] = results_to_proto(receipts)
        if result.reason:
            told = {"transaction_id": request.purchase.transaction_id, "member_id": purchase.member_id}
            raise refusal(Reason(result.reason), told)
        return pb.QuotePurchaseResponse(receipt=result.receipt)

    def _named_and_dated(self, asked: purchase_pb2.Purchase) -> purchase_pb2.Purchase:
        """The purchase of this moment where it does not say another, under an id that no other has."""
        purchase = purchase_pb2.Purchase()
        purchase.CopyFrom(asked)
        if not purchase.transaction_id:
            purchase.transaction_id = f"quote-{uuid4().hex}"
        if not purchase.HasField("occurred_at"):
            purchase.occurred_at.FromDatetime(self.now())
        return purchase
