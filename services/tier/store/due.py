"""Whose review, reset, end of grace, tenure or inactivity has come, for the bulk jobs."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from services.kernel.calendar import day_date, window_start
from services.kernel.shards import SHARDS
from services.runtime.database import Fetch
from services.tier.columns import NO_SYSTEM, Standings
from services.tier.policy import Policy
from services.tier.policy_document import Maintenance
from services.tier.rules.window import DailyActivity, days_at_stake
from services.tier.store.standings import COLUMNS, standings_of
from services.tier.tables import ACTIVITY_DAY, STANDING

Due = sa.ColumnElement[bool]

_YEAR = 12


def reviews_due(policy: Policy, as_of: int, resets: Mapping[int, int]) -> Due:
    """Who has an anniversary review up to a day, or stands above the lowest level in a system whose reset came.

    `resets` gives the latest reset due by number of system. Members evaluated after it have it settled. Where a
    later revision began to hold reviews, those have one who entered their level without a date for it.
    """
    reviewing = _last_reviewed(policy, as_of)
    dated = [_in_time(STANDING.c.review_on, system, last) for system, last in reviewing.items()]
    alternatives: list[Due] = [sa.false(), *[each & unlocked(as_of) for each in dated]]
    began = policy.began_to_review()
    for system, last in reviewing.items():
        if began[system]:
            undated = STANDING.c.review_on.is_(None) & _for_months(STANDING.c.level_since, _YEAR, last)
            in_time = _in_time(STANDING.c.evaluated_on, system, last)
            alternatives.append(sa.and_(in_time, undated, _above_lowest(policy, system), unlocked(as_of)))
    for system, day in resets.items():
        overdue = (STANDING.c.evaluated_on < day_date(day)) & STANDING.c.lifetime_since.is_(None)
        above = _above_lowest(policy, system)
        alternatives.append(sa.and_(STANDING.c.system == system, overdue, above, unlocked(day)))
    return sa.or_(*alternatives)


def grace_due(as_of: int) -> Due:
    """Whose grace is over on a day or before, and not locked."""
    return (STANDING.c.grace_until <= day_date(as_of)) & unlocked(as_of)


def tenure_due(policy: Policy, as_of: int) -> Due:
    """Who has held the highest level for as many years as make it one for life, on a day or before."""
    ladders = policy.ladders
    alternatives: list[Due] = [sa.false()]
    for segment, system, last in active_until(policy, as_of):
        top = int(ladders.top_rank[segment, system])
        years = int(ladders.lifetime_years[segment, system, top])
        if years > 0:
            alternatives.append(
                sa.and_(
                    STANDING.c.system == system,
                    STANDING.c.level == int(ladders.level_at[segment, system, top]),
                    STANDING.c.lifetime_since.is_(None),
                    _for_months(STANDING.c.level_since, _YEAR * years, last),
                )
            )
    return sa.or_(*alternatives)


def inactivity_due(policy: Policy, as_of: int) -> Due:
    """Who stands at the lowest level and had no treatment for so many months, on a day or before."""
    ladders = policy.ladders
    alternatives: list[Due] = [sa.false()]
    for segment, system, last in active_until(policy, as_of):
        months = int(ladders.inactive_months[segment, system])
        if months > 0:
            alternatives.append(
                sa.and_(
                    STANDING.c.system == system,
                    STANDING.c.level == int(ladders.level_at[segment, system, 0]),
                    STANDING.c.inactive_since.is_(None),
                    STANDING.c.level_since <= day_date(last),
                    _for_months(STANDING.c.active_on, months, last),
                )
            )
    return sa.or_(*alternatives)


def in_a_system() -> Due:
    """Everybody who stands on a ladder."""
    return STANDING.c.system != NO_SYSTEM


def active_until(policy: Policy, as_of: int) -> Iterator[tuple[int, int, int]]:
    """Segment, active system, and the last day of the segment up to a day."""
    for segment, since, end in policy.segments:
        if since <= as_of:
            for system in np.flatnonzero(policy.ladders.active[segment]).tolist():
                yield segment, system, min(as_of, end - 1)


def _last_reviewed(policy: Policy, as_of: int) -> dict[int, int]:
    """The last day up to a day on which anniversaries were reviewed, of each system in which they ever were."""
    maintenance = policy.ladders.maintenance
    return {
        system: last
        for segment, system, last in active_until(policy, as_of)
        if maintenance[segment, system] == Maintenance.ANNIVERSARY
    }


def _in_time(day: sa.ColumnElement[date], system: int, last: int) -> Due:
    return (STANDING.c.system == system) & (day <= day_date(last))


def _for_months(since: sa.ColumnElement[date], months: int, as_of: int) -> Due:
    """Whether so many months since a day are over."""
    return since < day_date(int(window_start(np.array([as_of], dtype=np.int32), months)[0]))


def unlocked(as_of: int) -> Due:
    """Whose level no lock keeps on a day (DECISIONS, Meanings 22)."""
    return STANDING.c.kept_until.is_(None) | (STANDING.c.kept_until <= day_date(as_of))


def _above_lowest(policy: Policy, system: int) -> Due:
    """Above the lowest level, as far as that was always the same one."""
    lowest = np.unique(policy.ladders.level_at[:, system, 0]).tolist()
    return STANDING.c.level.not_in(lowest) if len(lowest) == 1 else sa.true()


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
