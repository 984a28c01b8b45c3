"""The calls of BenefitsService."""

from collections.abc import AsyncIterator, Sequence
from datetime import date
from functools import partial
from typing import Final

import numpy as np

from carat.benefits.v1 import allowance_pb2
from carat.benefits.v1 import benefits_service_pb2 as pb
from services.benefits.columns import UNDATED, UseDecisions, Uses
from services.benefits.policy import Policies
from services.benefits.policy_messages import policy_from_proto, policy_to_proto
from services.benefits.recording.days import today_of
from services.benefits.recording.policies import Applied, apply_policy
from services.benefits.recording.uses import use_allowances
from services.benefits.recording.viewing import view_allowances
from services.benefits.refusals import PolicyRule, Reason
from services.benefits.servicer.awards import AwardCalls
from services.benefits.servicer.foundation import Context
from services.benefits.servicer.messages import (
    allowance_messages,
    revision_message,
    use_results,
    uses_of,
    verdict_message,
)
from services.benefits.servicer.requirements import refusal, refusal_of_use
from services.benefits.store.policies import PolicyBook, read_feed_position
from services.benefits.store.verification import checks, read_holder_counts, read_verdict
from services.kernel.calendar import NEVER, day_number
from services.kernel.columns import taken
from services.kernel.program import is_code
from services.runtime.clock import Clock
from services.runtime.coalescer import Coalescer
from services.runtime.database import Connection, Database
from services.runtime.program_messages import day_from_proto, program_from_proto, program_to_proto
from services.runtime.refusal import FieldMistake

BATCH_LIMIT: Final = 1_000


class BenefitsServicer(AwardCalls):
    """Answers carat.benefits.v1.BenefitsService; uses that come one by one are recorded in batches."""

    def __init__(self, database: Database, clock: Clock, book: PolicyBook, coalescer_cap: int) -> None:
        super().__init__(database, clock, book)
        self._uses = Coalescer[allowance_pb2.AllowanceUse, tuple[Uses, UseDecisions]](
            self._use_singly, key=lambda use: use.transaction_id, cap=coalescer_cap
        )

    async def ApplyPolicy(self, request: pb.ApplyPolicyRequest, context: Context) -> pb.ApplyPolicyResponse:
        """Applies a benefits policy as a new revision; does nothing when nothing changed."""
        program, policy = program_from_proto(request.program), policy_from_proto(request.policy)
        since = _effective_from(request)

        def work(connection: Connection) -> Applied:
            return apply_policy(
                connection, program, policy, since, self._clock, validate_only=request.validate_only
            )

        applied = await self._transact(work)
        if applied.revision is None:
            mistakes = [FieldMistake(each.path, each.rule.name, each.text) for each in applied.violations]
            raise refusal(Reason.POLICY_INVALID, mistakes=tuple(mistakes))
        revision = applied.revision
        message = revision_message(revision.number, revision.effective_from, revision.digest)
        return pb.ApplyPolicyResponse(revision=message, changed=applied.changed)

    async def GetPolicy(self, request: pb.GetPolicyRequest, context: Context) -> pb.GetPolicyResponse:
        """The policy in force on a day."""
        policies = await self._transact(self._book.current)
        revision = policies.in_force(self._day(request, policies))
        if revision is None:
            raise refusal(Reason.POLICY_REQUIRED)
        return pb.GetPolicyResponse(
            program=program_to_proto(revision.program),
            policy=policy_to_proto(revision.policy),
            revision=revision_message(revision.number, revision.effective_from, revision.digest),
        )

    async def ListAllowances(
        self, request: pb.ListAllowancesRequest, context: Context
    ) -> pb.ListAllowancesResponse:
        """A member's allowances of the periods that a day lies in."""
        if not is_code(request.member_id):
            raise refusal(Reason.MEMBER_ID_MUST_BE_PRINTABLE)
        policies = await self._transact(self._book.current)
        if policies.latest is None:
            raise refusal(Reason.POLICY_REQUIRED)
        day = self._day(request, policies)
        shown = await self._transact(
            lambda connection: view_allowances(connection, policies, request.member_id, day)
        )
        if shown is None:
            raise refusal(Reason.MEMBER_UNKNOWN, {"member_id": request.member_id})
        return pb.ListAllowancesResponse(allowances=allowance_messages(shown, policies))

    async def UseAllowance(
        self, request: pb.UseAllowanceRequest, context: Context
    ) -> pb.UseAllowanceResponse:
        """Takes one use (or several combined) of an allowance, once for ever."""
        use, decided = await self._uses.submit(request.use)
        if decided.reason[0]:
            raise refusal_of_use(use, decided)
        return pb.UseAllowanceResponse(remaining=decided.remaining[0], replayed=bool(decided.replayed[0]))

    async def BatchUseAllowances(
        self, request: pb.BatchUseAllowancesRequest, context: Context
    ) -> pb.BatchUseAllowancesResponse:
        """Takes up to 1,000 uses; each has its own result."""
        if len(request.uses) > BATCH_LIMIT:
            raise refusal(Reason.BATCH_TOO_LARGE, {"limit": str(BATCH_LIMIT), "uses": str(len(request.uses))})
        decided = await self._use(uses_of(request.uses, undated=NEVER))
        return pb.BatchUseAllowancesResponse(results=use_results(decided))

    async def GetFeedPosition(
        self, request: pb.GetFeedPositionRequest, context: Context
    ) -> pb.GetFeedPositionResponse:
        """Where this service stands in the feed of moves."""
        return pb.GetFeedPositionResponse(cursor=await self._transact(read_feed_position))

    async def VerifyAllowances(
        self, request: pb.VerifyAllowancesRequest, context: Context
    ) -> AsyncIterator[pb.VerifyAllowancesResponse]:
        """Checks this service's promises on live data, one answer per check; the last one counts holders."""
        policies = await self._transact(self._book.current)
        *others, last = checks(policies.rules)
        for check in others:
            yield verdict_message(await self._transact(partial(read_verdict, check=check)), [])
        verdict = await self._transact(partial(read_verdict, check=last))
        yield verdict_message(verdict, await self._transact(read_holder_counts))

    async def _use_singly(
        self, messages: Sequence[allowance_pb2.AllowanceUse]
    ) -> Sequence[tuple[Uses, UseDecisions]]:
        uses = uses_of(messages, undated=UNDATED)
        decided = await self._use(uses)
        rows = [np.array([row], dtype=np.intp) for row in range(len(uses))]
        return [(taken(uses, row), taken(decided, row)) for row in rows]

    async def _use(self, uses: Uses) -> UseDecisions:
        return await self._transact(
            lambda connection: use_allowances(connection, self._book, uses, self._clock)
        )

    def _day(self, request: pb.GetPolicyRequest | pb.ListAllowancesRequest, policies: Policies) -> int:
        """The day asked for, or today."""
        if not request.HasField("as_of"):
            return today_of(policies, self._clock)
        day = day_from_proto(request.as_of)
        if day is None:
            raise refusal(Reason.DATE_MUST_BE_VALID, {"field": "as_of"})
        return day_number(day)


def _effective_from(request: pb.ApplyPolicyRequest) -> date | None:
    if not request.HasField("effective_from"):
        return None
    day = day_from_proto(request.effective_from)
    if day is None:
        text = "a date of the calendar is required"
        mistake = FieldMistake("effective_from", PolicyRule.OUT_OF_RANGE.name, text)
        raise refusal(Reason.POLICY_INVALID, mistakes=(mistake,))
    return day
