"""Purchases and receipts between protobuf and columns; translation only."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, Final

import numpy as np

from carat.points.v1 import points_service_pb2, purchase_pb2
from carat.tier.v1 import move_pb2
from services.points.columns import IMPOSSIBLE_INSTANT, NO_INSTANT, Purchases, Receipts
from services.points.recording.earlier import payload_hash_of

_FIRST_SECOND: Final = -62_135_510_400
_LAST_SECOND: Final = 253_402_214_400
"""A day within the years 1 to 9999, so that every time zone has a date for it."""

MOVE_REASONS: Final = {
    number: name.removeprefix("MOVE_REASON_") if number else ""
    for name, number in move_pb2.MoveReason.items()
}
"""Tier's reasons by number, as callers are told them."""

TOLD: Final = [field.name for field in fields(Receipts) if field.name not in ("reason", "move_reason")]
"""What a receipt says as it is; the fields of the message have the names of the columns."""


def purchases_of(messages: Sequence[purchase_pb2.Purchase]) -> Purchases:
    """The purchases of a request as columns."""
    rows = [_fields(message) for message in messages]
    (
        transaction_id,
        member_id,
        property_id,
        currency,
        instant,
        service,
        addon,
        product,
        package,
        treatments,
    ) = zip(*rows, strict=True)
    return Purchases(
        transaction_id=np.array(transaction_id, dtype=object),
        payload_hash=np.array([_hash_of(row) for row in rows], dtype=object),
        member_id=np.array(member_id, dtype=object),
        property_id=np.array(property_id, dtype=object),
        currency=np.array(currency, dtype=object),
        occurred_us=np.array([microseconds(*when) for when in instant], dtype=np.int64),
        service_minor=np.array(service, dtype=np.int64),
        addon_minor=np.array(addon, dtype=np.int64),
        product_minor=np.array(product, dtype=np.int64),
        package_minor=np.array(package, dtype=np.int64),
        treatments=np.array(treatments, dtype=np.int32),
    )


def receipts_to_proto(receipts: Receipts) -> list[purchase_pb2.Receipt]:
    """The receipts in their order; that of a refused purchase is empty."""
    columns = [getattr(receipts, name).tolist() for name in TOLD]
    move_reasons = [MOVE_REASONS[reason] for reason in receipts.move_reason.tolist()]
    return [
        purchase_pb2.Receipt(**dict(zip(TOLD, row, strict=True)), move_reason=move_reason)
        for move_reason, *row in zip(move_reasons, *columns, strict=True)
    ]


def results_to_proto(receipts: Receipts) -> list[points_service_pb2.PurchaseResult]:
    """The results of a batch in its order: a reason, or a receipt."""
    return [
        points_service_pb2.PurchaseResult(reason=reason)
        if reason
        else points_service_pb2.PurchaseResult(receipt=receipt)
        for reason, receipt in zip(receipts.reason.tolist(), receipts_to_proto(receipts), strict=True)
    ]


def _fields(message: purchase_pb2.Purchase) -> tuple[Any, ...]:
    amounts = message.amounts
    instant = message.occurred_at
    return (
        message.transaction_id,
        message.member_id,
        message.property_id,
        message.currency,
        (message.HasField("occurred_at"), instant.seconds, instant.nanos),
        amounts.service_minor,
        amounts.addon_minor,
        amounts.product_minor,
        amounts.package_minor,
        message.treatments,
    )


def _hash_of(row: tuple[Any, ...]) -> bytes:
    """Of everything but the currency, which can only be the program's, said or left out."""
    return payload_hash_of(row[:3], row[4:])


def microseconds(said: bool, seconds: int, nanos: int) -> int:
    """An instant since 1970, or what stands for one that was not said, or that no calendar has."""
    if not said:
        return NO_INSTANT
    if not _FIRST_SECOND <= seconds <= _LAST_SECOND or not 0 <= nanos < 1_000_000_000:
        return IMPOSSIBLE_INSTANT
    return seconds * 1_000_000 + nanos // 1_000
