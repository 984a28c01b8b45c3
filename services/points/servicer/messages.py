"""Purchases, receipts and entries between protobuf and columns; translation only."""

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any, Final

import numpy as np
from google.protobuf import timestamp_pb2

from carat.points.v1 import entry_pb2, points_service_pb2, purchase_pb2
from carat.tier.v1 import move_pb2
from services.points.columns import IMPOSSIBLE_INSTANT, NO_INSTANT, Purchases, Receipts
from services.runtime.program_messages import day_to_proto

_FIRST_SECOND: Final = -62_135_510_400
_LAST_SECOND: Final = 253_402_214_400
"""A day within the years 1 to 9999, so that every time zone has a date for it."""

_MOVE_REASONS: Final = {
    number: name.removeprefix("MOVE_REASON_") if number else ""
    for name, number in move_pb2.MoveReason.items()
}
_HASH_BYTES: Final = 16


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
        occurred_us=np.array([_microseconds(*when) for when in instant], dtype=np.int64),
        service_minor=np.array(service, dtype=np.int64),
        addon_minor=np.array(addon, dtype=np.int64),
        product_minor=np.array(product, dtype=np.int64),
        package_minor=np.array(package, dtype=np.int64),
        treatments=np.array(treatments, dtype=np.int32),
    )


def receipts_to_proto(receipts: Receipts) -> list[purchase_pb2.Receipt]:
    """The receipts in their order; that of a refused purchase is empty."""
    columns = zip(
        receipts.state.tolist(),
        receipts.points.tolist(),
        receipts.base_micropoints.tolist(),
        receipts.level_multiplier_bp.tolist(),
        receipts.property_multiplier_bp.tolist(),
        receipts.level,
        receipts.treatment_ordinal.tolist(),
        receipts.level_after,
        receipts.move_reason.tolist(),
        receipts.replayed.tolist(),
        receipts.tier_revision.tolist(),
        receipts.points_revision.tolist(),
        strict=True,
    )
    return [
        purchase_pb2.Receipt(
            state=state,
            points=points,
            base_micropoints=base_micropoints,
            level_multiplier_bp=level_bp,
            property_multiplier_bp=property_bp,
            level=level,
            treatment_ordinal=ordinal,
            level_after=level_after,
            move_reason=_MOVE_REASONS[move_reason],
            replayed=replayed,
            tier_revision=tier_revision,
            points_revision=points_revision,
        )
        for (
            state, points, base_micropoints, level_bp, property_bp, level, ordinal,
            level_after, move_reason, replayed, tier_revision, points_revision,
        ) in columns
    ]  # fmt: skip


def results_to_proto(receipts: Receipts) -> list[points_service_pb2.PurchaseResult]:
    """The results of a batch in its order: a reason, or a receipt."""
    return [
        points_service_pb2.PurchaseResult(reason=reason)
        if reason
        else points_service_pb2.PurchaseResult(receipt=receipt)
        for reason, receipt in zip(receipts.reason.tolist(), receipts_to_proto(receipts), strict=True)
    ]


def entry_to_proto(row: Any) -> entry_pb2.Entry:
    """One row of the ledger."""
    return entry_pb2.Entry(
        entry_id=row.entry_id,
        kind=row.kind,
        transaction_id=row.transaction_id,
        points=row.points,
        occurred_on=day_to_proto(row.occurred_on),
        posted_at=_timestamp(row.posted_at),
        receipt=purchase_pb2.Receipt(
            state=purchase_pb2.PURCHASE_STATE_POSTED,
            points=row.points,
            base_micropoints=row.base_micropoints,
            level_multiplier_bp=row.level_multiplier_bp,
            property_multiplier_bp=row.property_multiplier_bp,
            level=row.level,
            treatment_ordinal=row.treatment_ordinal,
            level_after=row.level_after,
            move_reason=_MOVE_REASONS[row.move_reason],
            tier_revision=row.tier_revision,
            points_revision=row.points_revision,
        ),
    )


def page_token(entry_id: int) -> str:
    """The token of the page that follows an entry."""
    return base64.urlsafe_b64encode(str(entry_id).encode()).decode()


def entry_of_token(token: str) -> int | None:
    """The entry that the page follows; None for a token that `page_token` never gave."""
    try:
        entry_id = int(base64.urlsafe_b64decode(token.encode()).decode())
    except (ValueError, binascii.Error):
        return None
    return entry_id if 0 < entry_id < 2**63 and page_token(entry_id) == token else None


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
    return blake2b(repr((row[:3], row[4:])).encode(), digest_size=_HASH_BYTES).digest()


def _microseconds(said: bool, seconds: int, nanos: int) -> int:
    if not said:
        return NO_INSTANT
    if not _FIRST_SECOND <= seconds <= _LAST_SECOND or not 0 <= nanos < 1_000_000_000:
        return IMPOSSIBLE_INSTANT
    return seconds * 1_000_000 + nanos // 1_000


def _timestamp(instant: datetime) -> timestamp_pb2.Timestamp:
    message = timestamp_pb2.Timestamp()
    message.FromDatetime(instant)
    return message
