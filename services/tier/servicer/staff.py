"""Calls by which staff move, lock and give levels, and the record of what they did."""

from carat.tier.v1 import staff_pb2, standing_pb2
from services.runtime.database import Connection, fetching
from services.tier.acts import ActKind
from services.tier.policy import Policy
from services.tier.recording.staff import gift_status, lock_member, move_member
from services.tier.recording.viewing import view_standing
from services.tier.refusals import Reason
from services.tier.servicer import messages
from services.tier.servicer.calls import Calls, Context, page_size, printable, refused, row_of_token
from services.tier.servicer.staff_messages import act_messages, act_of, lock_detail, lock_of
from services.tier.store.acts import select_acts
from services.tier.store.members import read_members

_PAGE, _PAGE_LIMIT = 50, 1_000


class StaffCalls(Calls):
    """MoveMember, LockMember, GiftStatus, ListStaffActs."""

    async def MoveMember(
        self, request: staff_pb2.MoveMemberRequest, context: Context
    ) -> staff_pb2.MoveMemberResponse:
        """Moves a member to a level by hand."""
        member_id, until = printable(request.member_id), lock_of(request)
        details = {"level": request.level, "locked_until": lock_detail(until)}
        act = act_of(request, ActKind.MOVED, member_id, request.note, **details)

        def work(connection: Connection, policy: Policy, today: int) -> staff_pb2.MoveMemberResponse:
            reason = move_member(connection, policy, act, request.level, until, today)
            if reason:
                raise refused(reason, member_id=member_id, level=request.level)
            return staff_pb2.MoveMemberResponse(standing=standing_now(connection, policy, member_id, today))

        return await self.with_policy(work)

    async def LockMember(
        self, request: staff_pb2.LockMemberRequest, context: Context
    ) -> staff_pb2.LockMemberResponse:
        """Locks a member's level against reviews until a day, or lifts the lock."""
        member_id, until = printable(request.member_id), lock_of(request)
        details = {"locked_until": lock_detail(until)}
        act = act_of(request, ActKind.LOCKED, member_id, request.note, **details)

        def work(connection: Connection, policy: Policy, today: int) -> staff_pb2.LockMemberResponse:
            reason = lock_member(connection, policy, act, until, today)
            if reason:
                raise refused(reason, member_id=member_id)
            return staff_pb2.LockMemberResponse(standing=standing_now(connection, policy, member_id, today))

        return await self.with_policy(work)

    async def GiftStatus(
        self, request: staff_pb2.GiftStatusRequest, context: Context
    ) -> staff_pb2.GiftStatusResponse:
        """Gives a lifetime member's level to one family member, once."""
        giver, recipient = printable(request.giver_member_id), printable(request.recipient_member_id)
        details = {"recipient_member_id": recipient}
        act = act_of(request, ActKind.STATUS_GIFTED, giver, request.note, **details)

        def work(connection: Connection, policy: Policy, today: int) -> staff_pb2.GiftStatusResponse:
            reason = gift_status(connection, policy, act, recipient, today)
            if reason:
                raise refused(reason, giver_member_id=giver, recipient_member_id=recipient)
            return staff_pb2.GiftStatusResponse(standing=standing_now(connection, policy, recipient, today))

        return await self.with_policy(work)

    async def ListStaffActs(
        self, request: staff_pb2.ListStaffActsRequest, context: Context
    ) -> staff_pb2.ListStaffActsResponse:
        """What staff did, newest first."""
        member_id = printable(request.member_id) if request.member_id else ""
        size = page_size(request.page_size, _PAGE, _PAGE_LIMIT)
        statement = select_acts(member_id, row_of_token(request.page_token), size + 1)

        def work(connection: Connection) -> staff_pb2.ListStaffActsResponse:
            if member_id and len(read_members(connection, [member_id])) == 0:
                raise refused(Reason.MEMBER_UNKNOWN, member_id=member_id)
            acts = act_messages(fetching(connection)(statement))
            more = str(acts[size - 1].sequence) if len(acts) > size else ""
            return staff_pb2.ListStaffActsResponse(acts=acts[:size], next_page_token=more)

        return await self.transact(work)


def standing_now(connection: Connection, policy: Policy, member_id: str, today: int) -> standing_pb2.Standing:
    """The member's standing as GetStanding tells it today."""
    view = view_standing(connection, policy, member_id, today)
    if isinstance(view, Reason):
        raise refused(view, member_id=member_id)
    return messages.standing_message(view, today, policy)
