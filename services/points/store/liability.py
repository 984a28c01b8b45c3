"""What accounts held at the end of a day, a slice of the shards after the other, all as of one moment."""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from services.kernel.calendar import day_date
from services.kernel.shards import SHARDS
from services.points.ledger_columns import Lots
from services.points.rules.liability import Owing
from services.points.tables import ACCOUNT, ENTRY, LEVEL_CHANGE
from services.runtime.database import Database, Fetched

_SLICES: Final = 16


def read_owing(database: Database, day: int) -> Iterator[Owing]:
    """The accounts with entries that count by the end of a day, in slices that fit memory."""
    shards = SHARDS // _SLICES
    slices = (_owing(first, first + shards - 1, day) for first in range(0, SHARDS, shards))
    for fetched in database.fetch_arrow_of_one_moment(slices):
        yield _owing_of(fetched)


def _owing_of(fetched: Fetched) -> Owing:
    """Rows are sorted by account; its level is told with its first lot."""
    number = fetched["account"]
    is_first = np.diff(number, prepend=-1) > 0
    row = np.cumsum(is_first).astype(np.intp) - 1
    lot_on, points = fetched["lot_on"], fetched["points"].astype(np.int64)
    # How old points are depends neither on whether they were bought nor on the day on which they came.
    lots = Lots(row, lot_on, np.zeros(len(row), dtype=np.bool_), points, lot_on)
    return Owing(lots, fetched["tier_system"][is_first], fetched["level"][is_first])


def _owing(first: int, last: int, day: int) -> sa.Select[Any]:
    accounts = _levels_on(first, last, day)
    lots = _lots_until(first, last, day)
    same = (lots.c.shard == accounts.c.shard) & (lots.c.member_id == accounts.c.member_id)
    return (
        sa.select(
            accounts.c.account,
            accounts.c.tier_system,
            accounts.c.level,
            lots.c.lot_on,
            lots.c.points,
        )
        .select_from(accounts.join(lots, same))
        .order_by(accounts.c.account)
    )


def _lots_until(first: int, last: int, day: int) -> sa.Subquery:
    key = (ENTRY.c.shard, ENTRY.c.member_id, ENTRY.c.lot_on)
    points = sa.cast(sa.func.sum(ENTRY.c.points), sa.BigInteger).label("points")
    return (
        sa.select(*key, points)
        .where(ENTRY.c.shard.between(first, last), ENTRY.c.occurred_on <= day_date(day))
        .group_by(*key)
        .subquery("lots")
    )


def _levels_on(first: int, last: int, day: int) -> sa.Subquery:
    """Accounts, numbered, with the level held at the end of a day.

    That is where the last change by then led, else what the first later one left, else the account's own level.
    """
    before = _changes(first, last, LEVEL_CHANGE.c.effective_on <= day_date(day), newest=True)
    after = _changes(first, last, LEVEL_CHANGE.c.effective_on > day_date(day), newest=False)

    def held(to: str, left: str, own: str) -> sa.ColumnElement[str]:
        return sa.func.coalesce(before.c[to], after.c[left], ACCOUNT.c[own]).label(own)

    joined: sa.FromClause = ACCOUNT
    for each in (before, after):
        same = (ACCOUNT.c.shard == each.c.shard) & (ACCOUNT.c.member_id == each.c.member_id)
        joined = joined.outerjoin(each, same)
    return (
        sa.select(
            ACCOUNT.c.shard,
            ACCOUNT.c.member_id,
            sa.func.row_number().over(order_by=(ACCOUNT.c.shard, ACCOUNT.c.member_id)).label("account"),
            held("to_system", "from_system", "tier_system"),
            held("to_level", "from_level", "level"),
        )
        .select_from(joined)
        .where(ACCOUNT.c.shard.between(first, last))
        .subquery("accounts")
    )


def _changes(first: int, last: int, on_side: sa.ColumnElement[bool], *, newest: bool) -> sa.Subquery:
    change = LEVEL_CHANGE.c
    order = change.sequence.desc() if newest else change.sequence
    return (
        sa.select(LEVEL_CHANGE)
        .where(change.shard.between(first, last), on_side)
        .ext(postgresql.distinct_on(change.shard, change.member_id))
        .order_by(change.shard, change.member_id, order)
        .subquery("before" if newest else "after")
    )
