"""Calls on policies and tier systems."""

import numpy as np

from carat.tier.v1 import policy_pb2, tier_service_pb2
from services.kernel.calendar import day_date
from services.runtime.database import Connection
from services.runtime.program_messages import (
    day_from_proto,
    day_to_proto,
    program_from_proto,
    program_to_proto,
    revision_to_proto,
)
from services.runtime.refusal import FieldMistake, Refused
from services.runtime.revisions import read_revisions
from services.tier.policy import Policy
from services.tier.policy_messages import policy_from_proto, policy_to_proto
from services.tier.recording.policies import Applied, apply_policy
from services.tier.refusals import TEXTS, PolicyRule, Reason
from services.tier.servicer import messages
from services.tier.servicer.calls import Calls, Context, as_of_day
from services.tier.store.reading import next_reset_after, read_last_resets
from services.tier.tables import POLICY_REVISION

_NO_SUCH_DAY = FieldMistake(
    "effective_from", PolicyRule.REQUIRED.name, "the day must be one that the calendar has"
)


class PolicyCalls(Calls):
    """ApplyPolicy, GetPolicy, ListTierSystems."""

    async def ApplyPolicy(
        self, request: tier_service_pb2.ApplyPolicyRequest, context: Context
    ) -> tier_service_pb2.ApplyPolicyResponse:
        """Applies a tier policy as a new revision; does nothing when nothing changed."""
        program = program_from_proto(request.program)
        policy = policy_from_proto(request.policy)
        since = day_from_proto(request.effective_from) if request.HasField("effective_from") else None
        misdated = (_NO_SUCH_DAY,) if request.HasField("effective_from") and since is None else ()
        validate_only = request.validate_only or bool(misdated)

        def work(connection: Connection) -> Applied:
            today = self.today_in(program.time_zone)
            return apply_policy(connection, program, policy, since, today, validate_only=validate_only)

        applied = await self.transact(work)
        found = (FieldMistake(item.path, item.rule.name, item.text) for item in applied.violations)
        mistakes = (*found, *misdated)
        if mistakes:
            raise Refused(Reason.POLICY_INVALID, TEXTS[Reason.POLICY_INVALID], mistakes=mistakes)
        return tier_service_pb2.ApplyPolicyResponse(
            revision=revision_to_proto(applied.revision), changed=applied.changed
        )

    async def GetPolicy(
        self, request: tier_service_pb2.GetPolicyRequest, context: Context
    ) -> tier_service_pb2.GetPolicyResponse:
        """The policy in force on a day."""

        def work(connection: Connection, policy: Policy, today: int) -> tier_service_pb2.GetPolicyResponse:
            day = np.array([as_of_day(request, today)], dtype=np.int32)
            position = int(policy.revision_on(day)[0])
            return tier_service_pb2.GetPolicyResponse(
                program=program_to_proto(policy.program),
                policy=policy_to_proto(policy.documents[position]),
                revision=revision_to_proto(read_revisions(connection, POLICY_REVISION)[position]),
            )

        return await self.with_policy(work)

    async def ListTierSystems(
        self, request: tier_service_pb2.ListTierSystemsRequest, context: Context
    ) -> tier_service_pb2.ListTierSystemsResponse:
        """The tier systems of today's policy, each with the reset performed last and the next one."""

        def work(
            connection: Connection, policy: Policy, today: int
        ) -> tier_service_pb2.ListTierSystemsResponse:
            last_resets = read_last_resets(connection)
            document = policy_to_proto(policy.document_on(today))
            states = [_system_state(system, policy, last_resets) for system in document.systems]
            return tier_service_pb2.ListTierSystemsResponse(systems=states)

        return await self.with_policy(work)


def _system_state(
    system: policy_pb2.TierSystem, policy: Policy, last_resets: dict[int, int]
) -> tier_service_pb2.TierSystemState:
    number = policy.system_ids.index(system.external_id)
    last = last_resets.get(number)
    upcoming = next_reset_after(policy.resets[number], last)
    return tier_service_pb2.TierSystemState(
        system=system,
        last_reset=None if last is None else day_to_proto(day_date(last)),
        next_reset=messages.day_message(upcoming),
    )
