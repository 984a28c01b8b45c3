"""Refunds and credit notes as tills send them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from carat.points.v1 import purchase_pb2
from carat.points.v1 import reversal_pb2 as pb
from tests.points.world import NOW, World


def refund(transaction_id: str = "T1", reversal_id: str = "", **given: Any) -> pb.PurchaseReversal:
    """A refund of a purchase at this moment: of everything, unless an amount or treatments are named."""
    named = _named(given)
    return pb.PurchaseReversal(
        reversal_id=reversal_id or f"R-{transaction_id}",
        transaction_id=transaction_id,
        **{"everything": not named, **_when(given), **named, **given},
    )


def note(credit_note_id: str = "C1", member_id: str = "M1", **given: Any) -> pb.CreditNote:
    """A credit note of this moment."""
    named = _named(given)
    return pb.CreditNote(credit_note_id=credit_note_id, member_id=member_id, **_when(given), **named, **given)


async def reverse(world: World, *refunds: pb.PurchaseReversal) -> Sequence[pb.ReversalResult]:
    """The results of a batch of refunds."""
    request = pb.BatchReversePurchasesRequest(reversals=refunds)
    results: Sequence[pb.ReversalResult] = (await world.points.BatchReversePurchases(request)).results
    return results


async def credit(world: World, *notes: pb.CreditNote) -> Sequence[pb.CreditNoteResult]:
    """The results of a batch of credit notes."""
    request = pb.BatchRecordCreditNotesRequest(credit_notes=notes)
    results: Sequence[pb.CreditNoteResult] = (await world.points.BatchRecordCreditNotes(request)).results
    return results


async def reverse_one(world: World, refund: pb.PurchaseReversal) -> pb.ReversalReceipt:
    """The receipt of one refund."""
    return (await world.points.ReversePurchase(pb.ReversePurchaseRequest(reversal=refund))).receipt


def taken(results: Sequence[pb.CreditNoteResult]) -> list[list[tuple[str, int]]]:
    """Of each note, the purchases taken back with the service amount of each."""
    return [
        [(receipt.transaction_id, receipt.amounts.service_minor) for receipt in result.receipts]
        for result in results
    ]


def _when(given: dict[str, Any]) -> dict[str, Timestamp]:
    instant = Timestamp()
    at: datetime | None = given.pop("occurred_at", NOW)
    if at is None:
        return {}
    instant.FromDatetime(at)
    return {"occurred_at": instant}


def _named(given: dict[str, Any]) -> dict[str, Any]:
    kinds = {name: given.pop(name) for name in list(given) if name.endswith("_minor")}
    treatments = {"treatments": given.pop("treatments")} if "treatments" in given else {}
    return ({"amounts": purchase_pb2.Amounts(**kinds)} if kinds else {}) | treatments
