"""Two records of one member joined, and separated again (DECISIONS, Meanings 23).

All columns are of pairs: row by row a record that is given up, the source, and the one that remains, the target.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from services.kernel.calendar import NEVER, Days
from services.kernel.columns import Mask, overlaid, put, taken
from services.tier.columns import NO_SYSTEM, MoveReason, Standings
from services.tier.policy import Policy
from services.tier.rules.levels import entered
from services.tier.rules.promotion import decide_promotions
from services.tier.rules.review import Decided, decide_recoveries, without_grace
from services.tier.rules.settlement import brought_to
from services.tier.rules.systems import counted_anew, decide_departures, moves_on_and_off
from services.tier.rules.window import DailyActivity

_PLACE: Final = (
    "level", "level_since", "review_on", "grace_from", "grace_until", "touched_on", "kept_until", "held_until",
)  # fmt: skip
"""What a standing says of the level held, and changes hands with it."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Sources and targets, with the whole recorded activity of each."""

    source: Standings
    target: Standings
    daily_source: DailyActivity
    daily_target: DailyActivity


@dataclass(frozen=True, slots=True)
class Since:
    """What has happened to targets since a merge: they changed level or merged again, or were locked."""

    moved: Mask
    locked: Mask


def decide_merges(pairs: Pairs, on: Days, policy: Policy) -> tuple[Decided, Decided]:
    """The sources off the ladders, and the targets with the activity of both and the higher of both levels.

    Of equal levels the one that was held longer, in different systems that of the target; for life if either was.
    Both were brought up to the day `on`.
    """
    source, target = pairs.source, pairs.target
    everybody = np.ones(len(target), dtype=np.bool_)
    gone = decide_departures(source, everybody, on, MoveReason.MERGED_AWAY, policy, pairs.daily_source)
    gone = replace(gone, standings=_emptied(gone.standings))
    after = overlaid(
        target, _stands_higher(source, target, on, policy), **{name: getattr(source, name) for name in _PLACE}
    )
    lifetime = np.where(
        target.system == NO_SYSTEM, NEVER, np.minimum(source.lifetime_since, target.lifetime_since)
    )
    both_inactive = (source.inactive_since != NEVER) & (target.inactive_since != NEVER)
    after = replace(
        without_grace(after, (lifetime != NEVER) & (after.grace_until != NEVER), on, policy),
        enrolled_on=np.minimum(source.enrolled_on, target.enrolled_on),
        lifetime_since=lifetime.astype(np.int32),
        active_on=np.maximum(source.active_on, target.active_on),
        inactive_since=np.where(
            both_inactive, np.maximum(source.inactive_since, target.inactive_since), NEVER
        ).astype(np.int32),
        treatments=source.treatments + target.treatments,
    )
    after = _counted_together(pairs, after, on, policy)
    before = replace(target, spend=after.spend, visits=after.visits, points=after.points)
    told = moves_on_and_off(before, after, everybody, on, MoveReason.MERGED_IN, policy)
    return gone, Decided(after, told)


def decide_separations(
    now: Pairs, before: Pairs, since: Since, active_days: Sequence[int], on: Days, policy: Policy
) -> tuple[Decided, Decided]:
    """The sources where they would stand had they been left alone, and so the targets unless they moved since.

    Who was locked since stays locked. `before` are both as they were merged, with the activity that each has by
    itself. `active_days` are the days after that on which any of them was active, in order.
    """
    everybody = np.ones(len(on), dtype=np.bool_)
    source = replace(before.source, birth_month=now.source.birth_month, version=now.source.version)
    source = _caught_up(source, active_days, on, policy, before.daily_source)
    source = counted_anew(source, everybody, on, policy, before.daily_source)
    back = moves_on_and_off(now.source, source, everybody, on, MoveReason.MERGE_UNDONE, policy)
    target = _separated(now, before, since, active_days, on, policy)
    stays = moves_on_and_off(now.target, target, everybody, on, MoveReason.MERGE_UNDONE, policy)
    return Decided(source, back), Decided(target, stays)


def _separated(
    now: Pairs, before: Pairs, since: Since, active_days: Sequence[int], on: Days, policy: Policy
) -> Standings:
    """The targets without what the merge had given them."""
    merged_active_on = np.maximum(before.source.active_on, before.target.active_on)
    active_since = now.target.active_on > merged_active_on
    own: dict[str, Any] = {
        "enrolled_on": before.target.enrolled_on,
        "birth_month": now.target.birth_month,
        "active_on": np.where(active_since, now.target.active_on, before.target.active_on),
        "treatments": now.target.treatments - before.source.treatments,
    }
    restored = replace(before.target, version=now.target.version, **own)
    restored = overlaid(restored, active_since, inactive_since=NEVER)
    restored = _caught_up(restored, active_days, on, policy, before.daily_target)
    locks = {"kept_until": now.target.kept_until, "held_until": now.target.held_until}
    restored = overlaid(restored, since.locked, **locks)
    kept = replace(_without_what_was_given(now.target, before, on, policy), **own)
    columns = {name: getattr(kept, name) for name in Standings.__dataclass_fields__}
    after = overlaid(restored, since.moved, **columns)
    return counted_anew(after, np.ones(len(on), dtype=np.bool_), on, policy, before.daily_target)


def _without_what_was_given(target: Standings, before: Pairs, on: Days, policy: Policy) -> Standings:
    """Targets that keep their level: not for life, and not since long ago, if they had that from the source alone."""
    for_life = (before.target.lifetime_since == NEVER) & (
        target.lifetime_since == before.source.lifetime_since
    )
    held_by_source = np.ones(len(target), dtype=np.bool_)
    for name in ("system", "level", "level_since"):
        held_by_source &= getattr(target, name) == getattr(before.source, name)
    given = held_by_source & (target.level_since != before.target.level_since) & (target.system != NO_SYSTEM)
    rank = policy.ladders.rank_of[policy.revision_on(on), target.system, target.level]
    return overlaid(entered(target, given, rank, on, policy), for_life, lifetime_since=NEVER)


def _caught_up(
    standings: Standings, active_days: Sequence[int], on: Days, policy: Policy, daily: DailyActivity
) -> Standings:
    """Standings of an earlier day as of a later one: what fell due between is settled, activity counts and promotes."""
    everybody = np.ones(len(standings), dtype=np.bool_)
    merged_on = standings.evaluated_on
    counted = counted_anew(standings, everybody, merged_on, policy, daily)
    standings = _risen(counted, _more_counts(counted, standings), merged_on, policy)
    for number in active_days:
        day = np.full(len(standings), number, dtype=np.int32)
        standings = brought_to(standings, day, policy, daily).standings
        counted = counted_anew(standings, everybody, day, policy, daily)
        standings = _risen(counted, _more_counts(counted, standings), day, policy)
    return brought_to(standings, on, policy, daily).standings


def _more_counts(now: Standings, before: Standings) -> Mask:
    """Where something was recorded between."""
    more: Mask = (now.spend > before.spend) | (now.visits > before.visits) | (now.points > before.points)
    return more


def _risen(standings: Standings, where: Mask, day: Days, policy: Policy) -> Standings:
    """The standings with some of them recovered and promoted, as a purchase of the day would."""
    recovered = decide_recoveries(standings, day, policy).standings
    promoted = decide_promotions(recovered, day, policy).standings
    rows = np.flatnonzero(where)
    risen: Standings = put(standings, rows, taken(promoted, rows))
    return risen


def _stands_higher(source: Standings, target: Standings, on: Days, policy: Policy) -> Mask:
    """Which sources hold a higher level than their targets, or the same one for longer."""
    rank_of, revision = policy.ladders.rank_of, policy.revision_on(on)
    given = rank_of[revision, source.system, source.level]
    held = rank_of[revision, target.system, target.level]
    comparable = (source.system == target.system) & (target.system != NO_SYSTEM)
    higher: Mask = comparable & (
        (given > held) | ((given == held) & (source.level_since < target.level_since))
    )
    return higher


def _counted_together(pairs: Pairs, after: Standings, on: Days, policy: Policy) -> Standings:
    """The activity of both counted as the target's system counts."""
    everybody = np.ones(len(after), dtype=np.bool_)
    own = counted_anew(after, everybody, on, policy, pairs.daily_target)
    given = counted_anew(after, everybody, on, policy, pairs.daily_source)
    return replace(
        own,
        spend=own.spend + given.spend,
        visits=own.visits + given.visits,
        points=own.points + given.points,
    )


def _emptied(standings: Standings) -> Standings:
    zero = np.zeros(len(standings), dtype=np.int64)
    return replace(standings, spend=zero, visits=zero, points=zero, treatments=zero)
