"""What a member sees: the balance, and ledger entries newest first or by the day on which they count."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, NamedTuple

import sqlalchemy as sa

from services.kernel.shards import shard_of
from services.points.tables import ACCOUNT, ENTRY, ENTRY_NOTE, PENDING_PURCHASE


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
    """A member's entries from the newest on, or from the one before `before_entry`: rows of `entry` with who decided
    them and why.

    None for one who was never enrolled and never bought.
    """
    shard = int(shard_of([member_id])[0])
    wanted = _NOTED.where(ENTRY.c.shard == shard, ENTRY.c.member_id == member_id)
    if before_entry is not None:
        wanted = wanted.where(ENTRY.c.entry_id < before_entry)
    entries = connection.execute(wanted.order_by(ENTRY.c.entry_id.desc()).limit(limit)).all()
    return entries if entries or has_account(connection, shard, member_id) else None


def read_entry(connection: sa.Connection, transaction_id: str) -> sa.Row[Any]:
    """The entry of a transaction that the ledger holds, with who decided it and why."""
    return connection.execute(_NOTED.where(ENTRY.c.transaction_id == transaction_id)).one()


@dataclass(frozen=True, slots=True)
class Opening:
    """Where a statement begins: the balance before its first day, and the newest entry that it may show."""

    balance: int
    newest_entry: int


def read_opening(connection: sa.Connection, member_id: str, first: date) -> Opening | None:
    """What counts before a day; None for one who was never enrolled and never bought."""
    shard = int(shard_of([member_id])[0])
    before = sa.func.sum(ENTRY.c.points).filter(ENTRY.c.occurred_on < first)
    row = connection.execute(
        sa.select(
            sa.cast(sa.func.coalesce(before, 0), sa.BigInteger),
            sa.func.coalesce(sa.func.max(ENTRY.c.entry_id), 0),
        ).where(ENTRY.c.shard == shard, ENTRY.c.member_id == member_id)
    ).one()
    return Opening(*row) if has_account(connection, shard, member_id) else None


class Place(NamedTuple):
    """Where an entry stands in a statement."""

    occurred_on: date
    entry_id: int


def read_page(
    connection: sa.Connection, member_id: str, after: Place, until: date, newest_entry: int, limit: int
) -> Sequence[sa.Row[Any]]:
    """The next entries of a statement by their places: rows of `entry` with who decided them and why."""
    place = sa.tuple_(ENTRY.c.occurred_on, ENTRY.c.entry_id)
    wanted = _NOTED.where(
        ENTRY.c.shard == int(shard_of([member_id])[0]),
        ENTRY.c.member_id == member_id,
        place > sa.tuple_(*after),
        ENTRY.c.occurred_on <= until,
        ENTRY.c.entry_id <= newest_entry,
    )
    return connection.execute(wanted.order_by(ENTRY.c.occurred_on, ENTRY.c.entry_id).limit(limit)).all()


_NOTED: Final = sa.select(
    ENTRY,
    sa.func.coalesce(ENTRY_NOTE.c.actor_id, "").label("actor_id"),
    sa.func.coalesce(ENTRY_NOTE.c.note, "").label("note"),
).select_from(ENTRY.outerjoin(ENTRY_NOTE, ENTRY.c.transaction_id == ENTRY_NOTE.c.transaction_id))


def has_account(connection: sa.Connection, shard: int, member_id: str) -> bool:
    """Whether somebody was enrolled or bought."""
    account = sa.select(ACCOUNT.c.shard).where(ACCOUNT.c.shard == shard, ACCOUNT.c.member_id == member_id)
    return connection.scalar(account) is not None
