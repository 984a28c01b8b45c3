"""Whose review, reset or end of grace has come, for the bulk jobs."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from services.kernel.calendar import day_date
from services.kernel.shards import SHARDS
from services.runtime.database import Fetch
from services.tier.columns import Standings
from services.tier.policy import Policy
from services.tier.rules.window import DailyActivity, days_at_stake
from services.tier.store.standings import COLUMNS, standings_of
from services.tier.tables import ACTIVITY_DAY, STANDING

Due = sa.ColumnElement[bool]


def reviews_due(policy: Policy, as_of: int, resets: Mapping[int, int]) -> Due:
    """Who has an anniversary review up to a day, or stands above the lowest level in a system whose reset came.

    `resets` gives the latest reset due by number of system. Members evaluated after it have it settled. Where a
    later revision began to hold reviews, those have one who entered their level without a date for it.
    """
    reviewing = np.flatnonzero(policy.began_to_review())
    conditions = [STANDING.c.review_on <= day_date(as_of)]
    for system in reviewing.tolist():
        undated = STANDING.c.review_on.is_(None) & (STANDING.c.level_since < day_date(as_of))
        conditions.append(sa.and_(STANDING.c.system == system, undated, _above_lowest(policy, system)))
    for system, day in resets.items():
        overdue = STANDING.c.evaluated_on < day_date(day)
        conditions.append(sa.and_(STANDING.c.system == system, overdue, _above_lowest(policy, system)))
    return sa.or_(*conditions)


def _above_lowest(policy: Policy, system: int) -> Due:
    """Above the lowest level, as far as that was always the same one."""
    lowest = np.unique(policy.ladders.level_at[:, system, 0]).tolist()
    return STANDING.c.level.not_in(lowest) if len(lowest) == 1 else sa.true()


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
    """The activity of those due that leaves or enters what counts for them up to a day."""
    first, end = days_at_stake(standings, np.full(len(standings), as_of, dtype=np.int32), policy)
    at_stake = first < end
    if not at_stake.any():
        return DailyActivity.none()
    since = (
        None if (first == standings.counted_from)[at_stake].all() else day_date(int(first[at_stake].min()))
    )
    until = day_date(int(end[at_stake].max()))
    fetched = fetch(_recorded_days(due, since, until, first_shard, last_shard))
    row_of = {member: row for row, member in enumerate(standings.member_id.tolist())}
    row = np.array([row_of.get(member, -1) for member in fetched["member_id"].tolist()], dtype=np.intp)
    known = row >= 0
    counts = [fetched[name][known] for name in ("spend", "visits", "points")]
    return DailyActivity.of(row[known], fetched["day"][known], *counts)


def _recorded_days(
    due: Due, since: date | None, until: date, first_shard: int, last_shard: int
) -> sa.Select[Any]:
    """The days before `until` of those due; None: since the day from which each one's activity counts."""
    day = ACTIVITY_DAY.c
    same = (day.shard == STANDING.c.shard) & (day.member_id == STANDING.c.member_id)
    return (
        sa.select(day.member_id, day.day, day.spend, day.visits, day.points)
        .select_from(STANDING.join(ACTIVITY_DAY, same))
        .where(STANDING.c.shard.between(first_shard, last_shard), due)
        .where(day.day >= (STANDING.c.counted_from if since is None else since), day.day < until)
    )
