"""Continuous maintenance: the day on which what counts no longer keeps the level (DECISIONS, Meanings 7)."""

import numpy as np
from numpy.typing import NDArray

from services.kernel.calendar import NEVER, Days, add_months, next_anniversary
from services.tier.columns import NO_SYSTEM, Amounts, Standings
from services.tier.policy import Policy, Revisions
from services.tier.policy_document import Maintenance
from services.tier.rules.levels import MEMBERSHIP_YEAR, is_held_for_life
from services.tier.rules.window import DailyActivity, rolled


def continuous_due(standings: Standings, policy: Policy, daily: DailyActivity) -> Days:
    """The first day on which each member fails a continuous check; NEVER where no activity in `daily` leads to it.

    That is the day on which activity leaves the window, or the first one on which the level is checked at all.
    """
    found = np.full(len(standings), NEVER, dtype=np.int32)
    may_fail = (standings.system != NO_SYSTEM) & (standings.grace_until == NEVER)
    may_fail &= ~is_held_for_life(standings)
    granted = _granted_until(standings, policy)
    former = np.full(len(standings), -1, dtype=np.intp)
    for segment, since, end in policy.segments:
        maintenance = policy.ladders.maintenance[segment, standings.system]
        former = np.where(maintenance == Maintenance.CONTINUOUS, former, segment)
        if not (may_fail & (found == NEVER) & (maintenance == Maintenance.CONTINUOUS)).any():
            continue
        reviewed = _reviewed_until(standings, former, policy)
        waits_until = np.where(reviewed == NEVER, granted, reviewed)
        first = np.maximum(_unlocked_from(standings), np.maximum(waits_until, since)).astype(np.int32)
        checked = may_fail & (first < end) & (found == NEVER)
        checked &= _checks(standings, segment, policy)
        if not checked.any():
            continue
        as_of = np.where(checked, first, standings.evaluated_on).astype(np.int32)
        day = _failing_on(standings, as_of, policy, daily)
        found = np.where(checked & (day < end), day, found).astype(np.int32)
    return found


def _unlocked_from(standings: Standings) -> Days:
    """The day from which on nothing done with is in the way of a check: after the last evaluation, and a lock."""
    first = np.maximum(standings.evaluated_on, standings.level_since)
    unlocked = np.where(standings.kept_until == NEVER, first, np.maximum(first, standings.kept_until))
    return unlocked.astype(np.int32)


def _granted_until(standings: Standings, policy: Policy) -> Days:
    """The end of the year granted to who entered a checked level otherwise than by its thresholds."""
    entered_under = policy.ladders.maintenance[policy.revision_on(standings.level_since), standings.system]
    granted = (entered_under == Maintenance.CONTINUOUS) & (standings.review_on != NEVER)
    until = np.where(granted, add_months(standings.level_since, MEMBERSHIP_YEAR), standings.level_since)
    return until.astype(np.int32)


def _reviewed_until(standings: Standings, former: Revisions, policy: Policy) -> Days:
    """What would have been the next anniversary review, where checks took the place of reviews of the level.

    `former` is the last segment without checks, -1 where there was none; NEVER where it held no such reviews.
    """
    system, ladders = standings.system, policy.ladders
    changed_on = np.append(policy.effective_from, NEVER)[former + 1].astype(np.int32)
    reviewed = (former >= 0) & (standings.level_since < changed_on)
    reviewed &= ladders.maintenance[former, system] == Maintenance.ANNIVERSARY
    reviewed &= ladders.rank_of[former, system, standings.level] > 0
    day_before = np.where(reviewed, changed_on - 1, standings.level_since).astype(np.int32)
    following = next_anniversary(standings.level_since, day_before)
    return np.where(reviewed, following, NEVER).astype(np.int32)


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
