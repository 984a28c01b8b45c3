"""Plays scenarios on a running Carat, through the calls that tills, staff and operators have."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from carat.benefits.v1.award_pb2 import Award, GrantAwardRequest
from carat.operations.v1.operations_service_pb2 import GetRunRequest, StartRunRequest
from carat.operations.v1.run_pb2 import Run, RunState
from carat.points.v1 import points_service_pb2 as points
from carat.points.v1 import purchase_pb2, reversal_pb2
from carat.tier.v1 import tier_service_pb2 as tier
from carat.tier.v1.member_pb2 import Member
from services.cli.apply import applied
from services.cli.connections import Connections
from services.points.refusals import Reason
from services.runtime.program_messages import day_from_proto, day_to_proto
from services.runtime.refusal import Refused
from services.tier.policy_messages import policy_from_proto
from tests.cli.waiting import eventually
from tests.scenarios.acting import newcomer
from tests.scenarios.programs import PlayedProgram, Revision
from tests.scenarios.runner_tier import moved, record_of
from tests.scenarios.story import Moved, Purchase, Receipt, Record, Returns
from tests.scenarios.tills import purchase_message, receipt_of, refund_message

_LONGEST_WAIT_SECONDS: Final = 300.0
_LONGEST_LOOK_SECONDS: Final = 120.0

_PENDING: Final = purchase_pb2.PurchaseState.PURCHASE_STATE_PENDING


@dataclass
class ServicesRunner:
    """A RunnerOfPoints; the clock of the services stands still at a day after the last of the story.

    `file` is the program to apply, `zone` the one that it says.
    """

    connections: Connections
    file: Path
    zone: ZoneInfo
    heralds: int = 0
    has_news: bool = True

    def begin_day(self, today: date) -> None:
        """See Runner; nothing that is asked depends on the present day, as long as no policy changes."""

    def apply(self, program: PlayedProgram, revision: Revision) -> None:
        """See Runner; the file must say what the revision says."""
        answers = applied(self.connections, self.file).answers
        assert [answer.changed for answer in answers.values()] == [True, True, True]
        in_force = self.connections.tier.GetPolicy(tier.GetPolicyRequest())
        assert policy_from_proto(in_force.policy) == revision.policy

    def join(self, member_id: str, on: date, birthday: date | None) -> None:
        """See Runner."""
        self.has_news = True
        member = newcomer(member_id, on, birthday)
        assert self.connections.tier.EnrollMember(tier.EnrollMemberRequest(member=member)).created

    def record(self, purchases: Sequence[Purchase]) -> list[Receipt]:
        """See Runner; one alone is sent as tills send it, and what is pending is sent again until it is posted."""
        self._until_followed()
        self.has_news = True
        messages = [purchase_message(each, self.zone) for each in purchases]
        receipts = self._sent(messages)
        if any(receipt.state == _PENDING for receipt in receipts):
            return [
                replace(each, replayed=False) for each in map(receipt_of, self._sent_until_posted(messages))
            ]
        return [receipt_of(receipt) for receipt in receipts]

    def _sent(self, messages: list[purchase_pb2.Purchase]) -> list[purchase_pb2.Receipt]:
        to = self.connections.points
        if len(messages) == 1:
            return [to.RecordPurchase(points.RecordPurchaseRequest(purchase=messages[0])).receipt]
        results = to.BatchRecordPurchases(points.BatchRecordPurchasesRequest(purchases=messages)).results
        assert [result.reason for result in results] == [0] * len(messages)
        return [result.receipt for result in results]

    def _sent_until_posted(self, messages: list[purchase_pb2.Purchase]) -> list[purchase_pb2.Receipt]:
        """Tier was away for a moment, as it may be while everything starts."""

        def posted() -> list[purchase_pb2.Receipt] | None:
            receipts = self._sent(messages)
            return None if any(receipt.state == _PENDING for receipt in receipts) else receipts

        receipts = eventually(posted, _LONGEST_WAIT_SECONDS)
        assert receipts is not None
        return receipts

    def ask(self, rpc: str, request: Any) -> Any:
        """See Runner."""
        self.has_news = True
        return getattr(self.connections.tier, rpc)(request)

    def ask_points(self, rpc: str, request: Any) -> Any:
        """See RunnerOfPoints."""
        self._until_followed()
        return _answered(getattr(self.connections.points, rpc), request)

    def take_back(self, reversal_id: str, purchase: Purchase, returns: Returns) -> Receipt:
        """See Runner."""
        self.has_news = True
        reversal = refund_message(reversal_id, purchase, returns, self.zone)
        request = reversal_pb2.ReversePurchaseRequest(reversal=reversal)
        receipt = self._reversed(request)
        if receipt.state != _PENDING:
            return receipt_of(receipt)

        def posted() -> reversal_pb2.ReversalReceipt | None:
            again = self._reversed(request)
            return None if again.state == _PENDING else again

        again = eventually(posted, _LONGEST_WAIT_SECONDS)
        assert again is not None
        return replace(receipt_of(again), replayed=False)

    def _reversed(self, request: reversal_pb2.ReversePurchaseRequest) -> reversal_pb2.ReversalReceipt:
        receipt: reversal_pb2.ReversalReceipt = _answered(
            self.connections.points.ReversePurchase, request
        ).receipt
        return receipt

    def award(self, award: Award) -> None:
        """See RunnerOfPoints."""
        self.connections.benefits.GrantAward(GrantAwardRequest(award=award))

    def wait_until(self, is_so: Callable[[], bool]) -> bool:
        """See RunnerOfPoints."""
        deadline = time.monotonic() + _LONGEST_LOOK_SECONDS
        while not is_so():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    def _until_followed(self) -> None:
        """Until Points knows all that Tier has told: a herald enrols, and whoever has heard of it knows the rest."""
        if not self.has_news:
            return
        self.has_news = False
        self.heralds += 1
        herald = f"herald-{self.heralds}"
        member = Member(member_id=herald)
        self.connections.tier.EnrollMember(tier.EnrollMemberRequest(member=member))

        def has_been_heard_of() -> bool:
            try:
                self.connections.points.GetBalance(points.GetBalanceRequest(member_id=herald))
            except grpc.RpcError as error:
                if error.code() is not grpc.StatusCode.NOT_FOUND:
                    raise
                return False
            return True

        eventually(has_been_heard_of, _LONGEST_WAIT_SECONDS)

    def record_of(self, member_id: str, as_of: date) -> Record:
        """See Runner."""
        request = tier.GetStandingRequest(member_id=member_id, as_of=day_to_proto(as_of))
        return record_of(self.connections.tier.GetStanding(request).standing)

    def moves_of(self, member_id: str) -> list[Moved]:
        """See Runner."""
        answer = self.connections.tier.ListMoves(tier.ListMovesRequest(member_id=member_id))
        assert not answer.next_page_token
        return [moved(move) for move in reversed(answer.moves)]

    def next_reset(self) -> date | None:
        """See Runner."""
        [state] = self.connections.tier.ListTierSystems(tier.ListTierSystemsRequest()).systems
        return day_from_proto(state.next_reset) if state.HasField("next_reset") else None

    def run(self, job: str, as_of: date) -> int:
        """See Runner. Asks again and again: a run lasts less than the pauses of those who watch one."""
        self.has_news = True
        calls = self.connections.operations
        started = calls.StartRun(StartRunRequest(job=job, as_of=day_to_proto(as_of))).run

        def ended() -> Run | None:
            run = calls.GetRun(GetRunRequest(run_id=started.run_id)).run
            return None if run.state == RunState.RUN_STATE_RUNNING else run

        run = eventually(ended, _LONGEST_WAIT_SECONDS)
        assert run is not None
        assert run.state == RunState.RUN_STATE_FINISHED, run.failure
        return sum(change.members for change in run.changes)


def _answered(call: Callable[[Any], Any], request: Any) -> Any:
    """What a call of Points answers. Raises Refused as the service does."""
    try:
        return call(request)
    except grpc.RpcError as error:
        status, info = rpc_status.from_call(error), error_details_pb2.ErrorInfo()  # type: ignore[arg-type]
        if status is None or not status.details[0].Unpack(info):
            raise
        raise Refused(Reason[info.reason], status.message) from error
