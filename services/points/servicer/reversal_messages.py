"""Refunds and their receipts between protobuf and columns; translation only."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from carat.points.v1 import purchase_pb2, reversal_pb2
from services.points.recording.earlier import payload_hash_of
from services.points.recording.reversals import Answers
from services.points.reversal_columns import PARTS, Refunds, ReversalReceipts, ReversalState
from services.points.servicer.messages import MOVE_REASONS, microseconds

Refund = reversal_pb2.PurchaseReversal | reversal_pb2.CreditNote


def refunds_of(reversals: Sequence[reversal_pb2.PurchaseReversal]) -> Refunds:
    """The reversals of a request as columns."""
    return _refunds([(each, each.reversal_id, each.transaction_id, each.everything) for each in reversals])


def notes_of(notes: Sequence[reversal_pb2.CreditNote]) -> Refunds:
    """The credit notes of a request as columns."""
    return _refunds([(each, each.credit_note_id, each.member_id, False) for each in notes])


def reversal_results(refunds: Refunds, answers: Answers) -> list[reversal_pb2.ReversalResult]:
    """The results of reversals in their order: a reason, or a receipt."""
    return [
        reversal_pb2.ReversalResult(reason=reason)
        if reason
        else reversal_pb2.ReversalResult(receipt=receipts[0])
        for reason, receipts in _told(refunds, answers)
    ]


def note_results(refunds: Refunds, answers: Answers) -> list[reversal_pb2.CreditNoteResult]:
    """The results of credit notes in their order: a reason, or the receipts of all purchases taken back."""
    return [
        reversal_pb2.CreditNoteResult(reason=reason)
        if reason
        else reversal_pb2.CreditNoteResult(receipts=receipts)
        for reason, receipts in _told(refunds, answers)
    ]


def _told(refunds: Refunds, answers: Answers) -> list[tuple[Any, list[reversal_pb2.ReversalReceipt]]]:
    granted = np.flatnonzero(answers.reason == 0)
    replayed = dict(zip(refunds.refund_id[granted], answers.replayed[granted].tolist(), strict=True))
    by_refund: dict[str, list[reversal_pb2.ReversalReceipt]] = defaultdict(list)
    for row, refund_id in enumerate(answers.receipts.refund_id.tolist()):
        by_refund[refund_id].append(_receipt(answers.receipts, row, replayed=replayed.get(refund_id, False)))
    return [
        (reason, by_refund[refund_id])
        for refund_id, reason in zip(refunds.refund_id.tolist(), answers.reason.tolist(), strict=True)
    ]


def _receipt(receipts: ReversalReceipts, row: int, *, replayed: bool) -> reversal_pb2.ReversalReceipt:
    state: Any = int(receipts.state[row])
    posted = state == ReversalState.POSTED
    multiplied, bonus = int(receipts.multiplied_points[row]), int(receipts.treatment_bonus[row])
    return reversal_pb2.ReversalReceipt(
        state=state,
        points=multiplied + bonus if posted else 0,
        multiplied_points=multiplied,
        treatment_bonus=bonus if posted else 0,
        referral_bonus=int(receipts.referral_bonus[row]),
        amounts=purchase_pb2.Amounts(
            service_minor=int(receipts.service_minor[row]),
            addon_minor=int(receipts.addon_minor[row]),
            product_minor=int(receipts.product_minor[row]),
            package_minor=int(receipts.package_minor[row]),
        ),
        treatments=int(receipts.treatments[row]),
        level_after=receipts.level_after[row],
        move_reason=MOVE_REASONS[int(receipts.move_reason[row])],
        replayed=replayed,
        transaction_id=receipts.transaction_id[row],
    )


def _refunds(rows: Sequence[tuple[Refund, str, str, bool]]) -> Refunds:
    return Refunds(
        refund_id=np.array([refund_id for _, refund_id, _, _ in rows], dtype=object),
        payload_hash=np.array([_hash_of(*row) for row in rows], dtype=object),
        concerns=np.array([concerns for _, _, concerns, _ in rows], dtype=object),
        currency=np.array([message.currency for message, *_ in rows], dtype=object),
        occurred_us=np.array([_instant(message) for message, *_ in rows], dtype=np.int64),
        everything=np.array([everything for *_, everything in rows], dtype=np.bool_),
        parts=np.array([_parts(message) for message, *_ in rows], dtype=np.int64).reshape(-1, len(PARTS)),
    )


def _parts(message: Refund) -> list[int]:
    return [getattr(message.amounts, part, message.treatments) for part in PARTS]


def _instant(message: Refund) -> int:
    instant = message.occurred_at
    return microseconds(message.HasField("occurred_at"), instant.seconds, instant.nanos)


def _hash_of(message: Refund, refund_id: str, concerns: str, everything: Any) -> bytes:
    """Of everything but the currency, which can only be the program's, said or left out."""
    kind = type(message).__name__
    return payload_hash_of(kind, refund_id, concerns, everything, _instant(message), *_parts(message))
