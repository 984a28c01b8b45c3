"""Inactivity: a mark on members of the lowest level who stay away (DECISIONS, Meanings 13)."""

import numpy as np

from services.kernel.calendar import NEVER, Days, add_months
from services.kernel.columns import overlaid
from services.tier.columns import NO_SYSTEM, MoveReason, Standings
from services.tier.policy import Policy
from services.tier.rules.moves import moves_between
from services.tier.rules.review import Decided, unchanged


def inactivity_due(standings: Standings, policy: Policy) -> Days:
    """The day on which each member becomes inactive; NEVER for who is, or stands above the lowest level.

    While the system is inactive nobody becomes so (LuxeSpa, Crystal Tier).
    """
    found = np.full(len(standings), NEVER, dtype=np.int32)
    system, ladders = standings.system, policy.ladders
    for segment, since, end in policy.segments:
        if not ladders.inactive_months[segment].any():
            continue
        months = ladders.inactive_months[segment, system]
        marked = (months > 0) & ladders.active[segment, system] & (system != NO_SYSTEM)
        marked &= standings.level == ladders.level_at[segment, system, 0]
        day = np.maximum(add_months(standings.active_on, months), standings.level_since)
        day = np.maximum(day, since)
        found = np.where(marked & (day < end), np.minimum(found, day), found)
    return np.where(standings.inactive_since == NEVER, found, NEVER).astype(np.int32)


def decide_inactivations(standings: Standings, due: Days, policy: Policy) -> Decided:
    """Who is inactive from a day on; `due` is NEVER for all others."""
    marked = due != NEVER
    on = np.where(marked, due, 0).astype(np.int32)
    after = overlaid(standings, marked, inactive_since=on)
    reason = np.full(len(standings), MoveReason.INACTIVATED, dtype=np.int16)
    return Decided(after, moves_between(standings, after, marked, on, reason, policy))


def decide_reactivations(standings: Standings, on: Days, policy: Policy) -> Decided:
    """Who was inactive and has bought something on a day: inactivity is counted from then on."""
    back = standings.inactive_since != NEVER
    if not back.any():
        return unchanged(standings)
    active_on = np.maximum(standings.active_on, on)
    after = overlaid(standings, back, inactive_since=NEVER, active_on=active_on)
    reason = np.full(len(standings), MoveReason.REACTIVATED, dtype=np.int16)
    return Decided(after, moves_between(standings, after, back, on, reason, policy))
