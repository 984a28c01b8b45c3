"""Taking back promotions and recoveries from which a reversal takes the ground (DECISIONS, Meanings 14)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from services.kernel.calendar import NEVER, Days
from services.kernel.columns import Mask, overlaid, taken
from services.tier.columns import Amounts, Ids, MoveReason, Moves, Standings
from services.tier.policy import Policy
from services.tier.rules.levels import is_held_for_life
from services.tier.rules.moves import joined, moves_between
from services.tier.rules.retracing import PROMOTIONS, Footing, Rise, undone
from services.tier.rules.window import DailyActivity


@dataclass(frozen=True, slots=True)
class Undone:
    """Standings and footings after what was taken back, and the moves that tell it."""

    standings: Standings
    footings: list[Footing]
    moves: Moves


def decide_undoings(
    standings: Standings, footings: Sequence[Footing], on: Days, policy: Policy, daily: DailyActivity
) -> Undone:
    """Who loses promotions and recoveries, the newest first, until one that is supported.

    `standings` carry what is left as of `on`, `daily` is all that is left. Locks are respected, and an inactive
    system moves nobody.
    """
    footings, parts = list(footings), list[Moves]()
    looked_at = _may_lose(standings, on, policy)
    while True:
        rises = {row: footings[row].rise for row in np.flatnonzero(looked_at).tolist()}
        rising = {row: rise for row, rise in rises.items() if rise}
        looked_at = _unsupported(standings, rising, on, policy, daily)
        if not looked_at.any():
            return Undone(standings, footings, joined(parts))
        before = standings
        recovered = np.zeros(len(standings), dtype=np.bool_)
        for row in np.flatnonzero(looked_at).tolist():
            recovered[row] = rising[row].reason not in PROMOTIONS
            footings[row] = undone(footings[row], rising[row], int(on[row]), policy)
        standings = _back(before, footings, looked_at, recovered)
        reason = np.where(recovered, MoveReason.RECOVERY_UNDONE, MoveReason.PROMOTION_UNDONE)
        parts.append(moves_between(before, standings, looked_at, on, reason.astype(np.int16), policy))


def _may_lose(standings: Standings, on: Days, policy: Policy) -> Mask:
    """Whom neither an inactive system, the policy, a lock nor lifetime protects; who is in no system has no rise."""
    revision = policy.revision_on(on)
    may: Mask = policy.ladders.active[revision, standings.system] & policy.undoes[revision]
    may &= (standings.kept_until == NEVER) | (on >= standings.kept_until)
    may &= ~is_held_for_life(standings)
    return may


def _unsupported(
    standings: Standings, rising: dict[int, Rise], on: Days, policy: Policy, daily: DailyActivity
) -> Mask:
    """Whose rise is supported neither as of its own day, by what is left of its window, nor as of now."""
    found = np.zeros(len(standings), dtype=np.bool_)
    rows = np.fromiter(rising, dtype=np.intp)
    some, rises = taken(standings, rows), list(rising.values())
    day = np.array([rise.on for rise in rises], dtype=np.int32)
    start = np.maximum(policy.counting_start(some.system, day), some.enrolled_on).astype(np.int32)
    then = daily.of_rows(rows).between(start, (day + 1).astype(np.int32))
    supported = _suffices(then, some.system, rises, day, policy)
    supported |= _suffices((some.spend, some.visits, some.points), some.system, rises, on[rows], policy)
    found[rows] = ~supported
    return found


def _suffices(
    counted: tuple[Amounts, Amounts, Amounts], system: Ids, rises: Sequence[Rise], day: Days, policy: Policy
) -> Mask:
    """Whether what counts on a day enters the level of a promotion, or keeps that of a recovery."""
    level = np.array([rise.to_level for rise in rises], dtype=np.int16)
    promoted = np.array([rise.reason in PROMOTIONS for rise in rises], dtype=np.bool_)
    revision, ladders = policy.revision_on(day), policy.ladders
    rung = (revision, system, ladders.rank_of[revision, system, level])
    suffices = np.zeros(len(level), dtype=np.bool_)
    for amount, entry, keep in zip(
        counted,
        (ladders.entry_spend, ladders.entry_visits, ladders.entry_points),
        (ladders.keep_spend, ladders.keep_visits, ladders.keep_points),
        strict=True,
    ):
        suffices |= amount >= np.where(promoted, entry[rung], keep[rung])
    return suffices


def _back(standings: Standings, footings: Sequence[Footing], where: Mask, recovered: Mask) -> Standings:
    """The standings back where their footings are; the review is another only where the level is."""

    def days(name: str) -> Days:
        return np.array([getattr(footing, name) for footing in footings], dtype=np.int32)

    level = np.array([footing.level for footing in footings], dtype=np.int16)
    names = ("level_since", "grace_from", "grace_until", "touched_on", "lifetime_since")
    after = overlaid(standings, where, level=level, **{name: days(name) for name in names})
    return overlaid(after, where & ~recovered, review_on=days("review_on"))
