"""What a member has to do, and by when, to reach the next level and to keep this one."""

from dataclasses import dataclass

import numpy as np

from services.kernel.calendar import NEVER
from services.tier.columns import NO_SYSTEM, Standings
from services.tier.policy import Policy
from services.tier.policy_arrays import keep_thresholds
from services.tier.policy_document import Level, Maintenance, Thresholds, TierSystem
from services.tier.rules.continuous import continuous_due
from services.tier.rules.levels import is_held_for_life
from services.tier.rules.review import next_review
from services.tier.rules.window import DailyActivity


@dataclass(frozen=True, slots=True)
class Gap:
    """What is missing for a level, any one amount of the `ways` in; `by` is NEVER where there is no day."""

    level: Level
    ways: Thresholds
    missing: Thresholds
    by: int

    @property
    def met(self) -> bool:
        """Whether nothing is missing: one way suffices."""
        pairs = (
            (self.ways.spend_minor, self.missing.spend_minor),
            (self.ways.visits, self.missing.visits),
            (self.ways.points, self.missing.points),
        )
        return any(way and not missing for way, missing in pairs)


@dataclass(frozen=True, slots=True)
class Outlook:
    """The ladder around one member as of a day; the level is None for who is on none."""

    system: TierSystem | None
    level: Level | None
    next_level: Level | None
    to_reach: Gap | None
    to_keep: Gap | None


def decide_outlook(standing: Standings, as_of: int, policy: Policy, daily: DailyActivity) -> Outlook:
    """What one standing, told as of a day, lacks; `daily` is all activity up to the day.

    Nothing is to be kept where nothing can be lost: at the lowest level, for life, where nothing is checked, or in
    an inactive system. A level by invitation only cannot be reached by any amount.
    """
    number = int(standing.system[0])
    if number == NO_SYSTEM:
        return Outlook(None, None, None, None, None)
    external_id, day = policy.system_ids[number], np.array([as_of], dtype=np.int32)
    system = next(each for each in policy.document_on(as_of).systems if each.external_id == external_id)
    rank = int(policy.ladders.rank_of[policy.revision_on(day), standing.system, standing.level][0])
    level = system.levels[rank]
    above = system.levels[rank + 1] if rank + 1 < len(system.levels) else None
    reset = _reset(standing, as_of, policy)
    ways = keep_thresholds(system, level, rank)
    can_lose = system.active and ways != Thresholds() and not is_held_for_life(standing)[0]
    return Outlook(
        system,
        level,
        above,
        _gap(standing, above, above.entry, reset) if above and above.entry != Thresholds() else None,
        _gap(standing, level, ways, _checked_on(standing, system, reset, policy, daily))
        if can_lose
        else None,
    )


def _gap(standing: Standings, level: Level, ways: Thresholds, by: int) -> Gap:
    def missing(way: int, counted: int) -> int:
        return max(way - counted, 0)

    counted = (int(standing.spend[0]), int(standing.visits[0]), int(standing.points[0]))
    amounts = map(missing, (ways.spend_minor, ways.visits, ways.points), counted)
    return Gap(level, ways, Thresholds(*amounts), by)


def _checked_on(
    standing: Standings, system: TierSystem, reset: int, policy: Policy, daily: DailyActivity
) -> int:
    """The day on which the level is decided about next: the end of grace, a review, a reset, or a check failed."""
    locked_until = int(standing.kept_until[0])
    if standing.grace_until[0] != NEVER:
        ends = int(standing.grace_until[0])
        return ends if locked_until == NEVER else max(ends, locked_until)
    if system.maintenance == Maintenance.RESET:
        return reset
    if system.maintenance == Maintenance.CONTINUOUS:
        return int(continuous_due(standing, policy, daily)[0])
    return int(next_review(standing, policy)[0])


def _reset(standing: Standings, as_of: int, policy: Policy) -> int:
    """The next reset; those within a lock are passed over (DECISIONS, Meanings 22)."""
    locked_until = int(standing.kept_until[0])
    after = as_of if locked_until == NEVER else max(as_of, locked_until - 1)
    return int(policy.next_reset(standing.system, np.array([after], dtype=np.int32))[0])
