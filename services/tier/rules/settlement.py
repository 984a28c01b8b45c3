"""Settling what fell due: reviews, resets and ends of grace, each as of its own due date, in order of date.

Purchases, bulk jobs and readers settle by the same rule, so it does not matter which of them comes first
(DECISIONS, Meanings 9 and Settlement).
"""

from dataclasses import dataclass
from enum import Flag, auto

import numpy as np

from services.kernel.calendar import NEVER, Days
from services.kernel.columns import Mask, put, taken
from services.tier.columns import Moves, Standings
from services.tier.policy import Policy
from services.tier.policy_document import Maintenance
from services.tier.rules.moves import joined
from services.tier.rules.review import (
    Decided,
    decide_grace_expirations,
    decide_reviews,
    next_review,
    without_grace,
)
from services.tier.rules.window import DailyActivity, counted_since, rolled


class Matter(Flag):
    """What may be settled; a bulk job settles its own matter, and with GRACE the reviews that waited for its end."""

    REVIEWS = auto()
    GRACE = auto()


@dataclass(frozen=True, slots=True)
class _Due:
    """The day on which each row's next matter falls due; NEVER where there is none."""

    grace: Days
    anniversary: Days
    reset: Days

    def earliest(self) -> Days:
        return np.minimum(np.minimum(self.grace, self.anniversary), self.reset)


def settled(
    standings: Standings,
    until: Days,
    policy: Policy,
    daily: DailyActivity,
    *,
    anniversaries_of_the_day: bool,
    matters: Matter = Matter.REVIEWS | Matter.GRACE,
) -> Decided:
    """The standings with everything decided that fell due up to a day, and the moves of it.

    Ends of grace and resets of the day itself are settled; anniversaries of the day only when asked for, because
    a purchase of the day still counts for them. A review that waits for the end of grace is left with it. Standings
    are answered as of their last change: a reset that was passed leaves no trace (DECISIONS, Meanings 8).
    """
    parts: list[Moves] = []
    lasting = standings
    reviews_until = until if anniversaries_of_the_day else (until - 1).astype(np.int32)
    reviewed = np.full(len(standings), Matter.REVIEWS in matters)
    may_pass_by = False
    while True:
        due = _due(standings, policy)
        first = due.earliest()
        grace = _chosen(due.grace, first, until, np.full(len(standings), Matter.GRACE in matters))
        anniversary = _chosen(due.anniversary, first, reviews_until, reviewed)
        reset = _chosen(due.reset, first, until, reviewed)
        if not _any(grace, anniversary, reset):
            return Decided(lasting, joined(parts))
        changed = grace != NEVER
        reviewed |= changed
        for decided in _step(standings, grace, anniversary, reset, policy, daily):
            standings = decided.standings
            parts.append(decided.moves)
            changed[decided.moves.row] = True
        may_pass_by |= _any(reset)
        rows = np.flatnonzero(changed)
        lasting = put(lasting, rows, taken(standings, rows)) if may_pass_by else standings


def _step(
    standings: Standings, grace: Days, anniversary: Days, reset: Days, policy: Policy, daily: DailyActivity
) -> list[Decided]:
    """One matter of each row; no row has more than one in a step."""
    steps: list[Decided] = []
    if _any(grace):
        standings = _rolled_where(standings, grace != NEVER, grace, policy, daily)
        lapsed = (grace != NEVER) & ~_demotes(standings, grace, policy)
        expired = np.where(lapsed, NEVER, grace).astype(np.int32)
        steps.append(decide_grace_expirations(without_grace(standings, lapsed, grace), expired, policy))
        standings = steps[-1].standings
    if _any(anniversary):
        standings = _rolled_where(standings, anniversary != NEVER, anniversary, policy, daily)
        steps.append(decide_reviews(standings, anniversary, policy))
        standings = steps[-1].standings
    if _any(reset):
        steps.append(_reset_held(standings, reset, policy, daily))
    return steps


def _reset_held(standings: Standings, reset: Days, policy: Policy, daily: DailyActivity) -> Decided:
    """The reset decided on the days [reset before, reset); with it a new period begins (Engage, Next Reset)."""
    held = reset != NEVER
    last_day = np.where(held, reset - 1, standings.evaluated_on).astype(np.int32)
    start = np.where(held, policy.last_reset(standings.system, last_day), standings.counted_from)
    period = counted_since(start.astype(np.int32), standings, last_day, daily)
    decided = decide_reviews(period, reset, policy)
    return Decided(_rolled_where(decided.standings, held, reset, policy, daily), decided.moves)


def _due(standings: Standings, policy: Policy) -> _Due:
    in_grace = standings.grace_until != NEVER
    reset = policy.next_reset(standings.system, standings.evaluated_on)
    return _Due(
        grace=standings.grace_until,
        anniversary=np.where(in_grace, NEVER, next_review(standings, policy)).astype(np.int32),
        reset=np.where(in_grace, NEVER, reset).astype(np.int32),
    )


def _chosen(due: Days, first: Days, until: Days, wanted: Mask) -> Days:
    return np.where(wanted & (due == first) & (due <= until), due, NEVER).astype(np.int32)


def _rolled_where(
    standings: Standings, where: Mask, day: Days, policy: Policy, daily: DailyActivity
) -> Standings:
    as_of = np.where(where, day, standings.evaluated_on).astype(np.int32)
    return rolled(standings, np.maximum(as_of, standings.evaluated_on), policy, daily)


def _demotes(standings: Standings, day: Days, policy: Policy) -> Mask:
    """Whether anybody is demoted on a day: not while the system is inactive or checks nothing."""
    at = (policy.revision_on(day), standings.system)
    demotes: Mask = policy.ladders.active[at] & (policy.ladders.maintenance[at] != Maintenance.NONE)
    return demotes


def _any(*days: Days) -> bool:
    return any(bool((column != NEVER).any()) for column in days)
