"""Replaying a recorded history through a tier system, from enrolment on, as if it had been that one all along."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from services.kernel.columns import Index, occurrence_numbers, put, taken
from services.tier.columns import Activities, Amounts, Standings
from services.tier.policy import Policy
from services.tier.policy_document import TierPolicy, TierSystem
from services.tier.rules.activities import decide_activities
from services.tier.rules.settlement import brought_to
from services.tier.rules.window import DailyActivity

_MEMBERS_AT_ONCE: Final = 2_000
"""Each purchase of a member is decided with those of so many others; what they have bought is sorted anew for it."""

_CYCLE_YEARS: Final = 400
"""After so many years the calendar repeats, 29 February included."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """Where members would stand, and the points that they would have earned in all."""

    standings: Standings
    points: Amounts


def since_ever(policy: TierPolicy) -> TierPolicy:
    """The policy with its resets repeated into the past, so that they fall into the history too."""
    return replace(policy, systems=tuple(_reset_since_ever(system) for system in policy.systems))


def decide_replay(
    standings: Standings, activities: Activities, member_row: Index, policy: Policy, as_of: int
) -> Replayed:
    """What becomes of members as they began, by their activities in the order given, and then up to a day.

    `member_row` is the row of each activity's member. What staff did to a member, and what others decided, is no
    part of it.
    """
    points = np.zeros(len(standings), dtype=np.int64)
    purchases = np.bincount(member_row, minlength=len(standings))
    # Alike many purchases together: a long history costs its own length for all who are decided with it.
    by_length = np.argsort(purchases, kind="stable")
    rounds = occurrence_numbers(member_row.tolist())
    place = np.full(len(standings), -1, dtype=np.intp)
    for start in range(0, len(standings), _MEMBERS_AT_ONCE):
        rows = by_length[start : start + _MEMBERS_AT_ONCE]
        place[rows] = np.arange(len(rows))
        items = np.flatnonzero(place[member_row] >= 0)
        replayed = _replayed(
            taken(standings, rows),
            taken(activities, items),
            place[member_row[items]],
            rounds[items],
            policy,
            as_of,
        )
        standings = put(standings, rows, replayed.standings)
        points[rows] = replayed.points
        place[rows] = -1
    return Replayed(standings, points)


def _replayed(
    standings: Standings, activities: Activities, member_row: Index, rounds: Index, policy: Policy, as_of: int
) -> Replayed:
    recorded = decide_activities(standings, activities, member_row, rounds, policy, DailyActivity.none())
    earned = recorded.priced.points
    daily = DailyActivity.of(member_row, activities.occurred_on, activities.spend, activities.visits, earned)
    until = np.full(len(standings), as_of, dtype=np.int32)
    present = brought_to(recorded.standings, until, policy, daily).standings
    points = np.zeros(len(standings), dtype=np.int64)
    np.add.at(points, member_row, earned)
    return Replayed(present, points)


def _reset_since_ever(system: TierSystem) -> TierSystem:
    reset = system.reset
    if reset is None or reset.next_reset is None or reset.next_reset.year <= _CYCLE_YEARS:
        return system
    first = reset.next_reset.replace(year=reset.next_reset.year - _CYCLE_YEARS)
    return replace(system, reset=replace(reset, next_reset=first))
