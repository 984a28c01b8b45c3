"""Accounts and their lots in and out of the database, always in the order of shard and member."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Final

import numpy as np
import sqlalchemy as sa

from services.kernel.calendar import Days, day_date
from services.kernel.shards import shard_of
from services.points.columns import Amounts
from services.points.ledger_columns import BOUGHT, Accounts, Lots
from services.points.rules.lots import OLDEST_DAY
from services.points.store.redemptions import holds_at
from services.points.tables import ACCOUNT, ENTRY, REDEMPTION
from services.runtime.arrays import rows_of, unnested
from services.runtime.database import Fetch, fetching

_COLUMNS: Final = [ACCOUNT.c[field.name] for field in fields(Accounts)]

_LONG_AGO: Final = sa.literal(day_date(OLDEST_DAY), sa.Date)
CAME_ON: Final = sa.func.coalesce(
    sa.func.max(ENTRY.c.occurred_on).filter(ENTRY.c.points > 0), _LONG_AGO
).label("came_on")
"""The last day on which points of a lot came; long ago where they only went."""


def read_accounts(connection: sa.Connection, member_ids: Sequence[str], *, lock: bool) -> Accounts:
    """The accounts of those who have one; with `lock` no one else changes them until the transaction ends."""
    return fetch_accounts(fetching(connection), member_ids, lock=lock)


def fetch_accounts(fetch: Fetch, member_ids: Sequence[str], *, lock: bool) -> Accounts:
    """The same by any reader; only one inside a transaction can lock."""
    wanted = rows_of(ACCOUNT, {"shard": shard_of(member_ids), "member_id": list(member_ids)}, "wanted")
    same = (ACCOUNT.c.shard == wanted.c.shard) & (ACCOUNT.c.member_id == wanted.c.member_id)
    statement = (
        sa.select(*_COLUMNS)
        .select_from(wanted.join(ACCOUNT, same))
        .order_by(ACCOUNT.c.shard, ACCOUNT.c.member_id)
    )
    return Accounts(**fetch(statement.with_for_update(of=ACCOUNT) if lock else statement))


def read_lots(fetch: Fetch, accounts: Accounts) -> Lots:
    """What the entries of the accounts add up to by day of earning."""
    wanted = unnested(
        {
            "row": (np.arange(len(accounts), dtype=np.int64), sa.BigInteger()),
            "shard": (accounts.shard, sa.SmallInteger()),
            "member_id": (accounts.member_id, sa.Text()),
        },
        "wanted",
    )
    same = (ENTRY.c.shard == wanted.c.shard) & (ENTRY.c.member_id == wanted.c.member_id)
    bought = ENTRY.c.kind.in_(BOUGHT).label("bought")
    fetched = fetch(
        sa.select(
            wanted.c.row,
            ENTRY.c.lot_on,
            bought,
            sa.cast(sa.func.sum(ENTRY.c.points), sa.BigInteger).label("points"),
            CAME_ON,
        )
        .select_from(wanted.join(ENTRY, same))
        .group_by(wanted.c.row, ENTRY.c.lot_on, bought)
        .order_by(wanted.c.row, ENTRY.c.lot_on, bought)
    )
    row = fetched["row"].astype(np.intp)
    bought_or_not = fetched["bought"].astype(np.bool_)
    return Lots(row, fetched["lot_on"], bought_or_not, fetched["points"], fetched["came_on"])


def read_held(connection: sa.Connection, accounts: Accounts, now: datetime) -> Amounts:
    """Points of each account that authorisations hold at this moment."""
    wanted = rows_of(ACCOUNT, {"shard": accounts.shard, "member_id": accounts.member_id}, "wanted")
    same = (REDEMPTION.c.shard == wanted.c.shard) & (REDEMPTION.c.member_id == wanted.c.member_id)
    fetched = fetching(connection)(
        sa.select(
            REDEMPTION.c.member_id,
            sa.cast(sa.func.sum(REDEMPTION.c.points), sa.BigInteger).label("points"),
        )
        .select_from(wanted.join(REDEMPTION, same))
        .where(holds_at(now))
        .group_by(REDEMPTION.c.member_id)
    )
    held = dict(zip(fetched["member_id"].tolist(), fetched["points"].tolist(), strict=True))
    return np.array([held.get(member_id, 0) for member_id in accounts.member_id], dtype=np.int64)


def record_oldest(connection: sa.Connection, accounts: Accounts, oldest_on: Days) -> None:
    """Notes the day of each account before which no point left was earned; NEVER: none is left."""
    key = {"shard": accounts.shard, "member_id": accounts.member_id}
    wanted = rows_of(ACCOUNT, {**key, "oldest_on": oldest_on}, "wanted")
    connection.execute(
        sa.update(ACCOUNT)
        .where(
            ACCOUNT.c.shard == wanted.c.shard,
            ACCOUNT.c.member_id == wanted.c.member_id,
            ACCOUNT.c.oldest_on.is_distinct_from(wanted.c.oldest_on),
        )
        .values(oldest_on=wanted.c.oldest_on)
    )
