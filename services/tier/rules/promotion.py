"""Promotion: which members have reached a higher level (DECISIONS, Meanings 6)."""

import numpy as np
from numpy.typing import NDArray

from services.kernel.calendar import NEVER, Days
from services.tier.columns import Ids, MoveReason, Standings
from services.tier.policy import Policy, Revisions
from services.tier.rules.levels import entered
from services.tier.rules.moves import moves_between
from services.tier.rules.review import Decided, unchanged


def decide_promotions(standings: Standings, on: Days, policy: Policy) -> Decided:
    """Who moves up: to the highest attained fast-track level above, else one level up if that is attained.

    Spend OR visits OR points; one move an evaluation (LuxeSpa, Accelerated Path; Engage, Configure Advancement
    Rules). Members of no system or of an inactive one stay, and so do those whom a lock holds (DECISIONS,
    Meanings 22). Nothing attains a level without entry thresholds.
    """
    revision = policy.revision_on(on)
    ladders = policy.ladders
    rank = ladders.rank_of[revision, standings.system, standings.level]
    attained = attained_ranks(standings, revision, policy)
    ranks = np.arange(attained.shape[1])
    fast = attained & ladders.fast_track[revision, standings.system] & (ranks > rank[:, None])
    fastest = np.where(fast, ranks, -1).max(axis=1)
    one_up = np.minimum(rank + 1, attained.shape[1] - 1)
    next_attained = np.take_along_axis(attained, one_up[:, None].astype(np.intp), axis=1)[:, 0] & (
        one_up > rank
    )
    target = np.where(fastest >= 0, fastest, np.where(next_attained, one_up, rank)).astype(np.int16)

    active = (standings.system >= 0) & ladders.active[revision, standings.system]
    held = (standings.held_until != NEVER) & (on < standings.held_until)
    up = active & ~held & (target > rank)
    if not up.any():
        return unchanged(standings)
    after = entered(standings, up, target, on, policy, by_thresholds=True)
    reason = np.where(target > rank + 1, MoveReason.FAST_TRACKED, MoveReason.THRESHOLD_REACHED).astype(
        np.int16
    )
    return Decided(after, moves_between(standings, after, up, on, reason, policy))


def attained_ranks(standings: Standings, revision: Revisions, policy: Policy) -> NDArray[np.bool_]:
    """Rows by ranks: where any entry threshold is met."""
    ladders = policy.ladders
    at: tuple[Revisions, Ids] = (revision, standings.system)
    return (
        (standings.spend[:, None] >= ladders.entry_spend[at])
        | (standings.visits[:, None] >= ladders.entry_visits[at])
        | (standings.points[:, None] >= ladders.entry_points[at])
    )
