"""Continuous maintenance: the day on which what counts no longer keeps the level (DECISIONS, Meanings 7)."""

import numpy as np
from numpy.typing import NDArray

from services.kernel.calendar import NEVER, Days, add_months
from services.tier.columns import NO_SYSTEM, Amounts, Standings
from services.tier.policy import Policy, Revisions
from services.tier.policy_document import Maintenance
from services.tier.rules.levels import is_held_for_life
from services.tier.rules.window import DailyActivity, rolled


def continuous_due(standings: Standings, policy: Policy, daily: DailyActivity) -> Days:
    """The first day on which each member fails a continuous check; NEVER where no activity in `daily` leads to it.

    That is the day on which activity leaves the window, or the first one on which the level is checked at all.
    """
    found = np.full(len(standings), NEVER, dtype=np.int32)
    checked_from = _checked_from(standings)
    may_fail = (standings.system != NO_SYSTEM) & (standings.grace_until == NEVER)
    may_fail &= ~is_held_for_life(standings)
    for segment, since, end in policy.segments:
        first = np.maximum(checked_from, since)
        checked = may_fail & (first < end) & (found == NEVER)
        checked &= _checks(standings, segment, policy)
        if not checked.any():
            continue
        as_of = np.where(checked, first, standings.evaluated_on).astype(np.int32)
        day = _failing_on(standings, as_of, policy, daily)
        found = np.where(checked & (day < end), day, found).astype(np.int32)
    return found


def _checked_from(standings: Standings) -> Days:
    """The day from which on each member's level is checked: after a lock, or after the year that is granted."""
    first = np.maximum(standings.evaluated_on, standings.level_since)
    for waits_until in (standings.review_on, standings.kept_until):
        first = np.where(waits_until == NEVER, first, np.maximum(first, waits_until))
    return first.astype(np.int32)


def _checks(standings: Standings, segment: int, policy: Policy) -> NDArray[np.bool_]:
    system, ladders = standings.system, policy.ladders
    checks: NDArray[np.bool_] = ladders.active[segment, system]
    checks = checks & (ladders.maintenance[segment, system] == Maintenance.CONTINUOUS)
    checks &= ladders.rank_of[segment, system, standings.level] > 0
    return checks


def _failing_on(standings: Standings, as_of: Days, policy: Policy, daily: DailyActivity) -> Days:
    """The first day from `as_of` on whose sums fail every threshold, by the revision in force on `as_of`."""
    revision = policy.revision_on(as_of)
    standing_then = rolled(standings, as_of, policy, daily)
    keep = _thresholds(standings, revision, policy)
    counted = np.stack([standing_then.spend, standing_then.visits, standing_then.points])
    leaving = daily.exhausted_on(standing_then.counted_from, counted - keep)
    leaving[keep == 0] = NEVER
    gone = add_months(leaving, policy.ladders.window_months[revision, standings.system])
    lost: Days = np.where(counted < keep, as_of, gone).max(axis=0)
    return lost


def _thresholds(standings: Standings, revision: Revisions, policy: Policy) -> Amounts:
    """What keeps each level: a line each for spend, visits and points."""
    ladders = policy.ladders
    rung = (revision, standings.system, ladders.rank_of[revision, standings.system, standings.level])
    return np.stack([ladders.keep_spend[rung], ladders.keep_visits[rung], ladders.keep_points[rung]])
