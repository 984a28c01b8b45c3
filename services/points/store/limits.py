"""How much of the room below 2^63 - 1 points a member has used, counting what may still be posted."""

from typing import Final

import sqlalchemy as sa

from services.points.columns import Pending
from services.points.rules.limits import MICROPOINTS_PER_POINT_AT_LEAST
from services.points.tables import ACCOUNT, PENDING_PURCHASE
from services.runtime.arrays import unnested

_LARGE_PURCHASES_LOCK: Final = 0x0CA7A8


def read_commitments(connection: sa.Connection, large: Pending) -> list[int]:
    """The points that each purchase's member has, and at most gets for what else is accepted.

    `large` are purchases held by this transaction. Transactions that hold large ones wait for each other
    here, so that none is overlooked; the statement that counts sees a balance and what is to be added to it
    at one moment.
    """
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LARGE_PURCHASES_LOCK)))
    given = unnested({"shard": (large.shard, sa.SmallInteger()), "member_id": (large.member_id, sa.Text())})
    these = unnested({"transaction_id": (large.transaction_id, sa.Text())}, "these")
    most_points = (
        sa.cast(PENDING_PURCHASE.c.base_micropoints, sa.Numeric) / MICROPOINTS_PER_POINT_AT_LEAST + 1
    )
    others = (
        sa.select(sa.func.coalesce(sa.func.sum(most_points), 0))
        .where(
            PENDING_PURCHASE.c.shard == given.c.shard,
            PENDING_PURCHASE.c.member_id == given.c.member_id,
            PENDING_PURCHASE.c.refused_reason.is_(None),
            PENDING_PURCHASE.c.transaction_id.not_in(sa.select(these.c.transaction_id)),
        )
        .correlate(given)
        .scalar_subquery()
    )
    rows = connection.execute(
        sa.select(given.c.member_id, sa.func.coalesce(ACCOUNT.c.balance, 0) + others).select_from(
            given.outerjoin(
                ACCOUNT, sa.and_(ACCOUNT.c.shard == given.c.shard, ACCOUNT.c.member_id == given.c.member_id)
            )
        )
    )
    committed = {member_id: int(points) for member_id, points in rows}
    return [committed[member_id] for member_id in large.member_id]
