"""The history of moves retraced: where a member stood after each of them, and what led up there.

Reversals look for what they take the ground from (DECISIONS, Meanings 14), readers for how things were.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Final

import numpy as np

from services.kernel.calendar import NEVER, next_anniversary
from services.tier.columns import NO_LEVEL, NO_SYSTEM, MoveReason, Moves
from services.tier.policy import Policy
from services.tier.policy_document import Maintenance

PROMOTIONS: Final = (MoveReason.THRESHOLD_REACHED, MoveReason.FAST_TRACKED)
_RISES: Final = (*PROMOTIONS, MoveReason.RECOVERED)
_UNDOINGS: Final = (MoveReason.PROMOTION_UNDONE, MoveReason.RECOVERY_UNDONE)
_PASSING: Final = (
    MoveReason.LOCKED, MoveReason.REACTIVATED, MoveReason.INACTIVATED, MoveReason.GRACE_TOUCHED
)  # fmt: skip
_JOININGS: Final = (MoveReason.MERGED_IN, MoveReason.MERGED_AWAY)
_REVIEWS: Final = (MoveReason.RENEWED, MoveReason.GRACE_ENTERED)


@dataclass(frozen=True, slots=True)
class Footing:
    """Where one member stood after a move; days are NEVER where there is none.

    `rise` is the latest promotion or recovery that no other change of level or grace has followed. `unmerged` is
    the footing before the latest merge.
    """

    system: int
    level: int
    level_since: int
    review_on: int
    grace_from: int
    grace_until: int
    touched_on: int
    kept_until: int
    lifetime_since: int
    inactive_since: int
    by_thresholds: bool
    rise: "Rise | None"
    unmerged: "Footing | None"


@dataclass(frozen=True, slots=True)
class Rise:
    """A promotion or a recovery, and where the member stood before it."""

    reason: int
    on: int
    to_level: int
    before: Footing


@dataclass(frozen=True, slots=True)
class Step:
    """One move, as far as it tells where the member stands."""

    effective_on: int
    system: int
    to_level: int
    reason: int
    grace_until: int
    level_since: int
    locked_until: int


NOWHERE: Final = Footing(
    system=NO_SYSTEM,
    level=NO_LEVEL,
    level_since=NEVER,
    review_on=NEVER,
    grace_from=NEVER,
    grace_until=NEVER,
    touched_on=NEVER,
    kept_until=NEVER,
    lifetime_since=NEVER,
    inactive_since=NEVER,
    by_thresholds=False,
    rise=None,
    unmerged=None,
)
"""The footing of who is not a member yet."""


def retraced(footings: Sequence[Footing], moves: Moves, policy: Policy) -> list[Footing]:
    """The footings after further moves, given in the order in which they were decided."""
    after = list(footings)
    columns = [getattr(moves, field.name).tolist() for field in fields(Step)]
    for row, *values in zip(moves.row.tolist(), *columns, strict=True):
        after[row] = followed(after[row], Step(*values), policy)
    return after


def followed(footing: Footing, step: Step, policy: Policy) -> Footing:
    """The footing after one more move."""
    if step.reason in _UNDOINGS and footing.rise:
        return undone(footing, footing.rise, step.effective_on, policy)
    if step.reason in _PASSING:
        return _passed(footing, step, policy)
    before = footing.unmerged
    if step.reason == MoveReason.MERGE_UNDONE and before and _same_place(before, step):
        return replace(before, kept_until=step.locked_until)
    enters = (step.to_level, step.level_since) != (footing.level, footing.level_since)
    after = replace(
        footing,
        system=NO_SYSTEM if step.to_level == NO_LEVEL else step.system,
        level=step.to_level,
        level_since=step.level_since,
        grace_from=_grace_from(footing, step),
        grace_until=step.grace_until,
        touched_on=NEVER if step.grace_until == NEVER else footing.touched_on,
        kept_until=step.locked_until,
        lifetime_since=NEVER if step.to_level == NO_LEVEL else footing.lifetime_since,
        by_thresholds=step.reason in PROMOTIONS if enters else footing.by_thresholds,
        rise=Rise(step.reason, step.effective_on, step.to_level, footing) if step.reason in _RISES else None,
        unmerged=footing if step.reason in _JOININGS else footing.unmerged,
    )
    if step.reason == MoveReason.LIFETIME_GRANTED:
        after = replace(after, lifetime_since=step.effective_on)
    if step.to_level == NO_LEVEL:
        after = replace(after, inactive_since=NEVER)
    return replace(after, review_on=_review_after(footing, after, step, policy))


def undone(footing: Footing, rise: Rise, on: int, policy: Policy) -> Footing:
    """The footing after the latest rise was taken back on a day: that before it, with what was marked since.

    A promotion taken back leaves the next anniversary of the level before ahead, but never grace: that had ended.
    """
    before = replace(
        rise.before,
        kept_until=footing.kept_until,
        inactive_since=footing.inactive_since,
    )
    if rise.reason not in PROMOTIONS:
        return replace(before, review_on=footing.review_on)
    below = replace(before, grace_from=NEVER, grace_until=NEVER, touched_on=NEVER)
    return replace(below, review_on=_review_restored(below, on, policy))


def _review_restored(footing: Footing, on: int, policy: Policy) -> int:
    maintenance, rank = _rule(footing, on, policy)
    if rank > 0 and maintenance == Maintenance.ANNIVERSARY:
        return _anniversary(footing.level_since, on - 1)
    if rank > 0 and maintenance == Maintenance.CONTINUOUS and not footing.by_thresholds:
        return _anniversary(footing.level_since, footing.level_since)
    return NEVER


def _passed(footing: Footing, step: Step, policy: Policy) -> Footing:
    """A mark was set or lifted; level and grace stay."""
    if step.reason == MoveReason.GRACE_TOUCHED:
        return replace(footing, touched_on=step.effective_on)
    if step.reason == MoveReason.LOCKED:
        review_on = _review_after_lock(footing, step.effective_on, policy)
        return replace(
            footing, kept_until=step.locked_until, grace_until=step.grace_until, review_on=review_on
        )
    inactive = step.reason == MoveReason.INACTIVATED
    return replace(footing, inactive_since=step.effective_on if inactive else NEVER)


def _review_after_lock(footing: Footing, on: int, policy: Policy) -> int:
    """What another lock passed over stays so (DECISIONS, Meanings 22)."""
    locked_until = min(footing.kept_until, on)
    if footing.kept_until == NEVER or footing.review_on >= locked_until:
        return footing.review_on
    maintenance, _ = _rule(footing, on, policy)
    if maintenance == Maintenance.CONTINUOUS:
        return footing.review_on
    return _anniversary(footing.level_since, locked_until - 1)


def _same_place(footing: Footing, step: Step) -> bool:
    there = (footing.level, footing.level_since, footing.grace_until)
    return there == (step.to_level, step.level_since, step.grace_until)


def _grace_from(footing: Footing, step: Step) -> int:
    if step.grace_until == NEVER:
        return NEVER
    return footing.grace_from if footing.grace_until == step.grace_until else step.effective_on


def _review_after(before: Footing, after: Footing, step: Step, policy: Policy) -> int:
    """The review day that the rules set with a move; a review that passed during grace is not made up for."""
    on = step.effective_on
    maintenance, rank = _rule(after, on, policy)
    if (after.level, after.level_since) != (before.level, before.level_since):
        checked_later = maintenance == Maintenance.CONTINUOUS and not after.by_thresholds
        dated = rank > 0 and (maintenance == Maintenance.ANNIVERSARY or checked_later)
        return _anniversary(after.level_since, on - 1) if dated else NEVER
    if step.reason in _REVIEWS and maintenance == Maintenance.ANNIVERSARY:
        return _anniversary(after.level_since, on)
    grace_ended = before.grace_until != NEVER and after.grace_until == NEVER
    if grace_ended and after.review_on < on and maintenance != Maintenance.CONTINUOUS:
        return _anniversary(after.level_since, on - 1)
    return after.review_on


def _rule(footing: Footing, on: int, policy: Policy) -> tuple[int, int]:
    """How the footing's system checks levels on a day, and the rank of the level then; outside of all: not at all."""
    if footing.system == NO_SYSTEM:
        return Maintenance.NONE, 0
    revision = int(policy.revision_on(np.array([on], dtype=np.int32))[0])
    ladders = policy.ladders
    maintenance = int(ladders.maintenance[revision, footing.system])
    return maintenance, int(ladders.rank_of[revision, footing.system, footing.level])


def _anniversary(anchor: int, after: int) -> int:
    days = [np.array([day], dtype=np.int32) for day in (anchor, after)]
    return int(next_anniversary(*days)[0])
