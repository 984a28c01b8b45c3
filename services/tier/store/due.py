"""Whose review, reset or end of grace has come, for the bulk jobs."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from services.kernel.calendar import day_date
from services.kernel.shards import SHARDS
from services.runtime.database import Fetch
from services.tier.columns import Standings
from services.tier.policy import Policy
from services.tier.rules.window import DailyActivity
from services.tier.store.standings import COLUMNS, standings_of
from services.tier.tables import ACTIVITY_DAY, STANDING

Due = sa.ColumnElement[bool]


def reviews_due(policy: Policy, as_of: int, resets: Mapping[int, int]) -> Due:
    """Who has an anniversary review up to a day, or stands above the lowest level in a system whose reset came.

    `resets` gives the latest reset due by number of system. Members evaluated after it have it settled.
    """
    conditions = [STANDING.c.review_on <= day_date(as_of)]
    for system, day in resets.items():
        lowest = np.unique(policy.ladders.level_at[:, system, 0]).tolist()
        always_lowest = lowest if len(lowest) == 1 else []
        conditions.append(
            sa.and_(
                STANDING.c.system == system,
                STANDING.c.evaluated_on < day_date(day),
                STANDING.c.level.not_in(always_lowest) if always_lowest else sa.true(),
            )
        )
    return sa.or_(*conditions)


def grace_due(as_of: int) -> Due:
    """Whose grace is over on a day or before."""
    return STANDING.c.grace_until <= day_date(as_of)


def count_due(fetch: Fetch, due: Due) -> NDArray[np.int64]:
    """Members due in each shard."""
    counted = fetch(
        sa.select(STANDING.c.shard, sa.func.count().label("members")).where(due).group_by(STANDING.c.shard)
    )
    members = np.zeros(SHARDS, dtype=np.int64)
    members[counted["shard"]] = counted["members"]
    return members


def read_due(fetch: Fetch, due: Due, first_shard: int, last_shard: int) -> Standings:
    """The standings of those due in consecutive shards, in order of shard and member."""
    statement = sa.select(*COLUMNS).where(STANDING.c.shard.between(first_shard, last_shard), due)
    return standings_of(fetch(statement.order_by(STANDING.c.shard, STANDING.c.member_id)))


def read_leaving(
    fetch: Fetch,
    policy: Policy,
    standings: Standings,
    due: Due,
    as_of: int,
    first_shard: int,
    last_shard: int,
) -> DailyActivity:
    """The activity of those due that leaves their rolling windows up to a day."""
    day = np.full(len(standings), as_of, dtype=np.int32)
    start = policy.counting_start(standings.system, day)
    rolling = ~policy.counts_periods(standings.system, policy.revision_on(day)) & (standings.system >= 0)
    if not (rolling & (standings.counted_from < start)).any():
        return DailyActivity.none()
    fetched = fetch(_leaving(due, day_date(int(start[rolling].max())), first_shard, last_shard))
    row_of = {member: row for row, member in enumerate(standings.member_id.tolist())}
    row = np.array([row_of.get(member, -1) for member in fetched["member_id"].tolist()], dtype=np.intp)
    known = row >= 0
    counts = [fetched[name][known] for name in ("spend", "visits", "points")]
    return DailyActivity.of(row[known], fetched["day"][known], *counts)


def _leaving(due: Due, end: Any, first_shard: int, last_shard: int) -> sa.Select[Any]:
    day = ACTIVITY_DAY.c
    same = (day.shard == STANDING.c.shard) & (day.member_id == STANDING.c.member_id)
    return (
        sa.select(day.member_id, day.day, day.spend, day.visits, day.points)
        .select_from(STANDING.join(ACTIVITY_DAY, same))
        .where(STANDING.c.shard.between(first_shard, last_shard), due)
        .where(day.day >= STANDING.c.counted_from, day.day < end)
    )
