"""Invitations to a level: who may answer them, and until when (DECISIONS, Meanings 12)."""

from collections.abc import Collection
from dataclasses import replace
from typing import Final

import numpy as np

from services.tier.acts import OPEN, Invitations, InvitationState
from services.tier.refusals import Reason

APPROVING_ROLE: Final = "general-manager"


def as_told(invitations: Invitations, today: int) -> Invitations:
    """The invitations with those expired that nobody answered in time, whether or not that is recorded yet."""
    overdue = np.isin(invitations.state, OPEN) & (invitations.expires_on < today)
    state = np.where(overdue, InvitationState.EXPIRED, invitations.state)
    return replace(invitations, state=state.astype(invitations.state.dtype))


def decide_approval_refusal(
    invitation: Invitations, actor_id: str, roles: Collection[str], today: int
) -> Reason:
    """Why somebody cannot approve the one invitation; UNSPECIFIED if nothing is against it."""
    state = _state_of(invitation, today)
    against = {
        Reason.INVITATION_EXPIRED: state is InvitationState.EXPIRED,
        Reason.INVITATION_MUST_BE_PROPOSED: state is not InvitationState.PROPOSED,
        Reason.APPROVER_MUST_BE_GENERAL_MANAGER: APPROVING_ROLE not in roles,
        Reason.APPROVER_MUST_NOT_BE_PROPOSER: actor_id == invitation.proposed_by[0],
    }
    return next((reason for reason, holds in against.items() if holds), Reason.UNSPECIFIED)


def decide_acceptance_refusal(invitation: Invitations, today: int) -> Reason:
    """Why the one invitation cannot be accepted; UNSPECIFIED if nothing is against it."""
    return _unless_in((InvitationState.APPROVED,), Reason.INVITATION_MUST_BE_APPROVED, invitation, today)


def decide_decline_refusal(invitation: Invitations, today: int) -> Reason:
    """Why the one invitation cannot be declined; UNSPECIFIED if nothing is against it."""
    return _unless_in(OPEN, Reason.INVITATION_MUST_BE_OPEN, invitation, today)


def answerable_until(invitation: Invitations, approved_on: int) -> int:
    """The last day for the member's answer: as many days after the approval as there were for that."""
    return approved_on + int(invitation.expires_on[0]) - int(invitation.proposed_on[0])


def _unless_in(
    states: Collection[InvitationState], otherwise: Reason, invitation: Invitations, today: int
) -> Reason:
    state = _state_of(invitation, today)
    if state is InvitationState.EXPIRED:
        return Reason.INVITATION_EXPIRED
    return Reason.UNSPECIFIED if state in states else otherwise


def _state_of(invitation: Invitations, today: int) -> InvitationState:
    return InvitationState(int(as_told(invitation, today).state[0]))
