"""Calls on policies and tier systems."""

from datetime import date

import numpy as np

from carat.tier.v1 import policy_pb2, tier_service_pb2
from services.kernel.calendar import day_date
from services.runtime.database import Connection
from services.runtime.program_messages import (
    day_from_proto,
    day_to_proto,
    program_from_proto,
    program_to_proto,
)
from services.runtime.refusal import FieldMistake
from services.tier.policy import Policy
from services.tier.policy_messages import policy_from_proto, policy_to_proto
from services.tier.recording.policies import Applied, apply_policy
from services.tier.refusals import PolicyRule
from services.tier.servicer import messages
from services.tier.servicer.calls import Calls, Context, as_of_day
from services.tier.servicer.revision_messages import mistake_of, raise_mistakes, revision_message
from services.tier.store.reading import next_reset_after, read_last_resets
from services.tier.store.revisions import read_kept


def _days_of(
    request: tier_service_pb2.ApplyPolicyRequest,
) -> tuple[date | None, date | None, list[FieldMistake]]:
    """The first day of a policy and that of its end, and which of them the calendar does not have."""
    days: list[date | None] = []
    mistakes: list[FieldMistake] = []
    for field in ("effective_from", "effective_until"):
        given = request.HasField(field)
        days.append(day_from_proto(getattr(request, field)) if given else None)
        if given and days[-1] is None:
            text = "the day must be one that the calendar has"
            mistakes.append(FieldMistake(field, PolicyRule.REQUIRED.name, text))
    return days[0], days[1], mistakes


class PolicyCalls(Calls):
    """ApplyPolicy, GetPolicy, ListTierSystems."""

    async def ApplyPolicy(
        self, request: tier_service_pb2.ApplyPolicyRequest, context: Context
    ) -> tier_service_pb2.ApplyPolicyResponse:
        """Applies a tier policy as a new revision; does nothing when nothing changed."""
        program = program_from_proto(request.program)
        policy = policy_from_proto(request.policy)
        since, until, misdated = _days_of(request)
        validate_only = request.validate_only or bool(misdated)

        def work(connection: Connection) -> Applied:
            today = self.today_in(program.time_zone)
            return apply_policy(
                connection,
                program,
                policy,
                since,
                today,
                validate_only=validate_only,
                effective_until=until,
            )

        applied = await self.transact(work)
        raise_mistakes([*map(mistake_of, applied.violations), *misdated])
        return tier_service_pb2.ApplyPolicyResponse(
            revision=revision_message(applied.revision, applied.until), changed=applied.changed
        )

    async def GetPolicy(
        self, request: tier_service_pb2.GetPolicyRequest, context: Context
    ) -> tier_service_pb2.GetPolicyResponse:
        """The policy in force on a day."""

        def work(connection: Connection, policy: Policy, today: int) -> tier_service_pb2.GetPolicyResponse:
            day = np.array([as_of_day(request, today)], dtype=np.int32)
            position = int(policy.revision_on(day)[0])
            held = read_kept(connection)[int(policy.revision_numbers[position]) - 1]
            return tier_service_pb2.GetPolicyResponse(
                program=program_to_proto(policy.program),
                policy=policy_to_proto(policy.documents[position]),
                revision=revision_message(held.stored, held.until),
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
