"""From the policy documents, revision by revision, to the arrays that the rules gather from."""

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from services.kernel.calendar import NEVER, Days, add_months, day_number
from services.kernel.exact import ONE_BP
from services.kernel.program import Program
from services.tier.columns import Ids
from services.tier.policy import BEFORE_ALL_TIME, END_OF_CALENDARS, LadderArrays, Policy
from services.tier.policy_document import (
    BirthdayRule,
    EnrolmentMode,
    Level,
    Maintenance,
    Repeats,
    Thresholds,
    TierPolicy,
    TierSystem,
    Undoing,
)
from services.tier.properties import PropertyEdit, PropertyTimeline, stated_edits

NOT_ATTAINABLE: Final = np.iinfo(np.int64).max
"""A threshold that no activity reaches."""

_NOTHING = Thresholds(spend_minor=0, visits=0, points=0)


def compiled(
    program: Program,
    revisions: Sequence[tuple[int, int, TierPolicy]],
    applied: Sequence[TierPolicy] = (),
    edits: Sequence[PropertyEdit] | None = None,
) -> Policy:
    """The policy by segments: (number of the revision, first day in force, document), oldest first; at least one.

    `applied` are all documents ever applied, by number: those that hold in no segment name systems, levels and
    properties too, and numbers once given stay. Without `edits` of properties, what each document states holds
    from its first day on.
    """
    documents = [document for _, _, document in revisions]
    naming = [*applied, *documents]
    if edits is None:
        edits = stated_edits((since, document) for _, since, document in revisions)
    effective_from = np.array([since for _, since, _ in revisions], dtype=np.int32)
    systems = _first_named(system.external_id for document in naming for system in document.systems)
    levels = [_first_named(_codes_of(naming, system)) for system in systems]
    properties = _first_named(prop.id for document in naming for prop in document.properties)
    return Policy(
        program=program,
        documents=documents,
        revision_numbers=np.array([number for number, _, _ in revisions], dtype=np.int32),
        effective_from=effective_from,
        system_ids=systems,
        level_codes=levels,
        property_ids=properties,
        property_timeline=PropertyTimeline.of(edits, properties),
        ladders=_ladders(documents, systems, levels, properties),
        counting_rule=_counting_rules(documents, systems),
        enrols_unknown=np.array(
            [document.enrolment == EnrolmentMode.ON_FIRST_PURCHASE for document in documents], dtype=np.bool_
        ),
        undoes=np.array([document.undoing != Undoing.KEEP for document in documents], dtype=np.bool_),
        resets=[_reset_calendar(documents, effective_from, system) for system in systems],
    )


def keep_thresholds(system: TierSystem, level: Level, rank: int) -> Thresholds:
    """What keeping a level takes; nothing where all three are 0.

    Without thresholds of its own a level is kept by what enters it, or (with RESET maintenance) by nothing.
    """
    if rank == 0 or system.maintenance == Maintenance.NONE:
        return _NOTHING
    if level.keep is not None:
        return level.keep
    return _NOTHING if system.maintenance == Maintenance.RESET or level.entry is None else level.entry


def _first_named(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _codes_of(documents: Sequence[TierPolicy], system_id: str) -> Iterable[str]:
    for document in documents:
        for system in document.systems:
            if system.external_id == system_id:
                yield from (level.code for level in system.levels)


def _ladders(
    documents: Sequence[TierPolicy],
    systems: Sequence[str],
    levels: Sequence[Sequence[str]],
    properties: Sequence[str],
) -> LadderArrays:
    ladder = _blank(len(documents), max(len(systems), 1), max(map(len, levels), default=1), len(properties))
    for revision, document in enumerate(documents):
        for system in document.systems:
            _fill_system(ladder, (revision, systems.index(system.external_id)), system, levels)
        for prop in document.properties:
            ladder.property_known[revision, properties.index(prop.id)] = True
    return ladder


def _counting_rules(documents: Sequence[TierPolicy], systems: Sequence[str]) -> Ids:
    """By revision and system, a number that changes whenever activity counts by another rule than before."""
    rules = np.zeros((len(documents), max(len(systems), 1)), dtype=np.int16)
    for number, external_id in enumerate(systems):
        counted_by = [_counting_months(document, external_id) for document in documents]
        changed = [now != before for before, now in pairwise(counted_by)]
        rules[1:, number] = np.cumsum(changed)
    return rules


def _counting_months(document: TierPolicy, external_id: str) -> int:
    """The months of the rolling window; 0 where activity counts from reset to reset, or there is no system."""
    for system in document.systems:
        if system.external_id == external_id and system.maintenance != Maintenance.RESET:
            return system.window_months
    return 0


def _blank(revisions: int, systems: int, levels: int, properties: int) -> LadderArrays:
    def filled(value: int | bool, dtype: type[Any], *shape: int) -> NDArray[Any]:
        return np.full((revisions, *shape), value, dtype=dtype)

    rungs = (systems, levels)
    return LadderArrays(
        entry_spend=filled(NOT_ATTAINABLE, np.int64, *rungs),
        entry_visits=filled(NOT_ATTAINABLE, np.int64, *rungs),
        entry_points=filled(NOT_ATTAINABLE, np.int64, *rungs),
        keep_spend=filled(NOT_ATTAINABLE, np.int64, *rungs),
        keep_visits=filled(NOT_ATTAINABLE, np.int64, *rungs),
        keep_points=filled(0, np.int64, *rungs),
        multiplier_bp=filled(ONE_BP, np.int32, *rungs),
        birthday_level_bp=filled(ONE_BP, np.int32, *rungs),
        birthday_bp=filled(ONE_BP, np.int32, *rungs),
        package_bonus_bp=filled(0, np.int32, *rungs),
        grace_months=filled(0, np.int32, *rungs),
        lifetime_years=filled(0, np.int32, *rungs),
        fast_track=filled(False, np.bool_, *rungs),
        level_at=filled(0, np.int16, *rungs),
        rank_of=filled(0, np.int16, *rungs),
        top_rank=filled(0, np.int16, systems),
        active=filled(False, np.bool_, systems),
        maintenance=filled(Maintenance.NONE, np.int16, systems),
        window_months=filled(1, np.int32, systems),
        inactive_months=filled(0, np.int32, systems),
        property_known=filled(False, np.bool_, properties + 1),
    )


def _fill_system(
    ladder: LadderArrays, at: tuple[int, int], system: TierSystem, levels: Sequence[Sequence[str]]
) -> None:
    ladder.active[at] = system.active
    ladder.maintenance[at] = system.maintenance
    ladder.window_months[at] = max(system.window_months, 1)
    ladder.inactive_months[at] = system.inactive_months
    ladder.top_rank[at] = len(system.levels) - 1
    for rank, level in enumerate(system.levels):
        rung = (*at, rank)
        number = levels[at[1]].index(level.code)
        ladder.level_at[rung] = number
        ladder.rank_of[(*at, number)] = rank
        _fill_multipliers(ladder, (*at, number), level, system.birthday)
        ladder.grace_months[rung] = level.grace_months
        ladder.lifetime_years[rung] = level.lifetime_years
        ladder.fast_track[rung] = level.fast_track
        entry = level.entry or _NOTHING
        ladder.entry_spend[rung] = entry.spend_minor or NOT_ATTAINABLE
        ladder.entry_visits[rung] = entry.visits or NOT_ATTAINABLE
        ladder.entry_points[rung] = entry.points or NOT_ATTAINABLE
        _fill_keep(ladder, rung, keep_thresholds(system, level, rank))


def _fill_multipliers(
    ladder: LadderArrays, of_level: tuple[int, int, int], level: Level, birthday: BirthdayRule
) -> None:
    """A level without a birthday multiplier knows no birthday (DECISIONS, Meanings 2)."""
    multiplier_bp = level.multiplier_bp or ONE_BP
    replaced = level.birthday_multiplier_bp is not None and birthday != BirthdayRule.MULTIPLY
    ladder.multiplier_bp[of_level] = multiplier_bp
    ladder.birthday_level_bp[of_level] = ONE_BP if replaced else multiplier_bp
    ladder.birthday_bp[of_level] = level.birthday_multiplier_bp or ONE_BP
    ladder.package_bonus_bp[of_level] = level.package_bonus_bp


def _fill_keep(ladder: LadderArrays, rung: tuple[int, int, int], keep: Thresholds) -> None:
    if keep == _NOTHING:
        return
    ladder.keep_spend[rung] = keep.spend_minor or NOT_ATTAINABLE
    ladder.keep_visits[rung] = keep.visits or NOT_ATTAINABLE
    ladder.keep_points[rung] = keep.points or NOT_ATTAINABLE


def _reset_calendar(documents: Sequence[TierPolicy], effective_from: Days, system_id: str) -> Days:
    """All reset days of a system: each revision's own anchor rules while it is in force (Engage, Next Reset).

    While the system is inactive there are none (DECISIONS, Meanings 17).
    """
    until = [*effective_from[1:].tolist(), END_OF_CALENDARS]
    days = [np.array([BEFORE_ALL_TIME], dtype=np.int32)]
    for document, since, end in zip(documents, effective_from.tolist(), until, strict=True):
        for system in document.systems:
            if system.external_id == system_id and _resets(system) and system.reset:
                resets = _resets_from(system.reset.next_reset, system.reset.repeats)
                days.append(resets[(resets >= since) & (resets < end)])
    return np.concatenate([*days, np.array([NEVER], dtype=np.int32)])


def _resets(system: TierSystem) -> bool:
    return system.active and system.maintenance == Maintenance.RESET


def _resets_from(anchor: date | None, repeats: Repeats) -> Days:
    if anchor is None:
        return np.empty(0, dtype=np.int32)
    months = 1 if repeats == Repeats.MONTHLY else 12
    steps = np.arange(0, (2200 - anchor.year) * 12, months)
    return add_months(np.full(len(steps), day_number(anchor), dtype=np.int32), steps)
