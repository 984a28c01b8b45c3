"""What staff did, in and out of the database."""

from typing import Any

import sqlalchemy as sa

from services.kernel.calendar import day_date
from services.kernel.shards import shard_of
from services.tier.acts import Act, ActKind
from services.tier.tables import STAFF_ACT


def read_act(connection: sa.Connection, request_id: str) -> Act | None:
    """What was done under a request id."""
    act = STAFF_ACT.c
    columns = (act.request_id, act.kind, act.member_id, act.actor_id, act.note, act.details)
    found = connection.execute(sa.select(*columns).where(act.request_id == request_id)).one_or_none()
    return None if found is None else Act(found[0], ActKind(found[1]), *found[2:])


def insert_act(connection: sa.Connection, act: Act, effective_on: int) -> None:
    """Writes an act down; whoever loses a race for its request id fails with IntegrityError."""
    connection.execute(
        sa.insert(STAFF_ACT).values(
            request_id=act.request_id,
            kind=act.kind,
            shard=int(shard_of([act.member_id])[0]),
            member_id=act.member_id,
            actor_id=act.actor_id,
            note=act.note,
            effective_on=day_date(effective_on),
            details=dict(act.details),
        )
    )


def select_acts(member_id: str, before_seq: int | None, limit: int) -> sa.Select[Any]:
    """Acts, newest first, from one before `before_seq` (None: from the newest); '' asks for those of all members."""
    statement = sa.select(STAFF_ACT)
    if member_id:
        shard = int(shard_of([member_id])[0])
        statement = statement.where(STAFF_ACT.c.shard == shard, STAFF_ACT.c.member_id == member_id)
    if before_seq is not None:
        statement = statement.where(STAFF_ACT.c.seq < before_seq)
    return statement.order_by(STAFF_ACT.c.seq.desc()).limit(limit)
