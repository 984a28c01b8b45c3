"""Whose sums are no longer those of their window, and whose level is to be checked continuously."""

from collections.abc import Iterator

import numpy as np
import sqlalchemy as sa

from services.kernel.calendar import day_date, window_start
from services.runtime.revisions import SINCE_EVER
from services.tier.policy import Policy
from services.tier.policy_arrays import NOT_ATTAINABLE
from services.tier.policy_document import Maintenance
from services.tier.store.due import Due, active_until, unlocked
from services.tier.tables import ACTIVITY_DAY, STANDING


def rolling_due(policy: Policy, as_of: int) -> Due:
    """Members from whose window activity has left by a day (or returned to a longer one), or who fail a check."""
    return sa.or_(sa.false(), *_counting_otherwise(policy, as_of), *_checks_due(policy, as_of))


def _counting_otherwise(policy: Policy, as_of: int) -> Iterator[Due]:
    """By system, whose sums are of another window than that of the day, and differ by that.

    Where activity counts from reset to reset a new period costs nothing: nobody is rolled for it.
    """
    systems = np.arange(len(policy.system_ids), dtype=np.int16)
    today = np.full(len(systems), as_of, dtype=np.int32)
    by_period = policy.counts_periods(systems, policy.revision_on(today))
    starts = policy.counting_start(systems, today)
    counted_from = STANDING.c.counted_from
    has_something = (STANDING.c.spend > 0) | (STANDING.c.visits > 0) | (STANDING.c.points > 0)
    for system, number in enumerate(starts.tolist()):
        if by_period[system]:
            continue
        start = day_date(max(number, SINCE_EVER))
        leaving = (counted_from < start) & has_something & _active_between(counted_from, start)
        returning = (
            (counted_from > start)
            & (counted_from > STANDING.c.enrolled_on)
            & _active_between(start, counted_from)
        )
        not_later = STANDING.c.evaluated_on <= day_date(as_of)
        yield sa.and_(STANDING.c.system == system, not_later, leaving | returning)


def _checks_due(policy: Policy, as_of: int) -> Iterator[Due]:
    """Who is checked continuously, and whose sums do not keep the level, or did not in an earlier, shorter window."""
    ladders = policy.ladders
    for segment, system, last in active_until(policy, as_of):
        if ladders.maintenance[segment, system] != Maintenance.CONTINUOUS:
            continue
        failing = list(_not_keeping(policy, segment, system))
        if last < as_of:
            months = int(ladders.window_months[segment, system])
            start = day_date(int(window_start(np.array([last], dtype=np.int32), months)[0]))
            failing.append(_active_between(STANDING.c.counted_from, start))
        yield sa.and_(STANDING.c.system == system, _checked(last), sa.or_(sa.false(), *failing))


def _checked(last: int) -> Due:
    """Whose level is checked on the last day of a segment at the latest, and was not evaluated after it."""
    day, standing = day_date(last), STANDING.c
    return sa.and_(
        standing.grace_until.is_(None),
        standing.lifetime_since.is_(None),
        standing.evaluated_on <= day,
        standing.level_since <= day,
        unlocked(last),
    )


def _not_keeping(policy: Policy, segment: int, system: int) -> Iterator[Due]:
    """By level above the lowest, whose sums reach none of the thresholds that keep it."""
    ladders, standing = policy.ladders, STANDING.c
    for rank in range(1, int(ladders.top_rank[segment, system]) + 1):
        rung = (segment, system, rank)
        thresholds = (
            (standing.spend, int(ladders.keep_spend[rung])),
            (standing.visits, int(ladders.keep_visits[rung])),
            (standing.points, int(ladders.keep_points[rung])),
        )
        below = [counted < least for counted, least in thresholds if least != NOT_ATTAINABLE]
        yield sa.and_(standing.level == int(ladders.level_at[rung]), *below)


def _active_between(first: object, end: object) -> Due:
    """Whether the member has counted activity on the days first <= day < end."""
    day = ACTIVITY_DAY.alias("counted").c
    return sa.exists().where(
        day.shard == STANDING.c.shard,
        day.member_id == STANDING.c.member_id,
        day.day >= first,
        day.day < end,
        (day.spend > 0) | (day.visits > 0) | (day.points > 0),
    )
