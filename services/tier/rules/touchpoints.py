"""What reaches a member during grace, and when (DECISIONS, Meanings 16; LuxeSpa, Grace Period Rules: Communication)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.kernel.calendar import NEVER, Days, add_months
from services.kernel.columns import Mask, overlaid
from services.tier.columns import MoveReason, Moves, Standings
from services.tier.policy import Policy
from services.tier.policy_document import TierPolicy, Touchpoint
from services.tier.rules.moves import joined, moves_between
from services.tier.rules.review import Decided
from services.tier.rules.settlement import settled
from services.tier.rules.window import DailyActivity, rolled

_DAYS_BEFORE_THE_END: Final = 7

Months = NDArray[np.int16]


def decide_touchpoints(standings: Standings, as_of: int, policy: Policy, daily: DailyActivity) -> Decided:
    """Which touchpoints fell due up to a day and were not told, each as of its own day, in the order of their days.

    Nobody is told anything whose grace is over by that day, whether the end of it was recorded or not.
    """
    until = np.full(len(standings), as_of, dtype=np.int32)
    lasting = settled(standings, until, policy, daily, whole_day=True).standings
    in_grace = (standings.grace_until != NEVER) & (lasting.grace_from == standings.grace_from)
    months = _months_by_row(standings, in_grace, policy)
    due = touchpoint_days(standings.grace_from[:, None], standings.grace_until[:, None], months)
    told_until = np.where(standings.touched_on == NEVER, standings.grace_from, standings.touched_on)
    untold = in_grace[:, None] & (months > 0) & (due > told_until[:, None]) & (due <= as_of)
    parts: list[Moves] = []
    for place in np.flatnonzero(untold.any(axis=0)).tolist():
        told = _told(standings, untold[:, place], due[:, place], months[:, place], policy, daily)
        standings = told.standings
        parts.append(told.moves)
    return Decided(standings, joined(parts))


def touchpoint_days(grace_from: Days, grace_until: Days, months: Months) -> Days:
    """The day of the touchpoint of each month of a time of grace; what would fall on its end comes a week before."""
    planned = add_months(grace_from, months)
    return np.where(planned >= grace_until, grace_until - _DAYS_BEFORE_THE_END, planned).astype(np.int32)


def touchpoints_of(document: TierPolicy, system_id: str, level_code: str) -> Sequence[Touchpoint]:
    """The touchpoints of a level, in the order of their months."""
    found = [
        touchpoint
        for system in document.systems
        if system.external_id == system_id
        for level in system.levels
        if level.code == level_code
        for touchpoint in level.touchpoints
    ]
    return sorted(found, key=lambda touchpoint: touchpoint.month)


def _told(
    standings: Standings, told: Mask, due: Days, months: Months, policy: Policy, daily: DailyActivity
) -> Decided:
    """The touchpoint of each row told; its move carries what counted on its day, or when last evaluated since."""
    after = overlaid(standings, told, touched_on=due)
    reason = np.full(len(standings), MoveReason.GRACE_TOUCHED, dtype=np.int16)
    day = np.where(told, np.maximum(due, standings.evaluated_on), standings.evaluated_on).astype(np.int32)
    moves = moves_between(rolled(standings, day, policy, daily), after, told, due, reason, policy)
    return Decided(after, replace(moves, touchpoint=months[moves.row]))


def _months_by_row(standings: Standings, in_grace: Mask, policy: Policy) -> Months:
    """Rising months of the revision in force on the day on which grace began, one row a member, then zeros."""
    rows = np.flatnonzero(in_grace)
    revision = policy.revision_on(standings.grace_from[rows])
    rungs = np.stack([revision, standings.system[rows], standings.level[rows]], axis=1)
    different, kind = np.unique(rungs, axis=0, return_inverse=True)
    lists = [_months_of(policy, *rung) for rung in different.tolist()]
    table = np.zeros((len(lists) + 1, max(map(len, lists), default=0)), dtype=np.int16)
    for number, months in enumerate(lists):
        table[number, : len(months)] = months
    kind_of = np.full(len(standings), len(lists), dtype=np.intp)
    kind_of[rows] = kind.reshape(-1)
    return table[kind_of]


def _months_of(policy: Policy, revision: int, system: int, level: int) -> list[int]:
    code = policy.level_code(system, level)
    touchpoints = touchpoints_of(policy.documents[revision], policy.system_ids[system], code)
    return sorted({touchpoint.month for touchpoint in touchpoints})
