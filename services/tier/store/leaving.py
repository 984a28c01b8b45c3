"""What is left behind by members whose record is given up or erased."""

from collections.abc import Sequence

import sqlalchemy as sa

from services.kernel.calendar import day_date
from services.kernel.shards import shard_of
from services.tier.acts import OPEN, Act, ActKind, InvitationState
from services.tier.store.invitations import overdue
from services.tier.tables import INVITATION, STAFF_ACT, STATUS_GIFT


def decline_invitations(connection: sa.Connection, act: Act, member_id: str, effective_on: int) -> None:
    """Declines the open invitations of a member because of an act, and writes that down.

    The request id has a space, so that no caller can have given it.
    """
    invitation = INVITATION.c
    declined = (
        sa.update(INVITATION)
        .where(
            invitation.shard == int(shard_of([member_id])[0]),
            invitation.member_id == member_id,
            invitation.state.in_([int(state) for state in OPEN]),
            ~overdue(effective_on),
        )
        .values(state=InvitationState.DECLINED)
        .returning(invitation.invitation_id, invitation.shard, invitation.member_id)
        .cte("declined")
    )
    acts = {
        "request_id": declined.c.invitation_id + " declined",
        "kind": sa.literal(int(ActKind.INVITATION_DECLINED), sa.SmallInteger()),
        "shard": declined.c.shard,
        "member_id": declined.c.member_id,
        "actor_id": sa.literal(act.actor_id),
        "note": sa.literal(""),
        "effective_on": sa.literal(day_date(effective_on), sa.Date()),
        "details": sa.func.jsonb_build_object(
            sa.literal("invitation_id"), declined.c.invitation_id,
            sa.literal("request_id"), sa.literal(act.request_id),
        ),
    }  # fmt: skip
    connection.execute(
        sa.insert(STAFF_ACT).from_select(list(acts), sa.select(*acts.values()).select_from(declined))
    )


def blank_notes(connection: sa.Connection, member_ids: Sequence[str], *, but: str) -> None:
    """Takes away what staff wrote of members, but for one request, and which values their records were given.

    What was written of a gift tells of both its members.
    """
    act, gift = STAFF_ACT.c, STATUS_GIFT.c
    to_them = sa.select(gift.shard, gift.member_id).where(gift.recipient_member_id.in_(member_ids))
    key = sa.tuple_(act.shard, act.member_id)
    of_them = key.in_(list(zip(shard_of(member_ids).tolist(), member_ids, strict=True)))
    told_to_them = key.in_(to_them) & (act.kind == ActKind.STATUS_GIFTED)
    # One after the other: an index leads to the acts of either, and none to those of both at once.
    for told in (of_them, told_to_them):
        connection.execute(sa.update(STAFF_ACT).where(told, act.request_id != but).values(note=""))
    connection.execute(
        sa.update(STAFF_ACT).where(of_them, act.kind == ActKind.MEMBER_UPDATED).values(details={})
    )
