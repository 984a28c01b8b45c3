"""Members by level on a day, and who of them is at risk (Engage, Tier Performance Reporting)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.kernel.calendar import NEVER, Days
from services.kernel.columns import Mask, taken
from services.tier.columns import NO_LEVEL, NO_SYSTEM, Amounts, Ids, MoveReason, Standings
from services.tier.policy import Policy
from services.tier.rules.levels import keeps_level
from services.tier.rules.settlement import brought_to
from services.tier.rules.window import DailyActivity

_LEVEL_SHIFT: Final = 16


@dataclass(frozen=True, slots=True)
class Composition:
    """Members of each system and level: all of them, and of these those in grace, at risk, and inactive."""

    system: Ids
    level: Ids
    members: Amounts
    in_grace: Amounts
    at_risk: Amounts
    inactive: Amounts

    def __len__(self) -> int:
        return len(self.system)


@dataclass(frozen=True, slots=True)
class MovesUntil:
    """Moves up to a day, those of one row in the order of deciding; `row` is the member's row in the standings."""

    row: NDArray[np.intp]
    system: Ids
    level: Ids
    reason: Ids
    grace_until: Days


def no_moves_until() -> MovesUntil:
    """No move at all."""
    none = np.empty(0, dtype=np.int16)
    return MovesUntil(np.empty(0, dtype=np.intp), none, none, none, np.empty(0, dtype=np.int32))


def standings_of_the_day(standings: Standings, as_of: int, policy: Policy, daily: DailyActivity) -> Standings:
    """Standings last evaluated on the day or before, as the day's end finds them: nothing is left due."""
    until = np.full(len(standings), as_of, dtype=np.int32)
    return brought_to(standings, until, policy, daily, whole_day=True).standings


def standings_before(
    standings: Standings, moves: MovesUntil, as_of: int, policy: Policy, daily: DailyActivity
) -> Standings:
    """Standings evaluated after the day, as the day's end found them: by their moves until then.

    `daily` holds at least the activity that counted on the day.
    """
    count = len(standings)
    system = np.full(count, NO_SYSTEM, dtype=np.int16)
    level = np.full(count, NO_LEVEL, dtype=np.int16)
    grace_until = np.full(count, NEVER, dtype=np.int32)
    # Of several moves of a row the last one stays.
    system[moves.row], level[moves.row] = moves.system, moves.level
    grace_until[moves.row] = moves.grace_until
    system[level == NO_LEVEL] = NO_SYSTEM
    day = np.full(count, as_of, dtype=np.int32)
    start = np.maximum(policy.counting_start(system, day), standings.enrolled_on).astype(np.int32)
    spend, visits, points = daily.between(start, day + np.int32(1))
    lifetime = _since(moves, count, lambda reason: reason == MoveReason.LIFETIME_GRANTED)
    lifetime |= _since(moves, count, lambda reason: reason == MoveReason.MERGED_IN) & (
        standings.lifetime_since <= as_of
    )
    return replace(
        standings,
        system=system,
        level=level,
        grace_until=grace_until,
        lifetime_since=np.where(lifetime, day, NEVER).astype(np.int32),
        inactive_since=np.where(_inactive(standings, moves, as_of), day, NEVER).astype(np.int32),
        spend=spend,
        visits=visits,
        points=points,
        counted_from=start,
        evaluated_on=day,
    )


def composition_of(standings: Standings, as_of: int, policy: Policy) -> Composition:
    """The counts of standings as of a day; members in no system are left out."""
    standings = taken(standings, (standings.system != NO_SYSTEM) & (standings.level != NO_LEVEL))
    key = (standings.system.astype(np.int64) << _LEVEL_SHIFT) + standings.level
    rungs, rung = np.unique(key, return_inverse=True)

    def counted(where: Mask) -> Amounts:
        return np.bincount(rung.reshape(-1)[where], minlength=len(rungs)).astype(np.int64)

    return Composition(
        system=(rungs >> _LEVEL_SHIFT).astype(np.int16),
        level=(rungs & ((1 << _LEVEL_SHIFT) - 1)).astype(np.int16),
        members=counted(np.full(len(standings), True)),
        in_grace=counted(standings.grace_until != NEVER),
        at_risk=counted(at_risk(standings, as_of, policy)),
        inactive=counted(standings.inactive_since != NEVER),
    )


def at_risk(standings: Standings, as_of: int, policy: Policy) -> Mask:
    """Who has yet to meet the maintenance rule of the level.

    Nobody is at the lowest level, none who holds it for life, and none in a system that demotes nobody.
    """
    revision = policy.revision_on(np.full(len(standings), as_of, dtype=np.int32))
    ladders, system = policy.ladders, standings.system
    risky: Mask = ladders.rank_of[revision, system, standings.level] > 0
    risky &= ladders.active[revision, system]
    risky &= ~keeps_level(standings, revision, policy)
    return risky


def _since(moves: MovesUntil, count: int, wanted: Callable[[Ids], Mask]) -> Mask:
    found = np.zeros(count, dtype=np.bool_)
    found[moves.row[wanted(moves.reason)]] = True
    return found


def _inactive(standings: Standings, moves: MovesUntil, as_of: int) -> Mask:
    """Whose mark stands since then, or whose last mark set or taken away by then is the one of inactivity."""
    marks = np.isin(moves.reason, (MoveReason.INACTIVATED, MoveReason.REACTIVATED, MoveReason.MERGED_IN))
    inactive = np.zeros(len(standings), dtype=np.bool_)
    inactive[moves.row[marks]] = moves.reason[marks] == MoveReason.INACTIVATED
    return inactive | (standings.inactive_since <= as_of)
