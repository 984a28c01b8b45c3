"""Small services behind real gRPC: what the command is told, without a database."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from threading import Lock
from typing import Any

import grpc
from google.rpc import code_pb2

from carat.points.v1 import points_service_pb2 as points
from carat.points.v1.points_service_pb2_grpc import add_PointsServiceServicer_to_server
from carat.points.v1.purchase_pb2 import PURCHASE_STATE_PENDING, PURCHASE_STATE_POSTED, Purchase
from carat.tier.v1 import tier_service_pb2 as tier
from carat.tier.v1.errors_pb2 import TIER_REASON_MEMBER_ALREADY_ENROLLED
from carat.tier.v1.program_pb2 import Program
from carat.tier.v1.tier_service_pb2_grpc import add_TierServiceServicer_to_server
from services.points.refusals import Reason as PointsReason
from services.runtime.refusal import Refused, refusal_status

LONDON = Program(code="TRIAL", name="Trial", currency="GBP", time_zone="Europe/London", points_currency="P")


class Unbuilt:
    """A service that answers no call but those that its subclass has."""

    def __getattr__(self, call: str) -> None:
        if call.startswith("_"):
            raise AttributeError(call)


class FakePoints(Unbuilt):
    """Records purchases by transaction id; `before_batch` may delay or refuse a batch."""

    def __init__(self) -> None:
        self.recorded: dict[str, Purchase] = {}
        self.order: list[Purchase] = []
        self.batches: list[int] = []
        self.before_batch: Callable[[grpc.ServicerContext], None] = lambda _context: None
        self.pending = False
        self._lock = Lock()

    def GetPolicy(self, request: Any, context: Any) -> points.GetPolicyResponse:
        return points.GetPolicyResponse(program=LONDON)

    def BatchRecordPurchases(self, request: Any, context: Any) -> points.BatchRecordPurchasesResponse:
        self.before_batch(context)
        with self._lock:
            self.batches.append(len(request.purchases))
            ids = [purchase.transaction_id for purchase in request.purchases]
            assert len(set(ids)) == len(ids), "a batch holds a transaction twice"
            return points.BatchRecordPurchasesResponse(
                results=[self._record(purchase) for purchase in request.purchases]
            )

    def _record(self, purchase: Purchase) -> points.PurchaseResult:
        known = self.recorded.get(purchase.transaction_id)
        if known is not None and known != purchase:
            return points.PurchaseResult(reason="POINTS_REASON_TRANSACTION_ID_REUSED")
        if purchase.amounts.service_minor <= 0:
            return points.PurchaseResult(reason="POINTS_REASON_AMOUNT_MUST_BE_POSITIVE")
        result = points.PurchaseResult()
        result.receipt.replayed = known is not None
        result.receipt.state = PURCHASE_STATE_PENDING if self.pending else PURCHASE_STATE_POSTED
        if known is None:
            self.recorded[purchase.transaction_id] = purchase
            self.order.append(purchase)
        return result


class FakeTier(Unbuilt):
    """Enrols members by id."""

    def __init__(self) -> None:
        self.members: dict[str, Any] = {}

    def BatchEnrollMembers(self, request: Any, context: Any) -> tier.BatchEnrollMembersResponse:
        results = []
        for member in request.members:
            known = self.members.setdefault(member.member_id, member)
            result = tier.EnrolmentResult(created=known is member)
            if known != member:
                result.reason = TIER_REASON_MEMBER_ALREADY_ENROLLED
            results.append(result)
        return tier.BatchEnrollMembersResponse(results=results)


@contextmanager
def served(register: Callable[[grpc.Server], None]) -> Iterator[str]:
    """Serves what is registered; gives the address."""
    server = grpc.server(ThreadPoolExecutor(16))
    register(server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"127.0.0.1:{port}"
    server.stop(0)


def served_points(service: Any) -> AbstractContextManager[str]:
    return served(lambda server: add_PointsServiceServicer_to_server(service, server))


def served_tier(service: Any) -> AbstractContextManager[str]:
    return served(lambda server: add_TierServiceServicer_to_server(service, server))


def unavailable(context: grpc.ServicerContext) -> None:
    context.abort(grpc.StatusCode.UNAVAILABLE, "restarting")


def refused(context: grpc.ServicerContext, reason: PointsReason, text: str) -> None:
    refusal = Refused(reason, text, code_pb2.FAILED_PRECONDITION)
    context.abort_with_status(refusal_status(refusal, "points.carat"))
