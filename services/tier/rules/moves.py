"""Moves as columns: collecting the changes that rules decide, in the order of deciding."""

import numpy as np
from numpy.typing import NDArray

from services.kernel.calendar import NEVER, Days
from services.kernel.columns import Index, stacked, taken
from services.tier.columns import NO_LEVEL, NO_SYSTEM, Ids, MoveReason, Moves, Standings
from services.tier.policy import Policy

NO_ACTIVITY = -1


def no_moves() -> Moves:
    """No change at all."""
    empty = np.empty(0, dtype=np.int16)
    number, day, amount = np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.int64)
    rows = np.empty(0, np.intp)
    return Moves(
        rows, rows, day, empty, empty, empty, empty, empty, empty, number, amount, amount, amount, day, day, day,
        empty,
    )  # fmt: skip


def moves_between(
    before: Standings,
    after: Standings,
    changed: NDArray[np.bool_],
    effective_on: Days,
    reason: Ids,
    policy: Policy,
) -> Moves:
    """One move for each row that `changed`, with the numbers it was decided on (those of `before`)."""
    rows = np.flatnonzero(changed)
    old, new = taken(before, rows), taken(after, rows)
    on = effective_on[rows]
    revision = policy.revision_on(on)
    rank_of = policy.ladders.rank_of
    in_grace = new.grace_until != NEVER
    return Moves(
        row=rows,
        activity=np.full(len(rows), NO_ACTIVITY, dtype=np.intp),
        effective_on=on,
        system=old.system,
        from_level=old.level,
        to_level=new.level,
        from_rank=rank_of[revision, old.system, old.level],
        to_rank=rank_of[revision, new.system, new.level],
        reason=reason[rows],
        revision=policy.revision_numbers[revision],
        spend=old.spend,
        visits=old.visits,
        points=old.points,
        grace_until=np.where(in_grace, new.grace_until, NEVER).astype(np.int32),
        level_since=new.level_since,
        locked_until=new.kept_until,
        touchpoint=np.zeros(len(rows), dtype=np.int16),
    )


def enrolments(standings: Standings, rows: Index, policy: Policy) -> Moves:
    """The moves of new members onto the lowest level of their system."""
    new = taken(standings, rows)
    count = len(rows)
    zero = np.zeros(count, dtype=np.int64)
    rank_before = np.full(count, NO_LEVEL, dtype=np.int16)
    return Moves(
        row=rows,
        activity=np.full(count, NO_ACTIVITY, dtype=np.intp),
        effective_on=new.enrolled_on,
        system=new.system,
        from_level=rank_before,
        to_level=np.where(new.system == NO_SYSTEM, NO_LEVEL, new.level).astype(np.int16),
        from_rank=rank_before,
        to_rank=np.where(new.system == NO_SYSTEM, NO_LEVEL, 0).astype(np.int16),
        reason=np.full(count, MoveReason.ENROLLED, dtype=np.int16),
        revision=policy.revision_numbers[policy.revision_on(new.enrolled_on)],
        spend=zero,
        visits=zero,
        points=zero,
        grace_until=np.full(count, NEVER, dtype=np.int32),
        level_since=new.level_since,
        locked_until=new.kept_until,
        touchpoint=np.zeros(count, dtype=np.int16),
    )


def joined(parts: list[Moves]) -> Moves:
    """All parts, one after the other."""
    filled = [part for part in parts if len(part)]
    return stacked(filled) if filled else no_moves()
