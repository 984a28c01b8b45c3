"""Entries of the ledger and tokens of its pages as protobuf; translation only."""

import base64
import binascii
from typing import Any, Final

from google.protobuf import timestamp_pb2

from carat.points.v1 import entry_pb2, purchase_pb2
from services.points.servicer.messages import MOVE_REASONS, TOLD
from services.runtime.program_messages import day_to_proto

_KEPT: Final = [name for name in TOLD if name not in ("state", "replayed")]
"""What the ledger keeps of a receipt; the columns of an entry have the names of the fields."""


def entry_to_proto(row: Any) -> entry_pb2.Entry:
    """One row of the ledger, with who decided it and why; a receipt only of a purchase."""
    posted_at = timestamp_pb2.Timestamp()
    posted_at.FromDatetime(row.posted_at)
    return entry_pb2.Entry(
        entry_id=row.entry_id,
        kind=row.kind,
        transaction_id=row.transaction_id,
        points=row.points,
        occurred_on=day_to_proto(row.occurred_on),
        posted_at=posted_at,
        receipt=_receipt(row) if row.kind == entry_pb2.ENTRY_KIND_PURCHASE else None,
        related_id=row.related_id,
        earned_on=None if row.lot_on is None else day_to_proto(row.lot_on),
        actor_id=row.actor_id,
        note=row.note,
    )


def _receipt(row: Any) -> purchase_pb2.Receipt:
    return purchase_pb2.Receipt(
        state=purchase_pb2.PURCHASE_STATE_POSTED,
        move_reason=MOVE_REASONS[row.move_reason],
        **{name: getattr(row, name) for name in _KEPT},
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
