"""What a member sees: the balance, and the ledger entries newest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from services.kernel.shards import shard_of
from services.points.tables import ACCOUNT, ENTRY, PENDING_PURCHASE


@dataclass(frozen=True, slots=True)
class Balance:
    """A member's points, all that were ever earned, and the purchases whose points are still to come."""

    balance: int
    lifetime_earned: int
    pending_purchases: int


def read_balance(connection: sa.Connection, member_id: str) -> Balance | None:
    """A member's balance; None for one who was never enrolled and never bought."""
    shard = int(shard_of([member_id])[0])
    pending = (
        sa.select(sa.func.count())
        .select_from(PENDING_PURCHASE)
        .where(
            PENDING_PURCHASE.c.shard == shard,
            PENDING_PURCHASE.c.member_id == member_id,
            PENDING_PURCHASE.c.waiting,
        )
        .scalar_subquery()
    )
    row = connection.execute(
        sa.select(ACCOUNT.c.balance, ACCOUNT.c.lifetime_earned, pending).where(
            ACCOUNT.c.shard == shard, ACCOUNT.c.member_id == member_id
        )
    ).one_or_none()
    return Balance(*row) if row else None


def read_entries(
    connection: sa.Connection, member_id: str, before_entry: int | None, limit: int
) -> Sequence[sa.Row[Any]] | None:
    """A member's entries from the newest on, or from the one before `before_entry`; rows of the table
    `entry`.

    None for one who was never enrolled and never bought.
    """
    shard = int(shard_of([member_id])[0])
    wanted = sa.select(ENTRY).where(ENTRY.c.shard == shard, ENTRY.c.member_id == member_id)
    if before_entry is not None:
        wanted = wanted.where(ENTRY.c.entry_id < before_entry)
    entries = connection.execute(wanted.order_by(ENTRY.c.entry_id.desc()).limit(limit)).all()
    return entries if entries or _has_account(connection, shard, member_id) else None


def _has_account(connection: sa.Connection, shard: int, member_id: str) -> bool:
    account = sa.select(ACCOUNT.c.shard).where(ACCOUNT.c.shard == shard, ACCOUNT.c.member_id == member_id)
    return connection.scalar(account) is not None
