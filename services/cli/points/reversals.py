"""`carat points reverse`: what a purchase earned, taken back as the purchase is refunded."""

from datetime import UTC, date, datetime, time
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from carat.points.v1.points_service_pb2 import GetPolicyRequest
from carat.points.v1.purchase_pb2 import Amounts, PurchaseState
from carat.points.v1.reversal_pb2 import PurchaseReversal, ReversalReceipt, ReversePurchaseRequest
from services.cli.acting import AsJson, RequestId, named_request
from services.cli.connections import connect
from services.cli.days import parsed_day
from services.cli.importing.findings import BadRow
from services.cli.importing.values import AmountUnit, amount_minor
from services.cli.points.answers import show_answer
from services.cli.wording import REASONS, number_of
from services.runtime.clock import Clock
from services.runtime.settings import load_settings


def parsed_amount(text: str) -> int:
    """An amount of money in minor units; a mistake in the arguments otherwise."""
    try:
        return amount_minor(text, AmountUnit.MAJOR)
    except BadRow:
        raise typer.BadParameter("write the amount in units of the currency: 12.50") from None


def _refunded(what: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(
        parser=parsed_amount, metavar="AMOUNT", help=f"What is refunded of {what}, before discounts: 12.50."
    )
    return option


def reverse(
    purchase_id: Annotated[
        str, typer.Argument(metavar="PURCHASE", help="The transaction id of the purchase.")
    ],
    everything: Annotated[bool, typer.Option("--everything", help="All that is left of it.")] = False,
    service: Annotated[int | None, _refunded("services")] = None,
    addon: Annotated[int | None, _refunded("add-ons")] = None,
    product: Annotated[int | None, _refunded("products")] = None,
    package: Annotated[int | None, _refunded("packages")] = None,
    treatments: Annotated[
        int, typer.Option(min=0, show_default=False, help="Treatments that are refunded.")
    ] = 0,
    on: Annotated[
        date | None,
        typer.Option(
            parser=parsed_day,
            metavar="DATE",
            help="Day of the refund; else today. Name it to repeat a request of another day.",
        ),
    ] = None,
    request_id: RequestId = "",
    as_json: AsJson = False,
) -> None:
    """Take back what a purchase earned and counted, all or in part, as it is refunded."""
    reversal = PurchaseReversal(
        transaction_id=purchase_id,
        everything=everything,
        amounts=Amounts(
            service_minor=service or 0,
            addon_minor=addon or 0,
            product_minor=product or 0,
            package_minor=package or 0,
        ),
        treatments=treatments,
    )
    with connect(load_settings()) as connections:
        zone = ZoneInfo(connections.points.GetPolicy(GetPolicyRequest()).program.time_zone)
        reversal.occurred_at.FromDatetime(_start_of(on or Clock(load_settings().fixed_now).today(zone), zone))
        reversal.reversal_id = named_request(request_id)
        answer = connections.points.ReversePurchase(ReversePurchaseRequest(reversal=reversal))
    show_answer(answer, _sentence(answer.receipt), as_json)


def _start_of(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _sentence(receipt: ReversalReceipt) -> str:
    """T1: 150 points taken back, 100 of them for treatments."""
    if receipt.state == PurchaseState.PURCHASE_STATE_PENDING:
        return f"{receipt.transaction_id}: the refund is accepted; its points are taken back by themselves"
    text = f"{receipt.transaction_id}: {number_of(receipt.points, 'point')} taken back"
    if receipt.treatment_bonus:
        text += f", {receipt.treatment_bonus:,} of them for treatments"
    if receipt.referral_bonus:
        text += f", and {receipt.referral_bonus:,} from who brought the member"
    if receipt.move_reason:
        text += f"; {receipt.level_after} now: {REASONS.get(receipt.move_reason, receipt.move_reason)}"
    return text + (", as recorded before" if receipt.replayed else "")
