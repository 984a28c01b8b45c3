"""`carat points redeem, authorise, capture, cancel, refund, redemption`: payments by points."""

from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from carat.points.v1.points_service_pb2 import GetPolicyRequest
from carat.points.v1.redemption_pb2 import (
    AuthoriseRedemptionRequest,
    AuthoriseRedemptionResponse,
    CancelRedemptionRequest,
    CancelRedemptionResponse,
    CaptureRedemptionRequest,
    CaptureRedemptionResponse,
    GetRedemptionRequest,
    GetRedemptionResponse,
    RedeemPointsRequest,
    RedeemPointsResponse,
    Redemption,
    ReverseRedemptionRequest,
    ReverseRedemptionResponse,
)
from services.cli.acting import AsJson, named_request
from services.cli.connections import Connections, connect
from services.cli.documents import choice_name, document, show_json
from services.cli.wording import money, number_of
from services.runtime.settings import load_settings

MemberId = Annotated[str, typer.Argument(metavar="MEMBER", help="The member who pays.")]
Points = Annotated[int, typer.Argument(metavar="POINTS", min=1, help="How many points.")]
PoolId = Annotated[str, typer.Option("--pool", help="Pay from this pool, of which the member is one.")]
PaymentId = Annotated[
    str, typer.Option("--id", help="Names the payment, which has one effect for ever; random if not given.")
]
RedemptionId = Annotated[str, typer.Argument(metavar="PAYMENT", help="The id of the payment.")]

_Answer = (
    AuthoriseRedemptionResponse
    | CaptureRedemptionResponse
    | CancelRedemptionResponse
    | RedeemPointsResponse
    | ReverseRedemptionResponse
    | GetRedemptionResponse
)


def redeem(
    member_id: MemberId,
    points: Points,
    pool_id: PoolId = "",
    payment_id: PaymentId = "",
    as_json: AsJson = False,
) -> None:
    """Pay with points at once."""
    request = RedeemPointsRequest(
        redemption_id=named_request(payment_id), member_id=member_id, pool_id=pool_id, points=points
    )
    with connect(load_settings()) as connections:
        _show(connections, connections.points.RedeemPoints(request), as_json)


def authorise(
    member_id: MemberId,
    points: Points,
    pool_id: PoolId = "",
    payment_id: PaymentId = "",
    as_json: AsJson = False,
) -> None:
    """Hold points for a payment that is captured or cancelled later, or ends by itself."""
    request = AuthoriseRedemptionRequest(
        redemption_id=named_request(payment_id), member_id=member_id, pool_id=pool_id, points=points
    )
    with connect(load_settings()) as connections:
        _show(connections, connections.points.AuthoriseRedemption(request), as_json)


def capture(
    redemption_id: RedemptionId,
    points: Annotated[int | None, typer.Option(min=1, help="Fewer than are held; else all.")] = None,
    as_json: AsJson = False,
) -> None:
    """Take the points that are held for a payment."""
    request = CaptureRedemptionRequest(redemption_id=redemption_id, points=points or 0)
    with connect(load_settings()) as connections:
        _show(connections, connections.points.CaptureRedemption(request), as_json)


def cancel(redemption_id: RedemptionId, as_json: AsJson = False) -> None:
    """Give up a payment whose points are held."""
    request = CancelRedemptionRequest(redemption_id=redemption_id)
    with connect(load_settings()) as connections:
        _show(connections, connections.points.CancelRedemption(request), as_json)


def refund(
    redemption_id: RedemptionId,
    points: Annotated[int | None, typer.Option(min=1, help="A part of them; else all that are left.")] = None,
    reversal_id: Annotated[
        str,
        typer.Option("--id", help="Names the refund, which has one effect for ever; random if not given."),
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Give back points that were paid; a purchase is refunded by `carat points reverse`."""
    request = ReverseRedemptionRequest(
        reversal_id=named_request(reversal_id), redemption_id=redemption_id, points=points or 0
    )
    with connect(load_settings()) as connections:
        _show(connections, connections.points.ReverseRedemption(request), as_json)


def redemption(redemption_id: RedemptionId, as_json: AsJson = False) -> None:
    """Show a payment by points."""
    request = GetRedemptionRequest(redemption_id=redemption_id)
    with connect(load_settings()) as connections:
        _show(connections, connections.points.GetRedemption(request), as_json)


def _show(connections: Connections, answer: _Answer, as_json: bool) -> None:
    if as_json:
        show_json(document(answer))
        return
    currency = connections.points.GetPolicy(GetPolicyRequest()).program.currency
    text = _sentence(answer.redemption, currency)
    if not isinstance(answer, GetRedemptionResponse) and answer.replayed:
        text += " (it had been recorded before)"
    Console(highlight=False).print(escape(text), soft_wrap=True)


def _sentence(redemption: Redemption, currency: str) -> str:
    """T1: M1 pays 200 points worth MYR 20.00; captured, 100 points given back since."""
    payer = (
        f"{redemption.member_id} from pool {redemption.pool_id}"
        if redemption.pool_id
        else redemption.member_id
    )
    state = choice_name(redemption.DESCRIPTOR.fields_by_name["state"], redemption.state).lower()
    worth = money(redemption.value_minor, currency)
    text = (
        f"{redemption.redemption_id}: {payer}, {number_of(redemption.points, 'point')} worth {worth}, {state}"
    )
    if state == "authorised":
        text += f" until {redemption.expires_at.ToJsonString()}"
    if 0 < redemption.captured_points < redemption.points:
        taken = money(redemption.captured_value_minor, currency)
        text += f" with {number_of(redemption.captured_points, 'point')} worth {taken}"
    if redemption.reversed_points:
        text += f", {number_of(redemption.reversed_points, 'point')} given back"
    return text
