"""Accounts in which points may have expired, for the bulk job, and what a run took from them."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from services.kernel.calendar import Days, day_date
from services.kernel.columns import Index, Mask
from services.kernel.shards import SHARDS, shard_of
from services.points.columns import Amounts
from services.points.ledger_columns import BOUGHT, Accounts, EntryKind, Lots
from services.points.rules.expiry import Overdue
from services.points.store.accounts import CAME_ON, read_held
from services.points.store.redemptions import holds_at
from services.points.tables import ACCOUNT, ENTRY, REDEMPTION
from services.runtime.arrays import rows_of
from services.runtime.database import Fetch, fetching

_ACCOUNT_COLUMNS: Final = [ACCOUNT.c[field.name] for field in fields(Accounts)]
_VERSION: Final = sa.cast(sa.literal_column("account.xmin::text"), sa.BigInteger).label("version")
"""The transaction that wrote the row: another one after whatever changed the account."""


@dataclass(frozen=True, slots=True)
class Versioned:
    """Accounts as they were read; `held` are the points that authorisations held at an instant.

    Entries are written with their effect on the account, in one transaction: an account of the same version has the
    same entries. Authorisations leave it alone, but take its lock: what is held is told beside.
    """

    accounts: Accounts
    version: NDArray[np.int64]
    held: Amounts


@dataclass(frozen=True, slots=True)
class RecordedExpirations:
    """Points that a run took, one row a member and day; `balance` is what the member had left."""

    member_id: NDArray[np.object_]
    expired_on: Days
    points: Amounts
    balance: Amounts


def count_overdue(fetch: Fetch, overdue: Sequence[Overdue]) -> NDArray[np.int64]:
    """Accounts in each shard whose oldest points may have expired."""
    shard = ACCOUNT.c.shard
    counted = fetch(sa.select(shard, sa.func.count().label("accounts")).where(_are(overdue)).group_by(shard))
    accounts = np.zeros(SHARDS, dtype=np.int64)
    accounts[counted["shard"]] = counted["accounts"]
    return accounts


def read_overdue(
    fetch: Fetch, overdue: Sequence[Overdue], held_at: datetime, first_shard: int, last_shard: int
) -> tuple[Versioned, Lots]:
    """Those accounts of consecutive shards, in order of shard and member, and what their entries add up to by day."""
    shards = ACCOUNT.c.shard.between(first_shard, last_shard)
    return _versioned(fetch(_with_lots(held_at).where(shards, _are(overdue))))


def read_overdue_of(
    fetch: Fetch, overdue: Sequence[Overdue], held_at: datetime, member_ids: NDArray[np.object_]
) -> tuple[Versioned, Lots]:
    """The same of some members, who are locked; the lots are read after that, so that nothing is missed."""
    fetch(_locked(shard_of(member_ids.tolist()), member_ids))
    members = ACCOUNT.c.member_id.in_(member_ids.tolist())
    shards = ACCOUNT.c.shard.in_(np.unique(shard_of(member_ids.tolist())).tolist())
    return _versioned(fetch(_with_lots(held_at).where(shards, members, _are(overdue))))


def lock_unchanged(connection: sa.Connection, read: Versioned, held_at: datetime) -> Mask:
    """Locks accounts in the order of their key; which are as they were read."""
    accounts = read.accounts
    found = fetching(connection)(_locked(accounts.shard, accounts.member_id))
    version = dict(zip(found["member_id"].tolist(), found["version"].tolist(), strict=True))
    same = [
        version.get(member_id) == before
        for member_id, before in zip(accounts.member_id.tolist(), read.version.tolist(), strict=True)
    ]
    unchanged: Mask = np.array(same, dtype=np.bool_) & (read_held(connection, accounts, held_at) == read.held)
    return unchanged


def read_expired(fetch: Fetch, run_id: str, first_shard: int, last_shard: int) -> RecordedExpirations:
    """The expirations that a run recorded in consecutive shards, by member, each with the balance after it."""
    of_run = (
        ENTRY.c.shard.between(first_shard, last_shard),
        ENTRY.c.kind == EntryKind.EXPIRATION,
        ENTRY.c.related_id == run_id,
    )
    earlier = ENTRY.alias("earlier")
    same = (earlier.c.shard == ENTRY.c.shard) & (earlier.c.member_id == ENTRY.c.member_id)
    balance = sa.select(sa.cast(sa.func.sum(earlier.c.points), sa.BigInteger)).where(
        same, earlier.c.entry_id <= ENTRY.c.entry_id
    )
    columns = (ENTRY.c.member_id, ENTRY.c.occurred_on.label("expired_on"), (-ENTRY.c.points).label("points"))
    found = fetch(
        sa.select(*columns, balance.scalar_subquery().label("balance"))
        .where(*of_run)
        .order_by(ENTRY.c.shard, ENTRY.c.member_id, ENTRY.c.entry_id)
    )
    return RecordedExpirations(**found)


def _are(overdue: Sequence[Overdue]) -> sa.ColumnElement[bool]:
    active = sa.func.coalesce(ACCOUNT.c.active_on, ACCOUNT.c.oldest_on)
    due: list[sa.ColumnElement[bool]] = [sa.false()]
    for each in overdue:
        day = day_date(each.earned_by)
        idle = active <= day if each.unless_active else sa.true()
        due.append(sa.and_(ACCOUNT.c.oldest_on <= day, idle))
    return sa.and_(ACCOUNT.c.balance > 0, sa.or_(*due))


def _with_lots(held_at: datetime) -> sa.Select[Any]:
    """Accounts, what they hold and the lots of their entries in one statement: all of one moment."""
    points = sa.cast(sa.func.sum(ENTRY.c.points), sa.BigInteger)
    bought = ENTRY.c.kind.in_(BOUGHT).label("bought")
    lot = (
        sa.select(ENTRY.c.lot_on, bought, points.label("points"), CAME_ON)
        .where(ENTRY.c.shard == ACCOUNT.c.shard, ENTRY.c.member_id == ACCOUNT.c.member_id)
        .group_by(ENTRY.c.lot_on, bought)
        .lateral("lot")
    )
    held = sa.select(sa.cast(sa.func.coalesce(sa.func.sum(REDEMPTION.c.points), 0), sa.BigInteger)).where(
        REDEMPTION.c.shard == ACCOUNT.c.shard,
        REDEMPTION.c.member_id == ACCOUNT.c.member_id,
        holds_at(held_at),
    )
    return (
        sa.select(*_ACCOUNT_COLUMNS, _VERSION, held.scalar_subquery().label("held"), *lot.c)
        .select_from(ACCOUNT.join(lot, sa.true()))
        .order_by(ACCOUNT.c.shard, ACCOUNT.c.member_id)
    )


def _versioned(fetched: Any) -> tuple[Versioned, Lots]:
    is_next = fetched["member_id"][1:] != fetched["member_id"][:-1]
    first: Index = np.flatnonzero(
        np.append(np.ones(min(1, len(fetched["member_id"])), dtype=np.bool_), is_next)
    )
    accounts = Accounts(**{field.name: fetched[field.name][first] for field in fields(Accounts)})
    row = np.repeat(np.arange(len(first)), np.diff(first, append=len(fetched["member_id"])))
    bought = fetched["bought"].astype(np.bool_)
    lots = Lots(row, fetched["lot_on"], bought, fetched["points"], fetched["came_on"])
    return Versioned(accounts, fetched["version"][first], fetched["held"][first]), lots


def _locked(shard: NDArray[np.int16], member_id: NDArray[np.object_]) -> sa.Select[Any]:
    wanted = rows_of(ACCOUNT, {"shard": shard, "member_id": member_id}, "wanted")
    same = (ACCOUNT.c.shard == wanted.c.shard) & (ACCOUNT.c.member_id == wanted.c.member_id)
    return (
        sa.select(ACCOUNT.c.member_id, _VERSION)
        .select_from(wanted.join(ACCOUNT, same))
        .order_by(ACCOUNT.c.shard, ACCOUNT.c.member_id)
        .with_for_update(of=ACCOUNT)
    )
