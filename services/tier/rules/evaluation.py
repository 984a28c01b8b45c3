"""Evaluating everybody as of a day, whether anything fell due or not (DECISIONS, Meanings 25)."""

from dataclasses import replace

import numpy as np

from services.kernel.calendar import NEVER, Days
from services.kernel.columns import Mask, put, taken
from services.tier.columns import NO_SYSTEM, Moves, Standings
from services.tier.policy import Policy
from services.tier.rules.moves import joined
from services.tier.rules.promotion import decide_promotions
from services.tier.rules.review import Decided, decide_recoveries, decide_reviews
from services.tier.rules.settlement import Matter, settled
from services.tier.rules.window import DailyActivity, rolled


def decide_evaluation(
    standings: Standings, as_of: int, policy: Policy, daily: DailyActivity, *, everyone_reviewed: bool = False
) -> Decided:
    """Settles everything up to and including a day, then recovers and promotes as a purchase of it would.

    Who was evaluated later is looked at as of then. With `everyone_reviewed` all who stand above the lowest level
    are held to what keeps it before that, as if a review of theirs fell on the day as well. A level that is checked
    continuously, and not kept by what led there, is lost again on the day: evaluating again changes nothing.
    """
    until = np.full(len(standings), as_of, dtype=np.int32)
    overdue = settled(standings, until, policy, daily, whole_day=True)
    on = np.maximum(until, overdue.standings.evaluated_on).astype(np.int32)
    present = rolled(overdue.standings, on, policy, daily)
    parts = [overdue.moves]
    if everyone_reviewed:
        reviewed = decide_reviews(present, _reviewed_on(present, overdue.moves, on, policy), policy)
        present = reviewed.standings
        parts.append(reviewed.moves)
    recovered = decide_recoveries(present, on, policy)
    promoted = _promoted_once_a_day(recovered.standings, on, policy)
    checked = settled(promoted.standings, on, policy, daily, whole_day=True, matters=Matter.CONTINUOUS)
    return Decided(checked.standings, joined([*parts, recovered.moves, promoted.moves, checked.moves]))


def _promoted_once_a_day(standings: Standings, on: Days, policy: Policy) -> Decided:
    """Promotions of those who did not enter their level on the day: evaluating again changes nothing."""
    rows = np.flatnonzero(standings.level_since < on)
    decided = decide_promotions(taken(standings, rows), on[rows], policy)
    moves = replace(decided.moves, row=rows[decided.moves.row])
    return Decided(put(standings, rows, decided.standings), moves)


def _reviewed_on(standings: Standings, settled_moves: Moves, on: Days, policy: Policy) -> Days:
    """The day, for all to whom the policy of the day could do something and nothing was done on it; NEVER else."""
    revision = policy.revision_on(on)
    moved_on = np.full(len(standings), NEVER, dtype=np.int32)
    moved_on[settled_moves.row] = settled_moves.effective_on
    reviewed: Mask = (standings.system != NO_SYSTEM) & policy.ladders.active[revision, standings.system]
    reviewed &= policy.ladders.rank_of[revision, standings.system, standings.level] > 0
    reviewed &= (standings.grace_until == NEVER) & (moved_on != on) & (standings.level_since < on)
    reviewed &= (standings.kept_until == NEVER) | (standings.kept_until <= on)
    return np.where(reviewed, on, NEVER).astype(np.int32)
