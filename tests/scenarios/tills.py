"""What tills tell the Points service of purchases and refunds, and what they are answered."""

from datetime import date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from google.protobuf.timestamp_pb2 import Timestamp

from carat.points.v1 import purchase_pb2, reversal_pb2
from tests.scenarios.checking import minor
from tests.scenarios.story import Purchase, Receipt, Returns

_OF_A_PURCHASE: Final = time(0, 30)
"""East of Greenwich, and in its summer, UTC still has the day before: days are those of the program."""

_OF_A_REFUND: Final = time(11)


def purchase_message(purchase: Purchase, zone: ZoneInfo) -> purchase_pb2.Purchase:
    """A purchase, made half an hour after midnight."""
    return purchase_pb2.Purchase(
        transaction_id=purchase.transaction_id,
        member_id=purchase.member_id,
        occurred_at=_instant(purchase.on, _OF_A_PURCHASE, zone),
        property_id=purchase.in_property,
        amounts=purchase_pb2.Amounts(
            service_minor=purchase.service_minor,
            addon_minor=purchase.addon_minor,
            product_minor=purchase.product_minor,
            package_minor=purchase.package_minor,
        ),
        treatments=purchase.treatments,
    )


def refund_message(
    reversal_id: str, purchase: Purchase, returns: Returns, zone: ZoneInfo
) -> reversal_pb2.PurchaseReversal:
    """A refund of all that is left of a purchase, or of services and treatments."""
    everything = returns.amount is None and not returns.treatments
    named = purchase_pb2.Amounts(service_minor=minor(returns.amount or ""))
    return reversal_pb2.PurchaseReversal(
        reversal_id=reversal_id,
        transaction_id=purchase.transaction_id,
        occurred_at=instant_of_refund(returns.on, zone),
        everything=everything,
        amounts=None if everything else named,
        treatments=returns.treatments,
    )


def instant_of_refund(on: date, zone: ZoneInfo) -> Timestamp:
    """Refunds and credit notes of a day come after its purchases."""
    return _instant(on, _OF_A_REFUND, zone)


def receipt_of(receipt: purchase_pb2.Receipt | reversal_pb2.ReversalReceipt) -> Receipt:
    """A receipt in the words of the scenarios; the points of a refund are those taken back."""
    return Receipt(
        receipt.points,
        receipt.level_after,
        receipt.move_reason,
        receipt.replayed,
        receipt.treatment_bonus,
        receipt.referral_bonus,
    )


def _instant(on: date, at: time, zone: ZoneInfo) -> Timestamp:
    instant = Timestamp()
    instant.FromDatetime(datetime.combine(on, at, zone))
    return instant
