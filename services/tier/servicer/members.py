"""Calls on members and their standings."""

from collections.abc import AsyncIterator

from carat.tier.v1 import tier_service_pb2
from services.runtime.database import Connection
from services.tier.policy import Policy
from services.tier.recording.enrolment import Enrolled, enrol
from services.tier.recording.viewing import view_standing
from services.tier.refusals import Reason
from services.tier.servicer import messages
from services.tier.servicer.calls import Calls, Context, as_of_day, printable, refused
from services.tier.store.members import read_members
from services.tier.store.reading import count_members
from services.tier.store.verification import Checked, Granted, granted_by_shard, verify_standings

ENROLMENT_LIMIT = 10_000


class MemberCalls(Calls):
    """EnrollMember, BatchEnrollMembers, GetStanding, CountMembers, VerifyStandings."""

    async def EnrollMember(
        self, request: tier_service_pb2.EnrollMemberRequest, context: Context
    ) -> tier_service_pb2.EnrollMemberResponse:
        """Enrols one member; one who is enrolled alike already is answered as recorded."""

        def work(connection: Connection, policy: Policy, today: int) -> tier_service_pb2.EnrollMemberResponse:
            asked = messages.members_of([request.member], today)
            enrolled = enrol(connection, policy, asked, today)
            if enrolled.reason[0]:
                raise refused(Reason(enrolled.reason[0]), member_id=request.member.member_id)
            member = read_members(connection, [request.member.member_id])
            return tier_service_pb2.EnrollMemberResponse(
                member=messages.member_message(member, 0), created=bool(enrolled.created[0])
            )

        return await self.with_policy(work)

    async def BatchEnrollMembers(
        self, request: tier_service_pb2.BatchEnrollMembersRequest, context: Context
    ) -> tier_service_pb2.BatchEnrollMembersResponse:
        """Enrols up to 10,000 members; each has its own result."""
        if len(request.members) > ENROLMENT_LIMIT:
            raise refused(Reason.BATCH_TOO_LARGE, limit=str(ENROLMENT_LIMIT))

        def work(connection: Connection, policy: Policy, today: int) -> Enrolled:
            return enrol(connection, policy, messages.members_of(request.members, today), today)

        enrolled = await self.with_policy(work)
        results = zip(enrolled.reason.tolist(), enrolled.created.tolist(), strict=True)
        return tier_service_pb2.BatchEnrollMembersResponse(
            results=[
                tier_service_pb2.EnrolmentResult(reason=reason, created=created)
                for reason, created in results
            ]
        )

    async def GetStanding(
        self, request: tier_service_pb2.GetStandingRequest, context: Context
    ) -> tier_service_pb2.GetStandingResponse:
        """A member's standing as a purchase of the day would find it."""
        member_id = printable(request.member_id)

        def work(connection: Connection, policy: Policy, today: int) -> tier_service_pb2.GetStandingResponse:
            as_of = as_of_day(request, today)
            view = view_standing(connection, policy, member_id, as_of)
            if isinstance(view, Reason):
                raise refused(view, member_id=member_id)
            return tier_service_pb2.GetStandingResponse(
                standing=messages.standing_message(view, as_of, policy)
            )

        return await self.with_policy(work)

    async def CountMembers(
        self, request: tier_service_pb2.CountMembersRequest, context: Context
    ) -> tier_service_pb2.CountMembersResponse:
        """How many members stand on each level, and how many of them in grace."""

        def work(connection: Connection, policy: Policy, today: int) -> tier_service_pb2.CountMembersResponse:
            return tier_service_pb2.CountMembersResponse(
                counts=messages.level_counts(count_members(connection), policy, today)
            )

        return await self.with_policy(work)

    async def VerifyStandings(
        self, request: tier_service_pb2.VerifyStandingsRequest, context: Context
    ) -> AsyncIterator[tier_service_pb2.VerifyStandingsResponse]:
        """Checks this service's promises on live data, one answer a promise; the last tells the sums by shard."""

        def work(connection: Connection) -> tuple[list[Checked], Granted]:
            return list(verify_standings(connection)), granted_by_shard(connection)

        checks, granted = await self.transact(work)
        for position, check in enumerate(checks):
            last = position == len(checks) - 1
            yield tier_service_pb2.VerifyStandingsResponse(
                promise=check.promise,
                checked=check.checked,
                breaches=check.breaches,
                members=check.members,
                points_by_shard=granted.points if last else [],
                spend_by_shard=granted.spend if last else [],
                visits_by_shard=granted.visits if last else [],
            )
