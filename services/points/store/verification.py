"""The ledger's promises, checked on live data by one statement each (README, What it promises)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import sqlalchemy as sa

from services.kernel.shards import SHARDS
from services.points.columns import Amounts
from services.points.ledger_columns import EARNING, EntryKind
from services.points.tables import ACCOUNT, ENTRY, PENDING_PURCHASE
from services.runtime.database import fetching

_NAMED_MEMBERS: Final = 20


@dataclass(frozen=True, slots=True)
class Promise:
    """A promise in words, how many rows it is about, and a select of the members (`member_id`) who break it."""

    text: str
    rows: sa.Table
    breaches: sa.Select[tuple[str]]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found; `members` are at most 20 of those who break the promise."""

    promise: str
    checked: int
    breaches: int
    members: list[str]


def promises() -> Iterator[Promise]:
    """Every promise that the data of this service alone can break."""
    yield Promise(
        "A balance is the sum of the member's entries.", ENTRY, _unequal(ACCOUNT.c.balance, ENTRY.c.points)
    )
    yield Promise(
        "What a member ever earned is the sum of what was earned, less what was taken back of it.",
        ENTRY,
        _unequal(ACCOUNT.c.lifetime_earned, sa.case((ENTRY.c.kind.in_(EARNING), ENTRY.c.points), else_=0)),
    )
    yield Promise("A transaction has one entry.", ENTRY, _posted_twice())
    yield Promise("A purchase is pending or posted, never both.", PENDING_PURCHASE, _pending_and_posted())
    yield Promise("A balance is negative only by a reversal.", ACCOUNT, _negative())


def check(connection: sa.Connection, promise: Promise) -> Finding:
    """How a promise stands at this moment."""
    broken = promise.breaches.cte("broken")
    some = (
        sa.select(broken.c.member_id).distinct().order_by(broken.c.member_id).limit(_NAMED_MEMBERS).subquery()
    )
    checked, breaches, members = connection.execute(
        sa.select(
            sa.select(sa.func.count()).select_from(promise.rows).scalar_subquery(),
            sa.select(sa.func.count()).select_from(broken).scalar_subquery(),
            sa.select(sa.func.array_agg(some.c.member_id)).scalar_subquery(),
        )
    ).one()
    return Finding(promise.text, checked, breaches, sorted(members or []))


def read_points_by_shard(connection: sa.Connection) -> Amounts:
    """Points earned by purchases in each of the 4,096 shards."""
    fetched = fetching(connection)(
        sa.select(ENTRY.c.shard, sa.cast(sa.func.sum(ENTRY.c.points), sa.BigInteger).label("points"))
        .where(ENTRY.c.kind == EntryKind.PURCHASE)
        .group_by(ENTRY.c.shard)
    )
    by_shard = np.zeros(SHARDS, dtype=np.int64)
    by_shard[fetched["shard"]] = fetched["points"]
    return by_shard


def _unequal(kept: sa.ColumnElement[Any], added: sa.ColumnElement[Any]) -> sa.Select[Any]:
    sums = (
        sa.select(ENTRY.c.shard, ENTRY.c.member_id, sa.func.sum(added).label("points"))
        .group_by(ENTRY.c.shard, ENTRY.c.member_id)
        .subquery("sums")
    )
    same = sa.and_(ACCOUNT.c.shard == sums.c.shard, ACCOUNT.c.member_id == sums.c.member_id)
    return (
        sa.select(sa.func.coalesce(ACCOUNT.c.member_id, sums.c.member_id).label("member_id"))
        .select_from(ACCOUNT.outerjoin(sums, same, full=True))
        .where(sa.func.coalesce(kept, 0) != sa.func.coalesce(sums.c.points, 0))
    )


def _posted_twice() -> sa.Select[Any]:
    return (
        sa.select(sa.func.min(ENTRY.c.member_id).label("member_id"))
        .group_by(ENTRY.c.transaction_id)
        .having(sa.func.count() > 1)
    )


def _pending_and_posted() -> sa.Select[Any]:
    both = PENDING_PURCHASE.c.transaction_id == ENTRY.c.transaction_id
    waits = PENDING_PURCHASE.c.refused_reason.is_(None)
    return sa.select(ENTRY.c.member_id).select_from(ENTRY.join(PENDING_PURCHASE, both)).where(waits)


def _negative() -> sa.Select[Any]:
    return sa.select(ACCOUNT.c.member_id).where(ACCOUNT.c.balance < 0)
