"""What falls due for members by itself, and on which day."""

from dataclasses import dataclass
from enum import Flag, auto
from typing import Final

import numpy as np

from services.kernel.calendar import NEVER, Days
from services.tier.columns import NO_SYSTEM, Standings
from services.tier.policy import Policy
from services.tier.rules.continuous import continuous_due
from services.tier.rules.inactivity import inactivity_due
from services.tier.rules.review import next_review
from services.tier.rules.tenure import tenure_due
from services.tier.rules.window import DailyActivity


class Matter(Flag):
    """What may be settled; a bulk job settles its own matter, and with GRACE the reviews that waited for its end."""

    REVIEWS = auto()
    GRACE = auto()
    CONTINUOUS = auto()
    TENURE = auto()
    INACTIVITY = auto()


EVERYTHING: Final = Matter.REVIEWS | Matter.GRACE | Matter.CONTINUOUS | Matter.TENURE | Matter.INACTIVITY


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of what falls due; of an `evening` one the purchases of its day still count for it."""

    matter: Matter
    evening: bool


TENURE: Final = Kind(Matter.TENURE, evening=False)
GRACE: Final = Kind(Matter.GRACE, evening=False)
ANNIVERSARY: Final = Kind(Matter.REVIEWS, evening=True)
RESET: Final = Kind(Matter.REVIEWS, evening=False)
CHECK: Final = Kind(Matter.CONTINUOUS, evening=True)
INACTIVITY: Final = Kind(Matter.INACTIVITY, evening=True)


def due_days(standings: Standings, policy: Policy, daily: DailyActivity) -> dict[Kind, Days]:
    """The day on which each kind that the policy knows falls due next; NEVER where it does not.

    The kinds stand in the order in which they come on one day (DECISIONS, Settlement).
    """
    due: dict[Kind, Days] = {}
    if policy.grants_lifetime:
        due[TENURE] = _not_before_now(tenure_due(standings, policy), standings)
    in_grace = standings.grace_until != NEVER
    due[GRACE] = _not_before_now(_grace_due(standings), standings)
    if policy.reviews_anniversaries:
        due[ANNIVERSARY] = np.where(in_grace, NEVER, next_review(standings, policy)).astype(np.int32)
    if policy.resets_systems:
        due[RESET] = np.where(in_grace, NEVER, _reset_due(standings, policy)).astype(np.int32)
    if policy.checks_continuously:
        due[CHECK] = continuous_due(standings, policy, daily)
    if policy.marks_inactive:
        due[INACTIVITY] = _not_before_now(inactivity_due(standings, policy), standings)
    return due


def _not_before_now(due: Days, standings: Standings) -> Days:
    """What a reversal brings back may have been due long ago: moves never go back in time (DECISIONS, Settlement)."""
    return np.maximum(due, standings.evaluated_on)


def _grace_due(standings: Standings) -> Days:
    """The end of grace, which waits for the end of a lock (DECISIONS, Meanings 22)."""
    ends = standings.grace_until
    if (standings.kept_until == NEVER).all():
        return ends
    locked = (standings.kept_until != NEVER) & (ends != NEVER) & (standings.system != NO_SYSTEM)
    return np.where(locked, np.maximum(ends, standings.kept_until), ends).astype(np.int32)


def _reset_due(standings: Standings, policy: Policy) -> Days:
    """The next reset; those within a lock are passed over (DECISIONS, Meanings 22)."""
    last_locked = np.where(standings.kept_until == NEVER, standings.evaluated_on, standings.kept_until - 1)
    after = np.maximum(standings.evaluated_on, last_locked).astype(np.int32)
    return policy.next_reset(standings.system, after)
