"""Entering and leaving a level: what changes with it, and what keeping it takes."""

import numpy as np
from numpy.typing import NDArray

from services.kernel.calendar import NEVER, Days, add_months
from services.kernel.columns import Mask, overlaid
from services.tier.columns import Ids, Standings
from services.tier.policy import Policy, Revisions
from services.tier.policy_document import Maintenance

MEMBERSHIP_YEAR = 12


def keeps_level(standings: Standings, revision: Revisions, policy: Policy) -> NDArray[np.bool_]:
    """Whether what counts suffices to keep the level: any one threshold, exactly meeting it included.

    What is held for life is kept by that (DECISIONS, Meanings 5, 7 and 11; LuxeSpa, Maintain Requirements; Engage,
    Configure Maintenance Rules).
    """
    ladders = policy.ladders
    rung = (revision, standings.system, ladders.rank_of[revision, standings.system, standings.level])
    keeps: NDArray[np.bool_] = (
        (standings.spend >= ladders.keep_spend[rung])
        | (standings.visits >= ladders.keep_visits[rung])
        | (standings.points >= ladders.keep_points[rung])
    )
    return keeps | is_held_for_life(standings) if policy.grants_lifetime else keeps


def is_held_for_life(standings: Standings) -> NDArray[np.bool_]:
    """Whose level is a lifetime level (DECISIONS, Meanings 11)."""
    held: NDArray[np.bool_] = standings.lifetime_since != NEVER
    return held


def entered(
    standings: Standings,
    where: Mask,
    rank: Ids,
    since: Days,
    policy: Policy,
    *,
    by_thresholds: bool = False,
) -> Standings:
    """The standings with the level of another rank entered: a fresh membership year begins, grace is over.

    Under continuous maintenance a level entered by its thresholds is checked from the first day on, any other
    one a year later (DECISIONS, Meanings 7). Locks stay, and so does lifetime: who rises from a level held for life
    holds the higher one for life.
    """
    revision = policy.revision_on(since)
    maintenance = policy.ladders.maintenance[revision, standings.system]
    dated = maintenance == Maintenance.ANNIVERSARY
    if policy.checks_continuously and not by_thresholds:
        dated |= maintenance == Maintenance.CONTINUOUS
    return overlaid(
        standings,
        where,
        level=policy.ladders.level_at[revision, standings.system, rank],
        level_since=since,
        review_on=np.where((rank > 0) & dated, add_months(since, MEMBERSHIP_YEAR), NEVER),
        grace_from=NEVER,
        grace_until=NEVER,
        touched_on=NEVER,
    )


def demoted(standings: Standings, where: Mask, on: Days, policy: Policy) -> Standings:
    """The standings one level down, with a full membership year there (DECISIONS, Meanings 9)."""
    revision = policy.revision_on(on)
    rank = policy.ladders.rank_of[revision, standings.system, standings.level]
    return entered(standings, where, np.maximum(rank - 1, 0).astype(np.int16), on, policy)
