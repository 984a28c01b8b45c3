"""The calls that take purchases back."""

from collections.abc import Sequence

from carat.points.v1 import reversal_pb2 as pb
from services.points.refusals import Reason
from services.points.servicer.calls import Calls, Context
from services.points.servicer.purchases import BATCH_LIMIT
from services.points.servicer.requirements import refusal
from services.points.servicer.reversal_messages import (
    note_results,
    notes_of,
    refunds_of,
    reversal_results,
)


class ReversalCalls(Calls):
    """ReversePurchase, BatchReversePurchases, RecordCreditNote, BatchRecordCreditNotes."""

    async def ReversePurchase(
        self, request: pb.ReversePurchaseRequest, context: Context
    ) -> pb.ReversePurchaseResponse:
        """Takes back one purchase or a part of it, once for ever."""
        [result] = await self._reverse([request.reversal])
        if result.reason:
            told = {
                "reversal_id": request.reversal.reversal_id,
                "transaction_id": request.reversal.transaction_id,
            }
            raise refusal(Reason(result.reason), told)
        return pb.ReversePurchaseResponse(receipt=result.receipt)

    async def BatchReversePurchases(
        self, request: pb.BatchReversePurchasesRequest, context: Context
    ) -> pb.BatchReversePurchasesResponse:
        """Takes back up to 1,000 purchases or parts of them; each has its own result."""
        if len(request.reversals) > BATCH_LIMIT:
            raise refusal(Reason.BATCH_TOO_LARGE, {"reversals": str(len(request.reversals))})
        return pb.BatchReversePurchasesResponse(results=await self._reverse(request.reversals))

    async def RecordCreditNote(
        self, request: pb.RecordCreditNoteRequest, context: Context
    ) -> pb.RecordCreditNoteResponse:
        """Records one credit note, once for ever."""
        note = request.credit_note
        [result] = await self._credit([note])
        if result.reason:
            told = {"credit_note_id": note.credit_note_id, "member_id": note.member_id}
            raise refusal(Reason(result.reason), told)
        return pb.RecordCreditNoteResponse(receipts=result.receipts)

    async def BatchRecordCreditNotes(
        self, request: pb.BatchRecordCreditNotesRequest, context: Context
    ) -> pb.BatchRecordCreditNotesResponse:
        """Records up to 1,000 credit notes; each has its own result."""
        if len(request.credit_notes) > BATCH_LIMIT:
            raise refusal(Reason.BATCH_TOO_LARGE, {"credit_notes": str(len(request.credit_notes))})
        return pb.BatchRecordCreditNotesResponse(results=await self._credit(request.credit_notes))

    async def _reverse(self, reversals: Sequence[pb.PurchaseReversal]) -> list[pb.ReversalResult]:
        if not reversals:
            return []
        refunds = refunds_of(reversals)
        return reversal_results(refunds, await self._reverser.reverse(refunds))

    async def _credit(self, notes: Sequence[pb.CreditNote]) -> list[pb.CreditNoteResult]:
        if not notes:
            return []
        refunds = notes_of(notes)
        return note_results(refunds, await self._reverser.credit(refunds))
