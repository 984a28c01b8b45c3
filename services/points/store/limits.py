"""How much of the room below 2^63 - 1 points a member has used, counting what may still be posted."""

from collections.abc import Mapping
from typing import Any, Final

import sqlalchemy as sa

from services.kernel.shards import shard_of
from services.points.columns import Amounts, Pending, Texts
from services.points.ledger_columns import Accounts
from services.points.rules.limits import (
    MICROPOINTS_PER_POINT_AT_LEAST,
    POINTS_LIMIT_OF_BONUS,
    decide_room,
)
from services.points.tables import ACCOUNT, PENDING_PURCHASE
from services.runtime.arrays import rows_of

_LARGE_PURCHASES_LOCK: Final = 0x0CA7A8


def read_commitments(connection: sa.Connection, large: Pending) -> list[int]:
    """The points that each purchase's member has (or ever earned), and at most gets for what else is accepted.

    `large` are purchases held by this transaction. Transactions that hold large ones wait for each other
    here, so that none is overlooked.
    """
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LARGE_PURCHASES_LOCK)))
    these = rows_of(PENDING_PURCHASE, {"transaction_id": large.transaction_id}, "these")
    of_others = PENDING_PURCHASE.c.transaction_id.not_in(sa.select(these.c.transaction_id))
    committed = _read_committed(connection, large.member_id, of_others)
    return [committed[member_id] for member_id in large.member_id]


def read_room(connection: sa.Connection, accounts: Accounts) -> Amounts:
    """Points that each of the accounts, locked by this transaction, may get beside what is accepted for it.

    No large purchase is accepted until the transaction ends: it would count on the same room.
    """
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock_shared(_LARGE_PURCHASES_LOCK)))
    committed = _read_committed(connection, accounts.member_id)
    return decide_room([committed[member_id] for member_id in accounts.member_id])


def _read_committed(
    connection: sa.Connection, member_ids: Texts, *which: sa.ColumnElement[bool]
) -> Mapping[str, int]:
    """What members have, or ever earned if that is more, and at most get for `which` of what is accepted.

    One statement sees a balance and what is to be added to it at one moment. It joins, for many may be pending.
    """
    names = list(dict.fromkeys(member_ids))
    given = rows_of(ACCOUNT, {"shard": shard_of(names), "member_id": names})
    account, pending = (
        (table.c.shard == given.c.shard) & (table.c.member_id == given.c.member_id)
        for table in (ACCOUNT, PENDING_PURCHASE)
    )
    used = sa.func.coalesce(sa.func.greatest(ACCOUNT.c.balance, ACCOUNT.c.lifetime_earned), 0)
    coming = sa.func.coalesce(sa.func.sum(_most_points()), 0)
    still_accepted = PENDING_PURCHASE.c.refused_reason.is_(None)
    rows = connection.execute(
        sa.select(given.c.member_id, used + coming)
        .select_from(
            given.outerjoin(ACCOUNT, account).outerjoin(
                PENDING_PURCHASE, sa.and_(pending, still_accepted, *which)
            )
        )
        .group_by(given.c.member_id, used)
    )
    return {member_id: int(points) for member_id, points in rows}


def _most_points() -> sa.ColumnElement[Any]:
    """As `rules.limits.most_points`; the sum over many passes 64 bits."""
    pending = PENDING_PURCHASE.c
    micropoints = pending.base_micropoints + pending.package_micropoints
    multiplied = micropoints // MICROPOINTS_PER_POINT_AT_LEAST
    bonuses = sa.cast(pending.treatments, sa.BigInteger) * POINTS_LIMIT_OF_BONUS
    return sa.cast(multiplied + bonuses, sa.Numeric)
