"""Invitations proposed, approved, accepted and declined (DECISIONS, Meanings 12)."""

from collections.abc import Callable, Collection
from dataclasses import replace

import numpy as np
import sqlalchemy as sa

from services.kernel.program import is_code
from services.runtime.database import fetching
from services.tier.acts import Act, Invitations, InvitationState
from services.tier.columns import NO_LEVEL, Ids, MoveReason
from services.tier.policy import Policy
from services.tier.recording.acting import act_on
from services.tier.recording.acts import first_of, looked_up, record_act
from services.tier.recording.present import Present, first_refusal, refuse_records
from services.tier.recording.staff import ranks_named
from services.tier.refusals import Reason
from services.tier.rules.invitations import (
    answerable_until,
    decide_acceptance_refusal,
    decide_approval_refusal,
    decide_decline_refusal,
)
from services.tier.rules.moves import no_moves
from services.tier.rules.review import Decided
from services.tier.rules.staff import decide_entries, decide_entry_refusals, ladder_on
from services.tier.store import invitations as store
from services.tier.store.members import read_members


def propose_invitation(connection: sa.Connection, policy: Policy, act: Act, level: str, today: int) -> Reason:
    """Proposes to invite the act's member to a higher level of the member's system; why not, if it is refused."""

    def decide(present: Present) -> Decided | Reason:
        rank = ranks_named(present, policy, level)
        refused = first_refusal(decide_entry_refusals(present.standings, present.day, rank, policy))
        if refused or len(present) == 0:
            return refused or Reason.MEMBER_UNKNOWN
        ladder = ladder_on(policy, int(present.standings.system[0]), int(present.day[0]))
        if not ladder[rank[0]].by_invitation:
            return Reason.LEVEL_NOT_BY_INVITATION
        if store.has_open(connection, act.member_id, today):
            return Reason.INVITATION_ALREADY_OPEN
        return Decided(present.standings, no_moves())

    def record(present: Present) -> None:
        overdue = store.read_overdue_of(fetching(connection), [act.member_id], today, lock=True)
        store.expire_invitations(connection, overdue, run_id="")
        rank = int(ranks_named(present, policy, level)[0])
        store.insert_invitation(connection, _proposed(present, policy, act, rank, today))

    return act_on(connection, policy, act, [act.member_id], today, decide, record=record)


def accept_invitation(
    connection: sa.Connection, policy: Policy, act: Act, invitation_id: str, today: int
) -> Reason:
    """The invited member enters the level; why not, if it is refused. The act's member is filled in."""
    found = _invitation(connection, invitation_id, lock=False)
    if len(found) == 0:
        return _unknown(connection, act)
    act = replace(act, member_id=found.member_id[0])

    def decide(present: Present) -> Decided | Reason:
        invitation = _invitation(connection, invitation_id, lock=True)
        refused = decide_acceptance_refusal(invitation, today)
        if refused:
            return refused
        rank = _rank_offered(present, policy, invitation)
        asked = (present.standings, present.day, rank)
        return first_refusal(decide_entry_refusals(*asked, policy)) or decide_entries(
            *asked, MoveReason.INVITED, policy
        )

    def record(_: Present) -> None:
        store.close_invitation(connection, invitation_id, InvitationState.ACCEPTED)

    return act_on(connection, policy, act, [act.member_id], today, decide, record=record, note_required=False)


def approve_invitation(
    connection: sa.Connection, act: Act, invitation_id: str, roles: Collection[str], today: int
) -> Reason:
    """Approves an invitation as somebody with these roles; why not, if it is refused."""

    def refuse(invitation: Invitations) -> Reason:
        return decide_approval_refusal(invitation, act.actor_id, roles, today)

    def record(invitation: Invitations) -> None:
        until = answerable_until(invitation, today)
        store.approve_invitation(connection, invitation_id, act.actor_id, until)

    return _answer(connection, act, invitation_id, today, refuse, record)


def decline_invitation(connection: sa.Connection, act: Act, invitation_id: str, today: int) -> Reason:
    """Declines an invitation; why not, if it is refused."""

    def refuse(invitation: Invitations) -> Reason:
        return decide_decline_refusal(invitation, today)

    def record(_: Invitations) -> None:
        store.close_invitation(connection, invitation_id, InvitationState.DECLINED)

    return _answer(connection, act, invitation_id, today, refuse, record)


def _answer(
    connection: sa.Connection,
    act: Act,
    invitation_id: str,
    today: int,
    refuse: Callable[[Invitations], Reason],
    record: Callable[[Invitations], None],
) -> Reason:
    """An answer that leaves the member's standing as it is."""
    invitation = _invitation(connection, invitation_id, lock=True)
    if len(invitation) == 0:
        return _unknown(connection, act)
    act = replace(act, member_id=invitation.member_id[0])
    done, misasked = looked_up(connection, act, note_required=False)
    if done:
        return Reason.UNSPECIFIED
    gone = refuse_records(read_members(connection, [act.member_id]))
    reason = first_of(gone, refuse(invitation), misasked)
    if reason:
        return reason
    record_act(connection, act, today)
    record(invitation)
    return Reason.UNSPECIFIED


def _unknown(connection: sa.Connection, act: Act) -> Reason:
    _, misasked = looked_up(connection, act, note_required=False)
    return first_of(misasked, Reason.INVITATION_UNKNOWN)


def _invitation(connection: sa.Connection, invitation_id: str, *, lock: bool) -> Invitations:
    """The invitation, or none; what cannot be an id is not looked for."""
    return store.read_invitation(connection, invitation_id if is_code(invitation_id) else "", lock=lock)


def _rank_offered(present: Present, policy: Policy, invitation: Invitations) -> Ids:
    """The rank of the level offered; NO_LEVEL for a member who has left the system that it belongs to."""
    ranks = policy.ladders.rank_of[policy.revision_on(present.day), invitation.system, invitation.level]
    return np.where(present.standings.system == invitation.system, ranks, NO_LEVEL).astype(np.int16)


def _proposed(present: Present, policy: Policy, act: Act, rank: int, today: int) -> Invitations:
    standings = present.standings
    days = policy.document_on(today).invitation_days
    level = policy.ladders.level_at[policy.revision_on(present.day), standings.system, rank]
    return Invitations(
        invitation_id=np.array([act.request_id], dtype=object),
        seq=np.zeros(1, dtype=np.int64),
        shard=standings.shard,
        member_id=standings.member_id,
        system=standings.system,
        level=level,
        state=np.array([InvitationState.PROPOSED], dtype=np.int16),
        proposed_by=np.array([act.actor_id], dtype=object),
        proposed_on=np.array([today], dtype=np.int32),
        approved_by=np.array([""], dtype=object),
        expires_on=np.array([today + days], dtype=np.int32),
    )
