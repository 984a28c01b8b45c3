"""Reviews, grace and their expiration: whether members keep the level (DECISIONS, Meanings 7 to 9)."""

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.kernel.calendar import NEVER, Days, add_months, day_number, next_anniversary
from services.kernel.columns import Mask, overlaid
from services.tier.columns import NO_SYSTEM, MoveReason, Moves, Standings
from services.tier.policy import Policy
from services.tier.policy_document import Maintenance
from services.tier.rules.levels import demoted, keeps_level
from services.tier.rules.moves import moves_between, no_moves

_LAST_DAY: Final = day_number(date.max)
"""A lock may last until then: what comes after it has no date."""


def next_review(standings: Standings, policy: Policy) -> Days:
    """The next anniversary of the level on which the policy in force holds a review; NEVER where there is none.

    Anniversaries on which it holds none (the system is inactive or checks otherwise, the level is the lowest or
    locked) are passed over (DECISIONS, Meanings 10, 17 and 22).
    """
    if not policy.reviews_anniversaries:
        return np.full(len(standings), NEVER, dtype=np.int32)
    day = standings.review_on.copy()
    undated = np.flatnonzero(day == NEVER)
    day_before = (standings.evaluated_on[undated] - 1).astype(np.int32)
    day[undated] = next_anniversary(standings.level_since[undated], day_before)
    locked = np.flatnonzero((standings.kept_until != NEVER) & (day < standings.kept_until))
    if len(locked):
        last_locked = (standings.kept_until[locked] - 1).astype(np.int32)
        unlocked = next_anniversary(standings.level_since[locked], last_locked)
        day[locked] = np.where(unlocked > _LAST_DAY, NEVER, unlocked)
    while True:
        passed_over = (day != NEVER) & ~_holds_reviews(standings, day, policy)
        if not passed_over.any():
            return day
        rows = np.flatnonzero(passed_over)
        following = next_anniversary(standings.level_since[rows], day[rows])
        day[rows] = np.where(day[rows] >= policy.effective_from[-1], NEVER, following)


def _holds_reviews(standings: Standings, day: Days, policy: Policy) -> Mask:
    revision, system, ladders = policy.revision_on(day), standings.system, policy.ladders
    holds: Mask = ladders.maintenance[revision, system] == Maintenance.ANNIVERSARY
    holds &= ladders.active[revision, system] & (system != NO_SYSTEM)
    holds &= ladders.rank_of[revision, system, standings.level] > 0
    return holds


@dataclass(frozen=True, slots=True)
class Decided:
    """Standings after a decision, and the moves that led there."""

    standings: Standings
    moves: Moves


def unchanged(standings: Standings) -> Decided:
    """The decision that nobody moves."""
    return Decided(standings, no_moves())


def decide_reviews(standings: Standings, due: Days, policy: Policy) -> Decided:
    """Who keeps the level, enters grace, or is demoted, each as of the due date of the review.

    `standings` carry the sums to decide on; `due` is NEVER where no review is held. Anniversary reviews renew for
    another year; a passed reset or continuous check changes nothing (LuxeSpa, Grace Period Rules; Engage, Configure
    Maintenance Rules).
    """
    held = due != NEVER
    on = np.where(held, due, 0).astype(np.int32)
    revision = policy.revision_on(on)
    maintenance = policy.ladders.maintenance[revision, standings.system]
    anniversary = maintenance == Maintenance.ANNIVERSARY
    rank = policy.ladders.rank_of[revision, standings.system, standings.level]
    passed = keeps_level(standings, revision, policy)
    grace_months = policy.ladders.grace_months[revision, standings.system, rank]
    into_grace = held & ~passed & (grace_months > 0)
    down = held & ~passed & (grace_months == 0)
    renewed = held & passed & anniversary

    after = overlaid(
        standings, (into_grace | renewed) & anniversary, review_on=next_anniversary(standings.level_since, on)
    )
    after = overlaid(after, into_grace, grace_from=on, grace_until=add_months(on, grace_months))
    after = demoted(after, down, on, policy)
    reason = np.select(
        [renewed, into_grace, anniversary, maintenance == Maintenance.CONTINUOUS],
        [
            MoveReason.RENEWED,
            MoveReason.GRACE_ENTERED,
            MoveReason.REVIEW_FAILED,
            MoveReason.THRESHOLD_LOST,
        ],
        MoveReason.RESET_FAILED,
    ).astype(np.int16)
    return Decided(after, moves_between(standings, after, renewed | into_grace | down, on, reason, policy))


def decide_grace_ends(standings: Standings, due: Days, policy: Policy) -> Decided:
    """Who is demoted because grace is over, on the very day it ended; `due` is NEVER for all others.

    Where the system is inactive or checks nothing on that day, grace lapses and the level is kept (DECISIONS,
    Meanings 9 and 17; LuxeSpa, Grace Period Rules: Downgrade).
    """
    ended = due != NEVER
    on = np.where(ended, due, 0).astype(np.int32)
    expired = ended & _demotes(standings, on, policy)
    after = without_grace(standings, ended & ~expired, on, policy)
    after = demoted(after, expired, on, policy)
    reason = np.where(expired, MoveReason.GRACE_EXPIRED, MoveReason.GRACE_LAPSED).astype(np.int16)
    return Decided(after, moves_between(standings, after, ended, on, reason, policy))


def decide_recoveries(standings: Standings, on: Days, policy: Policy) -> Decided:
    """Who meets the thresholds during grace and is restored at once, keeping the original anniversary.

    DECISIONS, Meanings 9; LuxeSpa, Grace Period Rules: Recovery.
    """
    revision = policy.revision_on(on)
    recovered = _movable(standings, on, policy) & (standings.grace_until != NEVER)
    if not recovered.any():
        return unchanged(standings)
    recovered &= keeps_level(standings, revision, policy)
    after = without_grace(standings, recovered, on, policy)
    reason = np.full(len(standings), MoveReason.RECOVERED, dtype=np.int16)
    return Decided(after, moves_between(standings, after, recovered, on, reason, policy))


def without_grace(standings: Standings, where: Mask, on: Days, policy: Policy) -> Standings:
    """The standings with grace taken away and the level kept; a review that passed meanwhile is not made up for."""
    day_before = np.where(where, on - 1, 0).astype(np.int32)
    following = next_anniversary(standings.level_since, day_before)
    maintenance = policy.ladders.maintenance[policy.revision_on(on), standings.system]
    missed = where & (standings.review_on < on) & (maintenance != Maintenance.CONTINUOUS)
    after = overlaid(standings, where, grace_from=NEVER, grace_until=NEVER, touched_on=NEVER)
    return overlaid(after, missed, review_on=following)


def _movable(standings: Standings, on: Days, policy: Policy) -> NDArray[np.bool_]:
    active = policy.ladders.active[policy.revision_on(on), standings.system]
    return (standings.system >= 0) & active


def _demotes(standings: Standings, day: Days, policy: Policy) -> Mask:
    """Whether anybody is demoted on a day: not while the system is inactive or checks nothing."""
    at = (policy.revision_on(day), standings.system)
    demotes: Mask = policy.ladders.active[at] & (policy.ladders.maintenance[at] != Maintenance.NONE)
    demotes &= policy.ladders.rank_of[(*at, standings.level)] > 0
    return demotes
