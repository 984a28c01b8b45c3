"""Plays scenarios on a running Carat, through the calls that tills, staff and operators have."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from carat.operations.v1.operations_service_pb2 import GetRunRequest, StartRunRequest
from carat.operations.v1.run_pb2 import Run, RunState
from carat.points.v1 import points_service_pb2 as points
from carat.points.v1 import purchase_pb2
from carat.tier.v1 import tier_service_pb2 as tier
from carat.tier.v1.member_pb2 import Member
from services.cli.apply import applied
from services.cli.connections import Connections
from services.runtime.program_messages import day_from_proto, day_to_proto
from services.tier.policy_messages import policy_from_proto
from tests.cli.waiting import eventually
from tests.scenarios.programs import PlayedProgram, Revision
from tests.scenarios.runner_tier import moved, record_of
from tests.scenarios.story import Moved, Purchase, Receipt, Record

_OF_THE_DAY: Final = time(0, 30)
"""East of Greenwich, and in its summer, UTC still has the day before: days are those of the program."""

_LONGEST_RUN_SECONDS: Final = 60.0

_PENDING: Final = purchase_pb2.PurchaseState.PURCHASE_STATE_PENDING


@dataclass
class ServicesRunner:
    """A Runner; the clock of the services stands still at a day after the last of the story.

    `file` is the program to apply, `zone` the one that it says.
    """

    connections: Connections
    file: Path
    zone: ZoneInfo

    def begin_day(self, today: date) -> None:
        """See Runner; nothing that is asked depends on the present day, as long as no policy changes."""

    def apply(self, program: PlayedProgram, revision: Revision) -> None:
        """See Runner; the file must say what the revision says."""
        answers = applied(self.connections, self.file).answers
        assert [answer.changed for answer in answers.values()] == [True, True, True]
        in_force = self.connections.tier.GetPolicy(tier.GetPolicyRequest())
        assert policy_from_proto(in_force.policy) == revision.policy

    def join(self, member_id: str, on: date) -> None:
        """See Runner."""
        member = Member(member_id=member_id, enrolled_on=day_to_proto(on))
        assert self.connections.tier.EnrollMember(tier.EnrollMemberRequest(member=member)).created

    def record(self, purchases: Sequence[Purchase]) -> list[Receipt]:
        """See Runner; one alone is sent as tills send it, and what is pending is sent again until it is posted."""
        messages = [self._message(each) for each in purchases]
        receipts = self._sent(messages)
        if any(receipt.state == _PENDING for receipt in receipts):
            return [
                replace(each, replayed=False) for each in map(_receipt, self._sent_until_posted(messages))
            ]
        return [_receipt(receipt) for receipt in receipts]

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

        receipts = eventually(posted, _LONGEST_RUN_SECONDS)
        assert receipts is not None
        return receipts

    def ask(self, rpc: str, request: Any) -> Any:
        """See Runner."""
        return getattr(self.connections.tier, rpc)(request)

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

    def _message(self, purchase: Purchase) -> purchase_pb2.Purchase:
        message = purchase_pb2.Purchase(
            transaction_id=purchase.transaction_id,
            member_id=purchase.member_id,
            property_id=purchase.in_property,
            amounts=purchase_pb2.Amounts(service_minor=purchase.amount_minor),
            treatments=purchase.treatments,
        )
        message.occurred_at.FromDatetime(datetime.combine(purchase.on, _OF_THE_DAY, self.zone))
        return message

    def run(self, job: str, as_of: date) -> int:
        """See Runner. Asks again and again: a run lasts less than the pauses of those who watch one."""
        calls = self.connections.operations
        started = calls.StartRun(StartRunRequest(job=job, as_of=day_to_proto(as_of))).run

        def ended() -> Run | None:
            run = calls.GetRun(GetRunRequest(run_id=started.run_id)).run
            return None if run.state == RunState.RUN_STATE_RUNNING else run

        run = eventually(ended, _LONGEST_RUN_SECONDS)
        assert run is not None
        assert run.state == RunState.RUN_STATE_FINISHED, run.failure
        return sum(change.members for change in run.changes)


def _receipt(receipt: purchase_pb2.Receipt) -> Receipt:
    return Receipt(receipt.points, receipt.level_after, receipt.move_reason, receipt.replayed)
