"""An act as the service is asked to carry it out; its answer, or the name of the refusal."""

from collections.abc import Awaitable
from typing import Any, cast

from carat.points.v1 import adjustment_pb2, pool_pb2, purchase_pb2, redemption_pb2, referral_pb2, reversal_pb2
from carat.points.v1 import points_service_pb2 as pb
from services.points.refusals import Reason
from services.points.servicer import PointsServicer
from services.points.servicer.calls import Context
from services.runtime.program_messages import day_to_proto
from services.runtime.refusal import Refused
from tests.ledger.asking_the_reference import Told
from tests.ledger.asks import (
    Adjusts,
    Ask,
    Brings,
    Buys,
    Cancels,
    Captures,
    Credits,
    GivesBack,
    Pays,
    Pools,
    Refers,
    Refunds,
    Transfers,
)
from tests.ledger.told import amounts_of, instant, receipt_told, redemption_told, reversal_told

NO_CONTEXT = cast(Context, None)
POOL = "pool "


async def asked_of_service(service: PointsServicer, ask: Ask) -> Told:
    """The answer to one act."""
    try:
        return await _asked(service, ask)
    except Refused as refused:
        return refused.reason.name


async def _asked(service: PointsServicer, ask: Ask) -> Told:
    match ask:
        case Buys():
            request = pb.RecordPurchaseRequest(purchase=purchase_of(ask))
            return receipt_told((await service.RecordPurchase(request, NO_CONTEXT)).receipt)
        case Refunds() | Credits():
            return await _taken_back(service, ask)
        case Pays() | Captures() | Cancels() | GivesBack():
            return await _paid(service, ask)
        case Adjusts() | Brings():
            return await _decided_by_staff(service, ask)
        case Transfers():
            transfer = pool_pb2.TransferPointsRequest(
                **{"from": _holder(ask.giver)},
                transfer_id=ask.act_id,
                to=_holder(ask.taker),
                points=ask.points,
                on_behalf_of=ask.on_behalf_of,
            )
            moved = await service.TransferPoints(transfer, NO_CONTEXT)
            return {name: getattr(moved, name) for name in ("from_balance", "to_balance", "replayed")}
        case Pools():
            return await _pooled(service, ask)
        case Refers():
            referral = referral_pb2.RecordReferralRequest(
                friend_id=ask.friend_id, referrer_id=ask.referrer_id
            )
            told = await service.RecordReferral(referral, NO_CONTEXT)
            return {
                "paid_by": told.referral.paid_by, "points": told.referral.points, "replayed": told.replayed
            }  # fmt: skip
    raise TypeError(ask)


def purchase_of(ask: Buys) -> purchase_pb2.Purchase:
    """A purchase as a till sends it."""
    return purchase_pb2.Purchase(
        transaction_id=ask.act_id,
        member_id=ask.member_id,
        occurred_at=instant(ask.occurred_at),
        property_id=ask.property_id,
        amounts=amounts_of(ask.amounts),
        treatments=ask.treatments,
    )


async def quoted(service: PointsServicer, ask: Buys) -> Told:
    """What recording a purchase would answer."""
    try:
        response = await service.QuotePurchase(pb.QuotePurchaseRequest(purchase=purchase_of(ask)), NO_CONTEXT)
    except Refused as refused:
        return refused.reason.name
    return receipt_told(response.receipt)


async def _taken_back(service: PointsServicer, ask: Refunds | Credits) -> Told:
    given: dict[str, Any] = {
        "occurred_at": instant(ask.occurred_at), "amounts": amounts_of(ask.amounts), "treatments": ask.treatments
    }  # fmt: skip
    if isinstance(ask, Refunds):
        reversal = reversal_pb2.PurchaseReversal(
            reversal_id=ask.act_id, transaction_id=ask.of, everything=ask.everything, **given
        )
        request = reversal_pb2.ReversePurchaseRequest(reversal=reversal)
        return reversal_told((await service.ReversePurchase(request, NO_CONTEXT)).receipt)
    note = reversal_pb2.CreditNote(credit_note_id=ask.act_id, member_id=ask.of, **given)
    noted = await service.RecordCreditNote(reversal_pb2.RecordCreditNoteRequest(credit_note=note), NO_CONTEXT)
    return {"receipts": [reversal_told(each) for each in noted.receipts]}


async def _paid(service: PointsServicer, ask: Pays | Captures | Cancels | GivesBack) -> Told:
    answer: Any
    match ask:
        case Pays():
            paid: dict[str, Any] = {
                "redemption_id": ask.act_id,
                "member_id": ask.member_id,
                "pool_id": ask.pool_id,
                "points": ask.points,
            }
            answer = await (
                service.RedeemPoints(redemption_pb2.RedeemPointsRequest(**paid), NO_CONTEXT)
                if ask.at_once
                else service.AuthoriseRedemption(
                    redemption_pb2.AuthoriseRedemptionRequest(**paid), NO_CONTEXT
                )
            )
        case Captures():
            capture = redemption_pb2.CaptureRedemptionRequest(redemption_id=ask.act_id, points=ask.points)
            answer = await service.CaptureRedemption(capture, NO_CONTEXT)
        case Cancels():
            cancel = redemption_pb2.CancelRedemptionRequest(redemption_id=ask.act_id)
            answer = await service.CancelRedemption(cancel, NO_CONTEXT)
        case GivesBack():
            reversal = redemption_pb2.ReverseRedemptionRequest(
                reversal_id=ask.act_id, redemption_id=ask.of, points=ask.points
            )
            back = await service.ReverseRedemption(reversal, NO_CONTEXT)
            return {"points": back.points, "replayed": back.replayed}
    return {**redemption_told(answer.redemption), "replayed": answer.replayed}


async def _decided_by_staff(service: PointsServicer, ask: Adjusts | Brings) -> Told:
    if isinstance(ask, Brings):
        balance = adjustment_pb2.OpeningBalance(
            transaction_id=ask.act_id,
            member_id=ask.member_id,
            points=ask.points,
            earned_on=None if ask.earned_on is None else day_to_proto(ask.earned_on),
        )
        request = adjustment_pb2.BatchImportBalancesRequest(balances=[balance])
        [result] = (await service.BatchImportBalances(request, NO_CONTEXT)).results
        return Reason(result.reason).name if result.reason else {"replayed": result.replayed}
    said: dict[str, Any] = {
        "member_id": ask.member_id, "points": ask.points, "actor_id": ask.actor_id, "note": ask.note
    }  # fmt: skip
    answer: Awaitable[Any] = (
        service.ReinstatePoints(
            adjustment_pb2.ReinstatePointsRequest(reinstatement_id=ask.act_id, **said), NO_CONTEXT
        )
        if ask.reinstates
        else service.AdjustPoints(
            adjustment_pb2.AdjustPointsRequest(adjustment_id=ask.act_id, **said), NO_CONTEXT
        )
    )
    told = await answer
    return {"points": told.entry.points, "replayed": told.replayed}


async def _pooled(service: PointsServicer, ask: Pools) -> Told:
    request = getattr(pool_pb2, f"{ask.call}Request")(pool_id=ask.pool_id, member_id=ask.member_id)
    answer: Any = await getattr(service, ask.call)(request, NO_CONTEXT)
    if ask.call == "RemovePoolMember":
        return {"points_taken_along": answer.points_taken_along}
    return pool_told(answer.pool)


def pool_told(pool: pool_pb2.Pool) -> dict[str, Any]:
    """A pool."""
    return {"member_ids": list(pool.member_ids), "balance": pool.balance, "available": pool.available}


def _holder(name: str) -> pool_pb2.Holder:
    if name.startswith(POOL):
        return pool_pb2.Holder(pool_id=name.removeprefix(POOL))
    return pool_pb2.Holder(member_id=name)
