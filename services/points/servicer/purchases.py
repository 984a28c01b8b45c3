"""The calls that record purchases."""

from collections.abc import Sequence
from typing import Final

from carat.points.v1 import points_service_pb2 as pb
from carat.points.v1 import purchase_pb2
from services.kernel.program import is_code
from services.points.recording.purchases import Recorder
from services.points.recording.reversals import Reverser
from services.points.refusals import Reason
from services.points.servicer.calls import Calls, Context
from services.points.servicer.messages import purchases_of, results_to_proto
from services.points.servicer.requirements import refusal
from services.runtime.clock import Clock
from services.runtime.coalescer import Coalescer
from services.runtime.database import Database

BATCH_LIMIT: Final = 1_000
"""Purchases in one call, at most; Tier takes as many."""


class PurchaseCalls(Calls):
    """RecordPurchase, BatchRecordPurchases; unary purchases are gathered into batches."""

    def __init__(
        self, database: Database, recorder: Recorder, reverser: Reverser, clock: Clock, coalescer_cap: int
    ) -> None:
        super().__init__(database, recorder, reverser, clock)
        self._coalescer: Coalescer[purchase_pb2.Purchase, pb.PurchaseResult] = Coalescer(
            self._flush,
            key=lambda purchase: purchase.transaction_id,
            cap=min(coalescer_cap, BATCH_LIMIT),
            lanes=1,
        )

    async def RecordPurchase(
        self, request: pb.RecordPurchaseRequest, context: Context
    ) -> pb.RecordPurchaseResponse:
        """Records one purchase, once for ever, in one batch with the calls that came at the same time."""
        purchase = request.purchase
        told = {"transaction_id": purchase.transaction_id, "member_id": purchase.member_id}
        if not is_code(purchase.transaction_id):
            raise refusal(Reason.TRANSACTION_ID_MUST_BE_PRINTABLE, told)
        result = await self._coalescer.submit(purchase)
        if result.reason:
            raise refusal(Reason(result.reason), told)
        return pb.RecordPurchaseResponse(receipt=result.receipt)

    async def BatchRecordPurchases(
        self, request: pb.BatchRecordPurchasesRequest, context: Context
    ) -> pb.BatchRecordPurchasesResponse:
        """Records up to 1,000 purchases; each has its own result."""
        if len(request.purchases) > BATCH_LIMIT:
            raise refusal(Reason.BATCH_TOO_LARGE, {"purchases": str(len(request.purchases))})
        return pb.BatchRecordPurchasesResponse(results=await self._flush(request.purchases))

    async def _flush(self, messages: Sequence[purchase_pb2.Purchase]) -> list[pb.PurchaseResult]:
        if not messages:
            return []
        return results_to_proto(await self._recorder.record(purchases_of(messages)))
