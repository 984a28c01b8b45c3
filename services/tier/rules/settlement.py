"""Settling what fell due: reviews, resets and ends of grace, each as of its own due date, in order of date.

Purchases, bulk jobs and readers settle by the same rule, so it does not matter which of them comes first
(DECISIONS, Meanings 9 and Settlement).
"""

from dataclasses import dataclass, replace
from enum import Flag, auto

import numpy as np

from services.kernel.calendar import NEVER, Days, next_anniversary
from services.kernel.columns import Mask, overlaid
from services.tier.columns import Moves, Standings
from services.tier.policy import Policy
from services.tier.policy_document import Maintenance
from services.tier.rules.moves import joined
from services.tier.rules.review import Decided, decide_grace_expirations, decide_reviews
from services.tier.rules.window import DailyActivity, rolled


class Matter(Flag):
    """What may be settled; a bulk job settles its own matter only."""

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
    a purchase of the day still counts for them. A matter that waits for one of another kind is left.
    """
    parts: list[Moves] = []
    reviews_until = until if anniversaries_of_the_day else (until - 1).astype(np.int32)
    while True:
        due = _due(standings, policy)
        first = due.earliest()
        grace = _chosen(due.grace, first, until, Matter.GRACE in matters)
        anniversary = _chosen(due.anniversary, first, reviews_until, Matter.REVIEWS in matters)
        anniversary = np.where(grace == first, NEVER, anniversary).astype(np.int32)
        reset = _chosen(due.reset, first, until, Matter.REVIEWS in matters)
        if not _any(grace, anniversary, reset):
            return Decided(standings, joined(parts))
        for decided in _step(standings, grace, anniversary, reset, policy, daily):
            standings = decided.standings
            parts.append(decided.moves)


def _step(
    standings: Standings, grace: Days, anniversary: Days, reset: Days, policy: Policy, daily: DailyActivity
) -> list[Decided]:
    """One matter of each row; no row has more than one in a step."""
    steps: list[Decided] = []
    if _any(grace):
        standings = _rolled_where(standings, grace != NEVER, grace, policy, daily)
        held, lapsed = _held_or_lapsed(standings, grace, policy)
        steps.append(_without_grace(decide_grace_expirations(standings, held, policy), lapsed, grace))
        standings = steps[-1].standings
    if _any(anniversary):
        standings = _rolled_where(standings, anniversary != NEVER, anniversary, policy, daily)
        held, lapsed = _held_or_lapsed(standings, anniversary, policy)
        steps.append(_review_passed_over(decide_reviews(standings, held, policy), lapsed, anniversary))
        standings = steps[-1].standings
    if _any(reset):
        standings = _rolled_where(standings, reset != NEVER, (reset - 1).astype(np.int32), policy, daily)
        held, _ = _held_or_lapsed(standings, reset, policy)
        decided = decide_reviews(standings, held, policy)
        new_period = _rolled_where(decided.standings, reset != NEVER, reset, policy, daily)
        steps.append(Decided(new_period, decided.moves))
    return steps


def _due(standings: Standings, policy: Policy) -> _Due:
    in_grace = standings.grace_until != NEVER
    in_system = standings.system >= 0
    review_revision = policy.revision_on(_real(standings.review_on))
    reviewed = policy.ladders.maintenance[review_revision, standings.system] == Maintenance.ANNIVERSARY
    reset = policy.next_reset(standings.system, standings.evaluated_on)
    return _Due(
        grace=np.where(in_system, standings.grace_until, NEVER).astype(np.int32),
        anniversary=np.where(in_system & ~in_grace & reviewed, standings.review_on, NEVER).astype(np.int32),
        reset=np.where(in_grace, NEVER, reset).astype(np.int32),
    )


def _chosen(due: Days, first: Days, until: Days, wanted: bool) -> Days:
    if not wanted:
        return np.full(len(due), NEVER, dtype=np.int32)
    return np.where((due == first) & (due <= until), due, NEVER).astype(np.int32)


def _rolled_where(
    standings: Standings, where: Mask, day: Days, policy: Policy, daily: DailyActivity
) -> Standings:
    as_of = np.where(where, day, standings.evaluated_on).astype(np.int32)
    return rolled(standings, np.maximum(as_of, standings.evaluated_on), policy, daily)


def _held_or_lapsed(standings: Standings, due: Days, policy: Policy) -> tuple[Days, Mask]:
    """What is held on its due day, and where it lapses because the system was inactive on that day."""
    active = policy.ladders.active[policy.revision_on(_real(due)), standings.system]
    return np.where(active, due, NEVER).astype(np.int32), (due != NEVER) & ~active


def _review_passed_over(decided: Decided, where: Mask, on: Days) -> Decided:
    """The same with the next anniversary's review instead of the one that lapsed."""
    following = next_anniversary(decided.standings.level_since, _real(on))
    return replace(decided, standings=overlaid(decided.standings, where, review_on=following))


def _without_grace(decided: Decided, where: Mask, on: Days) -> Decided:
    """The same with grace that lapsed taken away, the level kept."""
    kept = overlaid(decided.standings, where, grace_from=NEVER, grace_until=NEVER)
    missed = where & (kept.review_on != NEVER) & (kept.review_on < on)
    return _review_passed_over(replace(decided, standings=kept), missed, on)


def _real(day: Days) -> Days:
    return np.where(day == NEVER, 0, day).astype(np.int32)


def _any(*days: Days) -> bool:
    return any(bool((column != NEVER).any()) for column in days)
