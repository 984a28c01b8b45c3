"""Settling what fell due: reviews, ends of grace, tenure and inactivity, each as of its own day, in order of day.

Purchases, bulk jobs, staff and readers settle by the same rule, so it does not matter which of them comes first
(DECISIONS, Meanings 9 and Settlement).
"""

from collections.abc import Mapping
from typing import Final, Protocol

import numpy as np

from services.kernel.calendar import NEVER, Days
from services.kernel.columns import Mask, put, taken
from services.tier.columns import Moves, Standings
from services.tier.policy import Policy
from services.tier.rules.due_days import (
    ANNIVERSARY,
    CHECK,
    EVERYTHING,
    GRACE,
    INACTIVITY,
    RESET,
    TENURE,
    Kind,
    Matter,
    due_days,
)
from services.tier.rules.inactivity import decide_inactivations
from services.tier.rules.moves import joined
from services.tier.rules.review import Decided, decide_grace_ends, decide_reviews
from services.tier.rules.tenure import decide_lifetimes
from services.tier.rules.window import DailyActivity, counted_since, rolled

__all__ = ["EVERYTHING", "Matter", "brought_to", "settled"]


class _Rule(Protocol):
    def __call__(self, standings: Standings, due: Days, policy: Policy) -> Decided: ...


_RULES: Final[Mapping[Kind, _Rule]] = {
    TENURE: decide_lifetimes,
    GRACE: decide_grace_ends,
    ANNIVERSARY: decide_reviews,
    CHECK: decide_reviews,
    INACTIVITY: decide_inactivations,
}


def settled(
    standings: Standings,
    until: Days,
    policy: Policy,
    daily: DailyActivity,
    *,
    whole_day: bool,
    matters: Matter = EVERYTHING,
) -> Decided:
    """The standings with everything decided that fell due up to a day, and the moves of it.

    Of the day itself only what its purchases still count for is left out, unless the `whole_day` is over. A member
    whose next matter is not among `matters` is left there; tenure always is, and a review that waits for the end of
    grace is left with it. Standings are answered as of their last change: a reset that was passed leaves no trace
    (DECISIONS, Meanings 8).
    """
    parts: list[Moves] = []
    lasting = standings
    anothers = np.zeros(len(standings), dtype=np.bool_)
    grace_ended = anothers.copy()
    may_pass_by = False
    while True:
        next_due = _next_due(standings, until, policy, daily, anothers, whole_day=whole_day)
        if not next_due:
            return Decided(lasting, joined(parts))
        changed = np.zeros(len(standings), dtype=np.bool_)
        for kind, due in next_due.items():
            wanted = np.full(len(standings), kind.matter in matters | Matter.TENURE)
            wanted |= grace_ended & (kind.matter is Matter.REVIEWS)
            anothers |= _is_anothers(kind, standings, due, wanted, policy, daily)
            asked = _days_where(~anothers, due)
            decided = _decided(kind, standings, asked, policy, daily)
            standings = decided.standings
            anothers |= _left_as_it_was(kind, asked, decided)
            parts.append(decided.moves)
            changed[decided.moves.row] = True
            if kind is GRACE:
                grace_ended[decided.moves.row] = True
        may_pass_by |= RESET in next_due
        rows = np.flatnonzero(changed)
        lasting = put(lasting, rows, taken(standings, rows)) if may_pass_by else standings


def brought_to(
    standings: Standings, day: Days, policy: Policy, daily: DailyActivity, *, whole_day: bool = False
) -> Decided:
    """The standings as a purchase of a day finds them (or its end): nothing overdue, and what counts as of the day.

    No day lies before the last evaluation.
    """
    overdue = settled(standings, day, policy, daily, whole_day=whole_day)
    return Decided(rolled(overdue.standings, day, policy, daily), overdue.moves)


def _next_due(
    standings: Standings,
    until: Days,
    policy: Policy,
    daily: DailyActivity,
    anothers: Mask,
    *,
    whole_day: bool,
) -> dict[Kind, Days]:
    """By kind, the days of what is due next, one thing of each row; kinds of which nothing is due are left out."""
    due = due_days(standings, policy, daily)
    first = np.minimum.reduce(list(due.values()))
    undecided = (first <= until) & ~anothers
    if not undecided.any():
        return {}
    chosen: dict[Kind, Days] = {}
    for kind, days in due.items():
        is_next = undecided & (days == first)
        undecided &= ~is_next
        if kind.evening and not whole_day:
            is_next &= days < until
        if is_next.any():
            chosen[kind] = _days_where(is_next, days)
    return chosen


def _is_anothers(
    kind: Kind, standings: Standings, due: Days, wanted: Mask, policy: Policy, daily: DailyActivity
) -> Mask:
    """Which of what is due is for another job to decide. A reset that is passed is nobody's: it leaves no trace."""
    anothers: Mask = (due != NEVER) & ~wanted
    if kind is RESET and anothers.any():
        failed = _reset_held(standings, _days_where(anothers, due), policy, daily).moves.row
        anothers = np.isin(np.arange(len(standings)), failed)
    return anothers


def _left_as_it_was(kind: Kind, asked: Days, decided: Decided) -> Mask:
    """Of whom nothing came of what was due: it would stay due for ever. A reset that is passed is over."""
    left: Mask = asked != NEVER
    if kind is RESET:
        return np.zeros_like(left)
    left[decided.moves.row] = False
    return left


def _decided(kind: Kind, standings: Standings, due: Days, policy: Policy, daily: DailyActivity) -> Decided:
    if kind is RESET:
        return _reset_held(standings, due, policy, daily)
    return _RULES[kind](_rolled_where(standings, due != NEVER, due, policy, daily), due, policy)


def _reset_held(standings: Standings, reset: Days, policy: Policy, daily: DailyActivity) -> Decided:
    """The reset decided on the days [reset before, reset); with it a new period begins (Engage, Next Reset)."""
    held = reset != NEVER
    last_day = np.where(held, reset - 1, standings.evaluated_on).astype(np.int32)
    start = np.where(held, policy.last_reset(standings.system, last_day), standings.counted_from)
    period = counted_since(start.astype(np.int32), standings, last_day, daily)
    decided = decide_reviews(period, reset, policy)
    return Decided(_rolled_where(decided.standings, held, reset, policy, daily), decided.moves)


def _rolled_where(
    standings: Standings, where: Mask, day: Days, policy: Policy, daily: DailyActivity
) -> Standings:
    as_of = np.where(where, day, standings.evaluated_on).astype(np.int32)
    return rolled(standings, np.maximum(as_of, standings.evaluated_on), policy, daily)


def _days_where(where: Mask, days: Days) -> Days:
    return np.where(where, days, NEVER).astype(np.int32)
