"""Invitations in and out of the database."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from services.kernel.calendar import day_date
from services.kernel.columns import Mask
from services.kernel.shards import SHARDS, shard_of
from services.runtime.arrays import unnested
from services.runtime.database import Fetch, fetching
from services.tier.acts import CARAT, OPEN, ActKind, Invitations, InvitationState
from services.tier.tables import INVITATION, STAFF_ACT

Overdue = sa.ColumnElement[bool]

_COLUMNS = [INVITATION.c[field.name] for field in fields(Invitations)]
_IS_OPEN = INVITATION.c.state.in_([int(state) for state in OPEN])


def read_invitation(connection: sa.Connection, invitation_id: str, *, lock: bool) -> Invitations:
    """The invitation of an id, or none; with `lock` no one else answers it until the transaction ends."""
    statement = sa.select(*_COLUMNS).where(INVITATION.c.invitation_id == invitation_id)
    return _read(fetching(connection), statement.with_for_update() if lock else statement)


def has_open(connection: sa.Connection, member_id: str, today: int) -> bool:
    """Whether an answer to an invitation of the member is still waited for; who asks holds the member's standing."""
    waiting = sa.exists().where(_of_members([member_id]), _IS_OPEN, ~overdue(today))
    return bool(connection.scalar(sa.select(waiting)))


def insert_invitation(connection: sa.Connection, invitation: Invitations) -> None:
    """Adds the one invitation; its `seq` is given by the database."""
    columns = {field.name: getattr(invitation, field.name) for field in fields(Invitations)}
    values = {name: column.tolist()[0] for name, column in columns.items() if name != "seq"}
    days = {name: day_date(values[name]) for name in ("proposed_on", "expires_on")}
    connection.execute(sa.insert(INVITATION).values({**values, **days}))


def approve_invitation(
    connection: sa.Connection, invitation_id: str, approved_by: str, expires_on: int
) -> None:
    """Notes that the invitation was approved, and how long the member may answer it."""
    connection.execute(
        sa.update(INVITATION)
        .where(INVITATION.c.invitation_id == invitation_id)
        .values(state=InvitationState.APPROVED, approved_by=approved_by, expires_on=day_date(expires_on))
    )


def close_invitation(connection: sa.Connection, invitation_id: str, state: InvitationState) -> None:
    """Notes the last answer to the invitation."""
    connection.execute(
        sa.update(INVITATION).where(INVITATION.c.invitation_id == invitation_id).values(state=state)
    )


def list_invitations(
    fetch: Fetch, member_id: str, state: int, today: int, before_seq: int | None, limit: int
) -> Invitations:
    """Invitations as they are today, newest first, from one before `before_seq` (None: from the newest).

    '' asks for those of all members, state 0 for those in any state.
    """
    statement = sa.select(*_COLUMNS)
    if member_id:
        statement = statement.where(_of_members([member_id]))
    if state == InvitationState.EXPIRED:
        statement = statement.where((INVITATION.c.state == state) | overdue(today))
    elif state:
        statement = statement.where(INVITATION.c.state == state, ~overdue(today))
    if before_seq is not None:
        statement = statement.where(INVITATION.c.seq < before_seq)
    return _read(fetch, statement.order_by(INVITATION.c.seq.desc()).limit(limit))


def overdue(as_of: int) -> Overdue:
    """Which open invitations nobody may answer any more as of a day."""
    return _IS_OPEN & (INVITATION.c.expires_on < day_date(as_of))


def count_overdue(fetch: Fetch, as_of: int) -> NDArray[np.int64]:
    """Overdue invitations in each shard."""
    shard = INVITATION.c.shard
    counted = fetch(sa.select(shard, sa.func.count().label("rows")).where(overdue(as_of)).group_by(shard))
    rows = np.zeros(SHARDS, dtype=np.int64)
    rows[counted["shard"]] = counted["rows"]
    return rows


def read_overdue(fetch: Fetch, as_of: int, first_shard: int, last_shard: int) -> Invitations:
    """The overdue invitations of consecutive shards, in order of shard and member."""
    within = INVITATION.c.shard.between(first_shard, last_shard)
    return _read(fetch, _in_order(sa.select(*_COLUMNS).where(within, overdue(as_of))))


def read_overdue_of(fetch: Fetch, member_ids: Sequence[str], as_of: int, *, lock: bool) -> Invitations:
    """The overdue invitations of members, in order of shard and member."""
    statement = _in_order(sa.select(*_COLUMNS).where(_of_members(member_ids), overdue(as_of)))
    return _read(fetch, statement.with_for_update() if lock else statement)


def expire_invitations(connection: sa.Connection, invitations: Invitations, run_id: str) -> Mask:
    """Closes those of the invitations that nobody has answered since they were read; answers which.

    Each is written down as an act of nobody, on the day after the last for an answer. Its request id has a space,
    so that no caller can have given it.
    """
    given = unnested(
        {
            "invitation_id": (invitations.invitation_id, sa.Text()),
            "state": (invitations.state, sa.SmallInteger()),
        }
    )
    unanswered = [INVITATION.c[name] == given.c[name] for name in ("invitation_id", "state")]
    closed = (
        sa.update(INVITATION)
        .where(*unanswered)
        .values(state=InvitationState.EXPIRED)
        .returning(*_COLUMNS)
        .cte("closed")
    )
    acts = {
        "request_id": closed.c.invitation_id + " expired",
        "kind": sa.literal(int(ActKind.INVITATION_EXPIRED), sa.SmallInteger()),
        "shard": closed.c.shard,
        "member_id": closed.c.member_id,
        "actor_id": sa.literal(CARAT),
        "note": sa.literal(""),
        "effective_on": closed.c.expires_on + 1,
        "details": sa.func.jsonb_build_object(
            sa.literal("invitation_id"), closed.c.invitation_id, sa.literal("run_id"), sa.literal(run_id)
        ),
    }
    inserted = sa.insert(STAFF_ACT).from_select(list(acts), sa.select(*acts.values()).select_from(closed))
    written = connection.execute(inserted.returning(STAFF_ACT.c.details["invitation_id"].astext))
    return np.isin(invitations.invitation_id.astype(str), list(written.scalars()))


def read_expired(fetch: Fetch, run_id: str, first_shard: int, last_shard: int) -> Invitations:
    """The invitations of consecutive shards that a run closed, in order of shard and member."""
    act = STAFF_ACT.c
    expired = (act.kind == int(ActKind.INVITATION_EXPIRED)) & (act.details["run_id"].astext == run_id)
    by_run = INVITATION.join(STAFF_ACT, act.details["invitation_id"].astext == INVITATION.c.invitation_id)
    statement = sa.select(*_COLUMNS).select_from(by_run)
    return _read(fetch, _in_order(statement.where(expired, act.shard.between(first_shard, last_shard))))


def _read(fetch: Fetch, statement: sa.Select[Any]) -> Invitations:
    return Invitations(**fetch(statement))


def _in_order(statement: sa.Select[Any]) -> sa.Select[Any]:
    return statement.order_by(INVITATION.c.shard, INVITATION.c.member_id, INVITATION.c.seq)


def _of_members(member_ids: Sequence[str]) -> sa.ColumnElement[bool]:
    shards = shard_of(member_ids).tolist()
    keys = sa.tuple_(INVITATION.c.shard, INVITATION.c.member_id)
    return keys.in_(list(zip(shards, member_ids, strict=True)))
