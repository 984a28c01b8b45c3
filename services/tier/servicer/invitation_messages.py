"""Invitations between protobuf and columns; translation only."""

from carat.tier.v1 import invitation_pb2
from services.tier.acts import Invitations
from services.tier.policy import Policy
from services.tier.rules.invitations import as_told
from services.tier.servicer.messages import day_message


def invitation_messages(
    invitations: Invitations, policy: Policy, today: int
) -> list[invitation_pb2.Invitation]:
    """Invitations as they are today, in the order given."""
    told = as_told(invitations, today)
    return [
        invitation_pb2.Invitation(
            invitation_id=told.invitation_id[row],
            member_id=told.member_id[row],
            tier_system=policy.system_ids[told.system[row]],
            level=policy.level_code(int(told.system[row]), int(told.level[row])),
            state=invitation_pb2.InvitationState.Name(int(told.state[row])),
            proposed_by=told.proposed_by[row],
            proposed_on=day_message(int(told.proposed_on[row])),
            approved_by=told.approved_by[row],
            expires_on=day_message(int(told.expires_on[row])),
        )
        for row in range(len(told))
    ]
