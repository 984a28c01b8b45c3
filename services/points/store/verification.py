"""The ledger's promises, checked on live data by one statement each (README, What it promises)."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import sqlalchemy as sa

from services.kernel.shards import SHARDS
from services.points.columns import Amounts
from services.points.ledger_columns import EntryKind
from services.points.reversal_columns import ReversalState
from services.points.store.promises import PROMISES
from services.points.tables import ENTRY, METADATA, REVERSAL
from services.runtime.database import fetching

_NAMED_MEMBERS: Final = 20


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found; `members` are at most 20 of those who break the promise."""

    promise: str
    checked: int
    breaches: int
    members: list[str]


@dataclass(frozen=True, slots=True)
class ShardSums:
    """What purchases that were not taken back come to in each of the 4,096 shards, for comparison with Tier."""

    points: Amounts
    spend: Amounts
    visits: Amounts


def check(connection: sa.Connection, promise: str) -> Finding:
    """How a promise stands at this moment."""
    rows, breaking = PROMISES[promise]
    broken = sa.text(breaking).columns(sa.column("member_id", sa.Text)).cte("broken")
    some = (
        sa.select(broken.c.member_id).distinct().order_by(broken.c.member_id).limit(_NAMED_MEMBERS).subquery()
    )
    checked, breaches, members = connection.execute(
        sa.select(
            sa.select(sa.func.count()).select_from(METADATA.tables[rows]).scalar_subquery(),
            sa.select(sa.func.count()).select_from(broken).scalar_subquery(),
            sa.select(sa.func.array_agg(some.c.member_id)).scalar_subquery(),
        )
    ).one()
    return Finding(promise, checked, breaches, sorted(members or []))


def read_sums_by_shard(connection: sa.Connection) -> ShardSums:
    """Qualifying points, qualifying spend and treatments of purchases, less what was taken back of them.

    What was taken back is told of the record that bought, whichever holds the points after a merge.
    """
    bought = sa.select(
        ENTRY.c.shard,
        ENTRY.c.multiplied_points.label("points"),
        ENTRY.c.qualifying_spend_minor.label("spend"),
        ENTRY.c.treatments.label("visits"),
    ).where(ENTRY.c.kind == EntryKind.PURCHASE)
    taken_back = sa.select(
        REVERSAL.c.purchase_shard,
        -REVERSAL.c.multiplied_points,
        -REVERSAL.c.qualifying_spend_minor,
        -REVERSAL.c.treatments,
    ).where(REVERSAL.c.state == ReversalState.POSTED)
    moved = bought.union_all(taken_back).subquery("moved")
    sums = (
        sa.cast(sa.func.sum(moved.c[name]), sa.BigInteger).label(name)
        for name in ("points", "spend", "visits")
    )
    fetched = fetching(connection)(sa.select(moved.c.shard, *sums).group_by(moved.c.shard))
    columns = {name: np.zeros(SHARDS, dtype=np.int64) for name in ("points", "spend", "visits")}
    for name, column in columns.items():
        column[fetched["shard"]] = fetched[name]
    return ShardSums(**columns)
