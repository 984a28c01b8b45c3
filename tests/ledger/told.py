"""What the service tells, as the reference tells it."""

from datetime import UTC, date, datetime
from typing import Any

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from carat.points.v1 import entry_pb2, purchase_pb2, redemption_pb2, reversal_pb2
from services.runtime.program_messages import day_from_proto
from tests.reference.entries import Amounts, Entry

RECEIPT = tuple(name for name in purchase_pb2.Receipt.DESCRIPTOR.fields_by_name if name != "state")
REVERSAL = tuple(
    name
    for name in reversal_pb2.ReversalReceipt.DESCRIPTOR.fields_by_name
    if name not in ("state", "amounts")
)


def receipt_told(receipt: purchase_pb2.Receipt) -> dict[str, Any]:
    """What a purchase earned; it is posted."""
    assert receipt.state == purchase_pb2.PURCHASE_STATE_POSTED
    return {name: getattr(receipt, name) for name in RECEIPT}


def reversal_told(receipt: reversal_pb2.ReversalReceipt) -> dict[str, Any]:
    """What a reversal took back; it is posted."""
    assert receipt.state == purchase_pb2.PURCHASE_STATE_POSTED
    return {**{name: getattr(receipt, name) for name in REVERSAL}, "amounts": _amounts(receipt.amounts)}


def redemption_told(redemption: redemption_pb2.Redemption) -> dict[str, Any]:
    """A payment."""
    numbers = ("points", "value_minor", "captured_points", "captured_value_minor", "reversed_points")
    state = redemption_pb2.RedemptionState.Name(redemption.state)
    return {
        **{name: getattr(redemption, name) for name in numbers},
        "state": state.removeprefix("REDEMPTION_STATE_"),
        "occurred_on": day_told(redemption, "occurred_on"),
        "expires_at": redemption.expires_at.ToDatetime(UTC),
    }


def line_told(entry: entry_pb2.Entry) -> tuple[Any, ...]:
    """An entry; ids that no caller gave are of several words, and their own affair."""
    kind = entry_pb2.EntryKind.Name(entry.kind).removeprefix("ENTRY_KIND_")
    days = (day_told(entry, "occurred_on"), str(day_told(entry, "earned_on")))
    receipt = receipt_told(entry.receipt) if kind == "PURCHASE" else {}
    receipt.pop("replayed", None)
    return _line(kind, entry.points, days, entry, receipt)


def line_expected(entry: Entry) -> tuple[Any, ...]:
    """An entry of the reference."""
    receipt = {name: value for name, value in entry.receipt.items() if name != "replayed"}
    return _line(entry.kind, entry.points, (entry.occurred_on, str(entry.earned_on)), entry, receipt)


def day_told(message: Message, name: str) -> date | None:
    """A date of a message, where it has one."""
    return day_from_proto(getattr(message, name)) if message.HasField(name) else None


def instant(at: datetime) -> Timestamp:
    """An instant as it is sent."""
    message = Timestamp()
    message.FromDatetime(at)
    return message


def amounts_of(amounts: Amounts) -> purchase_pb2.Amounts:
    """Amounts as they are sent."""
    return purchase_pb2.Amounts(**{f"{kind}_minor": minor for kind, minor in amounts.by_kind().items()})


def _amounts(message: purchase_pb2.Amounts) -> Amounts:
    return Amounts(message.service_minor, message.addon_minor, message.product_minor, message.package_minor)


def _line(kind: str, points: int, days: Any, entry: Any, receipt: dict[str, Any]) -> tuple[Any, ...]:
    caller_named = "" if " " in entry.transaction_id and kind != "PURCHASE_REVERSAL" else entry.transaction_id
    words = (entry.related_id, caller_named, entry.actor_id, entry.note)
    return (kind, points, *days, *words, tuple(sorted(receipt.items())))
