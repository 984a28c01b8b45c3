"""Calls on invitations: proposed, approved, accepted, declined, listed."""

from carat.tier.v1 import invitation_pb2
from services.runtime.database import Connection, fetching
from services.tier.acts import ActKind
from services.tier.policy import Policy
from services.tier.recording.invitations import (
    accept_invitation,
    approve_invitation,
    decline_invitation,
    propose_invitation,
)
from services.tier.refusals import Reason
from services.tier.servicer.calls import Calls, Context, page_size, printable, refused, row_of_token
from services.tier.servicer.invitation_messages import invitation_messages
from services.tier.servicer.staff import standing_now
from services.tier.servicer.staff_messages import act_of
from services.tier.store.invitations import list_invitations, read_invitation
from services.tier.store.members import read_members

_PAGE, _PAGE_LIMIT = 50, 1_000


class InvitationCalls(Calls):
    """ProposeInvitation, ApproveInvitation, AcceptInvitation, DeclineInvitation, ListInvitations."""

    async def ProposeInvitation(
        self, request: invitation_pb2.ProposeInvitationRequest, context: Context
    ) -> invitation_pb2.ProposeInvitationResponse:
        """Proposes to invite a member to a level."""
        member_id = printable(request.member_id)
        act = act_of(request, ActKind.INVITATION_PROPOSED, member_id, request.note, level=request.level)

        def work(
            connection: Connection, policy: Policy, today: int
        ) -> invitation_pb2.ProposeInvitationResponse:
            reason = propose_invitation(connection, policy, act, request.level, today)
            if reason:
                raise refused(reason, member_id=member_id, level=request.level)
            return invitation_pb2.ProposeInvitationResponse(
                invitation=_invitation(connection, policy, request.request_id, today)
            )

        return await self.with_policy(work)

    async def ApproveInvitation(
        self, request: invitation_pb2.ApproveInvitationRequest, context: Context
    ) -> invitation_pb2.ApproveInvitationResponse:
        """Approves an invitation, as a general manager."""
        invitation_id, roles = request.invitation_id, request.actor.roles
        kind = ActKind.INVITATION_APPROVED
        act = act_of(request, kind, "", request.note, invitation_id=invitation_id)

        def work(
            connection: Connection, policy: Policy, today: int
        ) -> invitation_pb2.ApproveInvitationResponse:
            reason = approve_invitation(connection, act, invitation_id, roles, today)
            if reason:
                raise refused(reason, invitation_id=invitation_id)
            return invitation_pb2.ApproveInvitationResponse(
                invitation=_invitation(connection, policy, invitation_id, today)
            )

        return await self.with_policy(work)

    async def AcceptInvitation(
        self, request: invitation_pb2.AcceptInvitationRequest, context: Context
    ) -> invitation_pb2.AcceptInvitationResponse:
        """Records that the member accepts; the member enters the level."""
        invitation_id = request.invitation_id
        act = act_of(request, ActKind.INVITATION_ACCEPTED, "", "", invitation_id=invitation_id)

        def work(
            connection: Connection, policy: Policy, today: int
        ) -> invitation_pb2.AcceptInvitationResponse:
            reason = accept_invitation(connection, policy, act, invitation_id, today)
            if reason:
                raise refused(reason, invitation_id=invitation_id)
            invitation = _invitation(connection, policy, invitation_id, today)
            return invitation_pb2.AcceptInvitationResponse(
                invitation=invitation,
                standing=standing_now(connection, policy, invitation.member_id, today),
            )

        return await self.with_policy(work)

    async def DeclineInvitation(
        self, request: invitation_pb2.DeclineInvitationRequest, context: Context
    ) -> invitation_pb2.DeclineInvitationResponse:
        """Declines an invitation."""
        invitation_id, kind = request.invitation_id, ActKind.INVITATION_DECLINED
        act = act_of(request, kind, "", request.note, invitation_id=invitation_id)

        def work(
            connection: Connection, policy: Policy, today: int
        ) -> invitation_pb2.DeclineInvitationResponse:
            reason = decline_invitation(connection, act, invitation_id, today)
            if reason:
                raise refused(reason, invitation_id=invitation_id)
            return invitation_pb2.DeclineInvitationResponse(
                invitation=_invitation(connection, policy, invitation_id, today)
            )

        return await self.with_policy(work)

    async def ListInvitations(
        self, request: invitation_pb2.ListInvitationsRequest, context: Context
    ) -> invitation_pb2.ListInvitationsResponse:
        """Invitations, newest first."""
        member_id = printable(request.member_id) if request.member_id else ""
        size = page_size(request.page_size, _PAGE, _PAGE_LIMIT)
        before = row_of_token(request.page_token)

        def work(
            connection: Connection, policy: Policy, today: int
        ) -> invitation_pb2.ListInvitationsResponse:
            if member_id and len(read_members(connection, [member_id])) == 0:
                raise refused(Reason.MEMBER_UNKNOWN, member_id=member_id)
            found = list_invitations(fetching(connection), member_id, request.state, today, before, size + 1)
            more = str(found.seq[size - 1]) if len(found) > size else ""
            shown = invitation_messages(found, policy, today)[:size]
            return invitation_pb2.ListInvitationsResponse(invitations=shown, next_page_token=more)

        return await self.with_policy(work)


def _invitation(
    connection: Connection, policy: Policy, invitation_id: str, today: int
) -> invitation_pb2.Invitation:
    found = read_invitation(connection, invitation_id, lock=False)
    return invitation_messages(found, policy, today)[0]
