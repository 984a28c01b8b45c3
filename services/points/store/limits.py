"""How much of the room below 2^63 - 1 points a member has used, counting what may still be posted."""

from typing import Any, Final

import numpy as np
import sqlalchemy as sa

from services.points.columns import Amounts, Pending
from services.points.ledger_columns import Accounts
from services.points.rules.limits import MICROPOINTS_PER_POINT_AT_LEAST, decide_room
from services.points.rules.policy import POINTS_LIMIT_OF_BONUS
from services.points.tables import ACCOUNT, PENDING_PURCHASE
from services.runtime.arrays import unnested

_LARGE_PURCHASES_LOCK: Final = 0x0CA7A8


def read_commitments(connection: sa.Connection, large: Pending) -> list[int]:
    """The points that each purchase's member has (or ever earned), and at most gets for what else is accepted.

    `large` are purchases held by this transaction. Transactions that hold large ones wait for each other
    here, so that none is overlooked; the statement that counts sees a balance and what is to be added to it
    at one moment.
    """
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LARGE_PURCHASES_LOCK)))
    given = unnested({"shard": (large.shard, sa.SmallInteger()), "member_id": (large.member_id, sa.Text())})
    these = unnested({"transaction_id": (large.transaction_id, sa.Text())}, "these")
    others = (
        sa.select(sa.func.coalesce(sa.func.sum(_most_points()), 0))
        .where(
            PENDING_PURCHASE.c.shard == given.c.shard,
            PENDING_PURCHASE.c.member_id == given.c.member_id,
            PENDING_PURCHASE.c.refused_reason.is_(None),
            PENDING_PURCHASE.c.transaction_id.not_in(sa.select(these.c.transaction_id)),
        )
        .correlate(given)
        .scalar_subquery()
    )
    used = sa.func.coalesce(sa.func.greatest(ACCOUNT.c.balance, ACCOUNT.c.lifetime_earned), 0)
    rows = connection.execute(
        sa.select(given.c.member_id, used + others).select_from(
            given.outerjoin(
                ACCOUNT, sa.and_(ACCOUNT.c.shard == given.c.shard, ACCOUNT.c.member_id == given.c.member_id)
            )
        )
    )
    committed = {member_id: int(points) for member_id, points in rows}
    return [committed[member_id] for member_id in large.member_id]


def read_room(connection: sa.Connection, accounts: Accounts) -> Amounts:
    """Points that each of the accounts, locked by this transaction, may get beside what is accepted for it.

    No large purchase is accepted until the transaction ends: it would count on the same room.
    """
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock_shared(_LARGE_PURCHASES_LOCK)))
    given = unnested(
        {"shard": (accounts.shard, sa.SmallInteger()), "member_id": (accounts.member_id, sa.Text())}
    )
    same = (PENDING_PURCHASE.c.shard == given.c.shard) & (PENDING_PURCHASE.c.member_id == given.c.member_id)
    rows = connection.execute(
        sa.select(given.c.member_id, sa.func.sum(_most_points()))
        .select_from(given.join(PENDING_PURCHASE, same))
        .where(PENDING_PURCHASE.c.refused_reason.is_(None))
        .group_by(given.c.member_id)
    )
    coming = {member_id: int(points) for member_id, points in rows}
    used = np.maximum(accounts.balance, accounts.lifetime_earned)
    return decide_room(used, [coming.get(member_id, 0) for member_id in accounts.member_id])


def _most_points() -> sa.ColumnElement[Any]:
    """As `rules.limits.most_points`; the sum over many passes 64 bits."""
    pending = PENDING_PURCHASE.c
    micropoints = pending.base_micropoints + pending.package_micropoints
    multiplied = micropoints // MICROPOINTS_PER_POINT_AT_LEAST
    bonuses = sa.cast(pending.treatments, sa.BigInteger) * POINTS_LIMIT_OF_BONUS
    return sa.cast(multiplied + bonuses, sa.Numeric)
