"""The calls on the points policy."""

from datetime import date

from carat.points.v1 import points_service_pb2 as pb
from services.kernel.program import Program
from services.points.policy_messages import policy_from_proto, policy_to_proto
from services.points.recording.policies import Applied, apply_policy, policy_on
from services.points.refusals import PolicyRule, Reason
from services.points.servicer.calls import Calls, Context, zone_of
from services.points.servicer.requirements import refusal
from services.points.store.policies import read_applied
from services.runtime.program_messages import (
    day_from_proto,
    program_from_proto,
    program_to_proto,
    revision_to_proto,
)
from services.runtime.refusal import FieldMistake


class PolicyCalls(Calls):
    """ApplyPolicy, GetPolicy."""

    async def ApplyPolicy(self, request: pb.ApplyPolicyRequest, context: Context) -> pb.ApplyPolicyResponse:
        """Applies a points policy as a new revision; does nothing when nothing changed."""
        program = program_from_proto(request.program)
        since = day_from_proto(request.effective_from) if request.HasField("effective_from") else None
        mistakes = (
            () if since or not request.HasField("effective_from") else (_no_such_day("effective_from"),)
        )
        applied = await self.transact(
            lambda connection: apply_policy(
                connection,
                program,
                policy_from_proto(request.policy),
                since,
                self._clock.today(zone_of(program)),
                validate_only=request.validate_only or bool(mistakes),
            )
        )
        mistakes = (*_mistakes_of(applied), *mistakes)
        if mistakes:
            raise refusal(Reason.POLICY_INVALID, mistakes=mistakes)
        return pb.ApplyPolicyResponse(revision=revision_to_proto(applied.revision), changed=applied.changed)

    async def GetPolicy(self, request: pb.GetPolicyRequest, context: Context) -> pb.GetPolicyResponse:
        """The policy in force on a day."""
        applied = await self.transact(read_applied)
        if not applied:
            raise refusal(Reason.POLICY_REQUIRED)
        on = policy_on(applied, self._day_asked_for(request, applied[-1].program))
        return pb.GetPolicyResponse(
            program=program_to_proto(on.program),
            policy=policy_to_proto(on.policy),
            revision=revision_to_proto(on.revision),
        )

    def _day_asked_for(self, request: pb.GetPolicyRequest, program: Program) -> date:
        if not request.HasField("as_of"):
            return self._clock.today(zone_of(program))
        day = day_from_proto(request.as_of)
        if day is None:
            raise refusal(Reason.POLICY_INVALID, mistakes=(_no_such_day("as_of"),))
        return day


def _mistakes_of(applied: Applied) -> tuple[FieldMistake, ...]:
    return tuple(FieldMistake(each.path, each.rule.name, each.text) for each in applied.violations)


def _no_such_day(path: str) -> FieldMistake:
    return FieldMistake(path, PolicyRule.REQUIRED.name, "the day must be one that the calendar has")
