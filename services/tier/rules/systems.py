"""Leaving a tier system and joining another: where a member lands, and how it is told (DECISIONS, Meanings 18)."""

from dataclasses import replace

import numpy as np

from services.kernel.calendar import NEVER, Days
from services.kernel.columns import Mask, overlaid
from services.tier.columns import NO_LEVEL, NO_SYSTEM, Ids, MoveReason, Moves, Standings
from services.tier.policy import Policy
from services.tier.rules.levels import entered
from services.tier.rules.moves import joined, moves_between
from services.tier.rules.promotion import attained_ranks
from services.tier.rules.review import Decided
from services.tier.rules.window import DailyActivity


def decide_system_changes(
    standings: Standings, system: Ids, on: Days, policy: Policy, daily: DailyActivity
) -> Decided:
    """Members in the systems that they should be in; who is there already stays as before.

    Who changes enters the highest level that what counts in the new system attains, or the lowest; in an inactive
    system the lowest. Grace and locks end. `standings` are those as of the day, `daily` is the whole history.
    """
    changing = system != standings.system
    left = decide_departures(
        standings, changing & (standings.system != NO_SYSTEM), on, MoveReason.SYSTEM_CHANGED, policy, daily
    )
    joining = changing & (system != NO_SYSTEM)
    there = counted_anew(overlaid(left.standings, joining, system=system), joining, on, policy, daily)
    after = entered(there, joining, _landing_rank(there, on, policy), on, policy)
    outside = overlaid(after, joining, system=NO_SYSTEM, level=NO_LEVEL)
    arrived = moves_on_and_off(outside, after, joining, on, MoveReason.SYSTEM_CHANGED, policy)
    return Decided(after, joined([left.moves, arrived]))


def decide_departures(
    standings: Standings, where: Mask, on: Days, reason: MoveReason, policy: Policy, daily: DailyActivity
) -> Decided:
    """Members off the ladders, with nothing left of grace, locks and marks."""
    never = dict.fromkeys(
        ("review_on", "grace_from", "grace_until", "touched_on", "kept_until", "held_until", "lifetime_since",
         "inactive_since"),
        NEVER,
    )  # fmt: skip
    off = overlaid(standings, where, system=NO_SYSTEM, level=NO_LEVEL, level_since=on, **never)
    after = counted_anew(off, where, on, policy, daily)
    return Decided(after, moves_on_and_off(standings, after, where, on, reason, policy))


def counted_anew(
    standings: Standings, where: Mask, on: Days, policy: Policy, daily: DailyActivity
) -> Standings:
    """The standings with their sums added up from the whole history as of a day on which they were evaluated."""
    start = np.maximum(policy.counting_start(standings.system, on), standings.enrolled_on)
    spend, visits, points = daily.between(start, (on + 1).astype(np.int32))
    return overlaid(standings, where, spend=spend, visits=visits, points=points, counted_from=start)


def moves_on_and_off(
    before: Standings, after: Standings, where: Mask, on: Days, reason: MoveReason, policy: Policy
) -> Moves:
    """The moves of members who may stand in no system before or after."""
    reasons = np.full(len(before), reason, dtype=np.int16)
    moves = moves_between(before, after, where, on, reasons, policy)
    known = np.where(moves.system == NO_SYSTEM, after.system[moves.row], moves.system)
    return replace(
        moves,
        system=known.astype(np.int16),
        from_rank=np.where(moves.from_level == NO_LEVEL, NO_LEVEL, moves.from_rank).astype(np.int16),
        to_rank=np.where(moves.to_level == NO_LEVEL, NO_LEVEL, moves.to_rank).astype(np.int16),
    )


def _landing_rank(standings: Standings, on: Days, policy: Policy) -> Ids:
    """The highest rank that what counts attains, 0 if none; nothing is attained in an inactive system."""
    revision = policy.revision_on(on)
    attained = attained_ranks(standings, revision, policy)
    attained &= policy.ladders.active[revision, standings.system][:, None]
    highest: Ids = np.where(attained, np.arange(attained.shape[1], dtype=np.int16), 0).max(axis=1)
    return highest
