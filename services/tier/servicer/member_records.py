"""Calls by which staff change, merge, separate and erase members' records."""

from typing import Any

from carat.tier.v1 import staff_pb2
from services.kernel.calendar import NEVER, day_date
from services.runtime.database import Connection
from services.tier.acts import ActKind
from services.tier.policy import Policy
from services.tier.recording.enrolment import NO_SUCH_DAY
from services.tier.recording.erasing import erase_member
from services.tier.recording.member_updates import Update, update_of_member
from services.tier.recording.merging import merge_members, undo_merge
from services.tier.servicer.calls import Calls, Context, printable, refused
from services.tier.servicer.messages import birthday_of, member_message
from services.tier.servicer.staff import standing_now
from services.tier.servicer.staff_messages import act_of
from services.tier.store.members import read_members
from services.tier.store.merging import read_merge


class MemberRecordCalls(Calls):
    """UpdateMember, MergeMembers, UndoMerge, EraseMember."""

    async def UpdateMember(
        self, request: staff_pb2.UpdateMemberRequest, context: Context
    ) -> staff_pb2.UpdateMemberResponse:
        """Changes a member's record; another tier system moves the member to it."""
        member_id, update = printable(request.member.member_id), _update_of(request)
        act = act_of(request, ActKind.MEMBER_UPDATED, member_id, request.note, changes=_changes(update))

        def work(connection: Connection, policy: Policy, today: int) -> staff_pb2.UpdateMemberResponse:
            reason = update_of_member(connection, policy, act, update, today)
            if reason:
                raise refused(reason, member_id=member_id, tier_system=update.tier_system)
            return staff_pb2.UpdateMemberResponse(standing=standing_now(connection, policy, member_id, today))

        return await self.with_policy(work)

    async def MergeMembers(
        self, request: staff_pb2.MergeMembersRequest, context: Context
    ) -> staff_pb2.MergeMembersResponse:
        """Gives one record up for another of the same member."""
        source, target = printable(request.source_member_id), printable(request.target_member_id)
        act = act_of(request, ActKind.MERGED, source, request.note, target_member_id=target)

        def work(connection: Connection, policy: Policy, today: int) -> staff_pb2.MergeMembersResponse:
            reason = merge_members(connection, policy, act, target, today)
            if reason:
                raise refused(reason, source_member_id=source, target_member_id=target)
            return staff_pb2.MergeMembersResponse(standing=standing_now(connection, policy, target, today))

        return await self.with_policy(work)

    async def UndoMerge(
        self, request: staff_pb2.UndoMergeRequest, context: Context
    ) -> staff_pb2.UndoMergeResponse:
        """Separates what a merge joined."""
        merge_id = request.merge_request_id
        act = act_of(request, ActKind.MERGE_UNDONE, "", request.note, merge_request_id=merge_id)

        def work(connection: Connection, policy: Policy, today: int) -> staff_pb2.UndoMergeResponse:
            reason = undo_merge(connection, policy, act, merge_id, today)
            merge = None if reason else read_merge(connection, merge_id)
            if merge is None:
                raise refused(reason, merge_request_id=merge_id)
            return staff_pb2.UndoMergeResponse(
                source=standing_now(connection, policy, merge.source_member_id, today),
                target=standing_now(connection, policy, merge.target_member_id, today),
            )

        return await self.with_policy(work)

    async def EraseMember(
        self, request: staff_pb2.EraseMemberRequest, context: Context
    ) -> staff_pb2.EraseMemberResponse:
        """Erases a member's personal data; the ledgers stay whole."""
        member_id = printable(request.member_id)
        act = act_of(request, ActKind.ERASED, member_id, request.note)

        def work(connection: Connection, policy: Policy, today: int) -> staff_pb2.EraseMemberResponse:
            reason = erase_member(connection, policy, act, today)
            if reason:
                raise refused(reason, member_id=member_id)
            return staff_pb2.EraseMemberResponse(
                member=member_message(read_members(connection, [member_id]), 0)
            )

        return await self.with_policy(work)


def _update_of(request: staff_pb2.UpdateMemberRequest) -> Update:
    fields = tuple(sorted(set(request.update_mask.paths)))
    return Update(fields, request.member.tier_system, birthday_of(request.member))


def _changes(update: Update) -> dict[str, Any]:
    """The new values of what is to change; a date that no calendar has is empty."""
    birthday = None if update.birthday == NEVER else ""
    if birthday == "" and update.birthday != NO_SUCH_DAY:
        birthday = day_date(update.birthday).isoformat()
    values = {"tier_system": update.tier_system, "birthday": birthday}
    return {name: values.get(name) for name in update.fields}
