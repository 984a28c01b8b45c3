"""Tenure: the highest level held long enough is held for life (DECISIONS, Meanings 11)."""

import numpy as np

from services.kernel.calendar import NEVER, Days, add_months
from services.kernel.columns import overlaid
from services.tier.columns import NO_SYSTEM, MoveReason, Standings
from services.tier.policy import Policy
from services.tier.rules.levels import is_held_for_life
from services.tier.rules.moves import moves_between
from services.tier.rules.review import Decided, without_grace

_MONTHS_PER_YEAR = 12


def tenure_due(standings: Standings, policy: Policy) -> Days:
    """The day on which each member's level becomes one for life; NEVER where it does not.

    It is the first day on which a revision grants it to the highest level that was held so many years; while the
    system is inactive it is granted to nobody (LuxeSpa, Lifetime Status Recognition).
    """
    found = np.full(len(standings), NEVER, dtype=np.int32)
    system, ladders = standings.system, policy.ladders
    for segment, since, end in policy.segments:
        if not ladders.lifetime_years[segment].any():
            continue
        top = ladders.top_rank[segment, system]
        years = ladders.lifetime_years[segment, system, top]
        granted = (years > 0) & ladders.active[segment, system] & (system != NO_SYSTEM)
        granted &= standings.level == ladders.level_at[segment, system, top]
        day = np.maximum(add_months(standings.level_since, years * _MONTHS_PER_YEAR), since)
        found = np.where(granted & (day < end), np.minimum(found, day), found)
    return np.where(is_held_for_life(standings), NEVER, found).astype(np.int32)


def decide_lifetimes(standings: Standings, due: Days, policy: Policy) -> Decided:
    """Who holds the level for life from a day on, which ends grace; `due` is NEVER for all others."""
    granted = due != NEVER
    on = np.where(granted, due, 0).astype(np.int32)
    after = without_grace(standings, granted & (standings.grace_until != NEVER), on, policy)
    after = overlaid(after, granted, lifetime_since=on)
    reason = np.full(len(standings), MoveReason.LIFETIME_GRANTED, dtype=np.int16)
    return Decided(after, moves_between(standings, after, granted, on, reason, policy))
