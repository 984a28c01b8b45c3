"""One batch of rows through the contract, and what became of each row."""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from carat.points.v1.adjustment_pb2 import BatchImportBalancesRequest, OpeningBalance
from carat.points.v1.errors_pb2 import PointsReason
from carat.points.v1.points_service_pb2 import BatchRecordPurchasesRequest
from carat.points.v1.points_service_pb2_grpc import PointsServiceStub
from carat.points.v1.purchase_pb2 import PURCHASE_STATE_PENDING, Purchase
from carat.tier.v1.errors_pb2 import TierReason
from carat.tier.v1.member_pb2 import Member
from carat.tier.v1.tier_service_pb2 import BatchEnrollMembersRequest
from carat.tier.v1.tier_service_pb2_grpc import TierServiceStub
from services.cli.patience import Patience


class State(StrEnum):
    """What became of a row that was sent."""

    RECORDED = "recorded"
    CREDITED = "credited"
    ALREADY_RECORDED = "already recorded"
    PENDING = "pending"
    REFUSED = "rejected"


class Outcome(NamedTuple):
    """What became of one row; `reason` is the service's, without prefix, where it was refused."""

    state: State
    reason: str = ""


def purchase_sender(
    stub: PointsServiceStub, patience: Patience
) -> Callable[[Sequence[Purchase]], list[Outcome]]:
    """Sends purchases to the Points service; an accepted one counts, posted or still pending."""

    def send(purchases: Sequence[Purchase]) -> list[Outcome]:
        response = patience.call(stub.BatchRecordPurchases, BatchRecordPurchasesRequest(purchases=purchases))
        return [_purchase_outcome(result) for result in response.results]

    return send


def balance_sender(
    stub: PointsServiceStub, patience: Patience
) -> Callable[[Sequence[OpeningBalance]], list[Outcome]]:
    """Sends opening balances to the Points service."""

    def send(balances: Sequence[OpeningBalance]) -> list[Outcome]:
        response = patience.call(stub.BatchImportBalances, BatchImportBalancesRequest(balances=balances))
        return [_balance_outcome(result) for result in response.results]

    return send


def member_sender(stub: TierServiceStub, patience: Patience) -> Callable[[Sequence[Member]], list[Outcome]]:
    """Sends enrolments to the Tier service."""

    def send(members: Sequence[Member]) -> list[Outcome]:
        response = patience.call(stub.BatchEnrollMembers, BatchEnrollMembersRequest(members=members))
        return [_member_outcome(result) for result in response.results]

    return send


def points_reason(reason: Any) -> str:
    """The name of a reason of the Points service, without prefix."""
    return PointsReason.Name(reason).removeprefix("POINTS_REASON_")


def _purchase_outcome(result: Any) -> Outcome:
    if result.reason:
        return Outcome(State.REFUSED, points_reason(result.reason))
    if result.receipt.replayed:
        return Outcome(State.ALREADY_RECORDED)
    pending = result.receipt.state == PURCHASE_STATE_PENDING
    return Outcome(State.PENDING if pending else State.RECORDED)


def _balance_outcome(result: Any) -> Outcome:
    if result.reason:
        return Outcome(State.REFUSED, points_reason(result.reason))
    return Outcome(State.ALREADY_RECORDED if result.replayed else State.RECORDED)


def _member_outcome(result: Any) -> Outcome:
    if result.reason:
        return Outcome(State.REFUSED, TierReason.Name(result.reason).removeprefix("TIER_REASON_"))
    return Outcome(State.RECORDED if result.created else State.ALREADY_RECORDED)
