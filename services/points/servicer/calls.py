"""The calls of PointsService."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import date
from functools import partial
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo, available_timezones

from carat.points.v1 import points_service_pb2 as pb
from carat.points.v1 import points_service_pb2_grpc, purchase_pb2
from services.kernel.program import Program, is_code
from services.points.policy_messages import policy_from_proto, policy_to_proto
from services.points.recording.policies import Applied, apply_policy, policy_on
from services.points.recording.purchases import Recorder
from services.points.refusals import PolicyRule, Reason
from services.points.servicer.messages import (
    entry_of_token,
    entry_to_proto,
    page_token,
    purchases_of,
    results_to_proto,
)
from services.points.servicer.requirements import refusal
from services.points.store.pending import count_pending
from services.points.store.policies import read_applied
from services.points.store.statement import read_balance, read_entries
from services.points.store.verification import check, promises, read_points_by_shard
from services.runtime.clock import Clock
from services.runtime.coalescer import Coalescer
from services.runtime.database import Database
from services.runtime.program_messages import (
    day_from_proto,
    program_from_proto,
    program_to_proto,
    revision_to_proto,
)
from services.runtime.refusal import FieldMistake

T = TypeVar("T")

BATCH_LIMIT: Final = 1_000
"""Purchases in one call, at most; Tier takes as many."""

_DEFAULT_PAGE: Final = 50
_LARGEST_PAGE: Final = 1_000


class PointsServicer(points_service_pb2_grpc.PointsServiceServicer):
    """Answers the calls of PointsService over one database; unary purchases are gathered into batches."""

    def __init__(self, database: Database, recorder: Recorder, clock: Clock, coalescer_cap: int) -> None:
        self._database = database
        self._recorder = recorder
        self._clock = clock
        self._coalescer: Coalescer[purchase_pb2.Purchase, pb.PurchaseResult] = Coalescer(
            self._flush,
            key=lambda purchase: purchase.transaction_id,
            cap=min(coalescer_cap, BATCH_LIMIT),
            lanes=1,
        )

    async def ApplyPolicy(self, request: pb.ApplyPolicyRequest, context: object) -> pb.ApplyPolicyResponse:
        """Applies a points policy as a new revision; does nothing when nothing changed."""
        program = program_from_proto(request.program)
        since = day_from_proto(request.effective_from) if request.HasField("effective_from") else None
        mistakes = (
            () if since or not request.HasField("effective_from") else (_no_such_day("effective_from"),)
        )
        applied = await self._transact(
            lambda connection: apply_policy(
                connection,
                program,
                policy_from_proto(request.policy),
                since,
                self._clock.today(_zone_of(program)),
                validate_only=request.validate_only or bool(mistakes),
            )
        )
        mistakes = (*_mistakes_of(applied), *mistakes)
        if mistakes:
            raise refusal(Reason.POLICY_INVALID, mistakes=mistakes)
        return pb.ApplyPolicyResponse(revision=revision_to_proto(applied.revision), changed=applied.changed)

    async def GetPolicy(self, request: pb.GetPolicyRequest, context: object) -> pb.GetPolicyResponse:
        """The policy in force on a day."""
        applied = await self._transact(read_applied)
        if not applied:
            raise refusal(Reason.POLICY_REQUIRED)
        on = policy_on(applied, self._day_asked_for(request, applied[-1].program))
        return pb.GetPolicyResponse(
            program=program_to_proto(on.program),
            policy=policy_to_proto(on.policy),
            revision=revision_to_proto(on.revision),
        )

    async def RecordPurchase(
        self, request: pb.RecordPurchaseRequest, context: object
    ) -> pb.RecordPurchaseResponse:
        """Records one purchase, once for ever, in one batch with the calls that came at the same time."""
        purchase = request.purchase
        told = {"transaction_id": purchase.transaction_id, "member_id": purchase.member_id}
        if not is_code(purchase.transaction_id):
            raise refusal(Reason.TRANSACTION_ID_MUST_BE_PRINTABLE, told)
        result = await self._coalescer.submit(purchase)
        if result.reason:
            raise refusal(Reason(result.reason), told)
        return pb.RecordPurchaseResponse(receipt=result.receipt)

    async def BatchRecordPurchases(
        self, request: pb.BatchRecordPurchasesRequest, context: object
    ) -> pb.BatchRecordPurchasesResponse:
        """Records up to 1,000 purchases; each has its own result."""
        if len(request.purchases) > BATCH_LIMIT:
            raise refusal(Reason.BATCH_TOO_LARGE, {"purchases": str(len(request.purchases))})
        return pb.BatchRecordPurchasesResponse(results=await self._flush(request.purchases))

    async def GetBalance(self, request: pb.GetBalanceRequest, context: object) -> pb.GetBalanceResponse:
        """A member's balance."""
        member_id = _printable(request.member_id)
        balance = await self._transact(lambda connection: read_balance(connection, member_id))
        if balance is None:
            raise refusal(Reason.MEMBER_UNKNOWN, {"member_id": member_id})
        return pb.GetBalanceResponse(
            balance=balance.balance,
            lifetime_earned=balance.lifetime_earned,
            pending_purchases=balance.pending_purchases,
        )

    async def ListEntries(self, request: pb.ListEntriesRequest, context: object) -> pb.ListEntriesResponse:
        """A member's ledger entries, newest first."""
        member_id = _printable(request.member_id)
        before_entry = entry_of_token(request.page_token) if request.page_token else None
        if request.page_token and before_entry is None:
            raise refusal(Reason.PAGE_TOKEN_INVALID, {"page_token": request.page_token})
        size = min(request.page_size, _LARGEST_PAGE) if request.page_size > 0 else _DEFAULT_PAGE
        entries = await self._transact(
            lambda connection: read_entries(connection, member_id, before_entry, size + 1)
        )
        if entries is None:
            raise refusal(Reason.MEMBER_UNKNOWN, {"member_id": member_id})
        more = len(entries) > size
        return pb.ListEntriesResponse(
            entries=[entry_to_proto(entry) for entry in entries[:size]],
            next_page_token=page_token(entries[size - 1].entry_id) if more else "",
        )

    async def CountPending(self, request: pb.CountPendingRequest, context: object) -> pb.CountPendingResponse:
        """How many purchases are accepted and not yet posted."""
        counts = await self._transact(count_pending)
        return pb.CountPendingResponse(pending=counts.pending, refused=counts.refused)

    async def VerifyLedger(
        self, request: pb.VerifyLedgerRequest, context: object
    ) -> AsyncIterator[pb.VerifyLedgerResponse]:
        """Checks this service's promises on live data, one answer per check; the last tells the points by shard."""
        checks = list(promises())
        for promise in checks:
            finding = await self._transact(partial(check, promise=promise))
            last = promise is checks[-1]
            yield pb.VerifyLedgerResponse(
                promise=finding.promise,
                checked=finding.checked,
                breaches=finding.breaches,
                members=finding.members,
                points_by_shard=(await self._transact(read_points_by_shard)).tolist() if last else (),
            )

    async def _flush(self, messages: Sequence[purchase_pb2.Purchase]) -> list[pb.PurchaseResult]:
        if not messages:
            return []
        return results_to_proto(await self._recorder.record(purchases_of(messages)))

    async def _transact(self, work: Callable[[Any], T]) -> T:
        return await asyncio.to_thread(self._database.transact, work)

    def _day_asked_for(self, request: pb.GetPolicyRequest, program: Program) -> date:
        if not request.HasField("as_of"):
            return self._clock.today(_zone_of(program))
        day = day_from_proto(request.as_of)
        if day is None:
            raise refusal(Reason.POLICY_INVALID, mistakes=(_no_such_day("as_of"),))
        return day


def _printable(member_id: str) -> str:
    if not is_code(member_id):
        raise refusal(Reason.MEMBER_ID_MUST_BE_PRINTABLE, {"member_id": member_id})
    return member_id


def _zone_of(program: Program) -> ZoneInfo:
    """The program's time zone; UTC for a program that is refused because it names none."""
    return ZoneInfo(program.time_zone if program.time_zone in available_timezones() else "UTC")


def _mistakes_of(applied: Applied) -> tuple[FieldMistake, ...]:
    return tuple(FieldMistake(each.path, each.rule.name, each.text) for each in applied.violations)


def _no_such_day(path: str) -> FieldMistake:
    return FieldMistake(path, PolicyRule.REQUIRED.name, "the day must be one that the calendar has")
