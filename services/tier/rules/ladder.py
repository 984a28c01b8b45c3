"""Which ladders of levels make sense: thresholds, maintenance and grace, level against level."""

from collections.abc import Iterator
from dataclasses import fields

from services.kernel.refusals import Violation
from services.tier.policy_document import Level, Thresholds, TierSystem
from services.tier.refusals import PolicyRule
from services.tier.rules.level_terms import decide_level_terms

LEVEL_LIMIT = 100
GRACE_LIMIT_MONTHS = 60
THRESHOLD_LIMIT = 10**12
"""The limit of one amount; in millionths of a point it still fits 64 bits."""

_KINDS = tuple(field.name for field in fields(Thresholds))


def decide_ladder_violations(system: TierSystem, path: str) -> Iterator[Violation]:
    """What is wrong with the levels of a system, lowest first.

    Thresholds of one kind (spend, visits, points) rise strictly from each level to the next higher one that
    has this kind. A kind may begin or end at any level: the ways into a level are alternatives, and a top
    level may be open to spend alone. What keeps a level stays below what enters the next, kind by kind,
    whatever the maintenance: who has earned the next level can never lose this one (Engage, Configure
    Maintenance Rules). Keeping may ask for more than entering did.
    """
    if not system.levels:
        yield Violation(f"{path}.levels", PolicyRule.REQUIRED, "a tier system needs at least one level")
    for rank in range(LEVEL_LIMIT, len(system.levels)):
        text = f"a tier system has at most {LEVEL_LIMIT} levels"
        yield Violation(f"{path}.levels[{rank}]", PolicyRule.OUT_OF_RANGE, text)
    for rank, level in enumerate(system.levels):
        level_path = f"{path}.levels[{rank}]"
        yield from _range_violations(level, level_path)
        yield from _presence_violations(level, rank, level_path)
        yield from _maintenance_violations(system, rank, level_path)
        yield from decide_level_terms(system, rank, level_path)
    for kind in _KINDS:
        yield from _rise_violations(system, kind, path)


def _range_violations(level: Level, path: str) -> Iterator[Violation]:
    if not 0 <= level.grace_months <= GRACE_LIMIT_MONTHS:
        text = f"grace lasts 0 to {GRACE_LIMIT_MONTHS} months, not {level.grace_months}"
        yield Violation(f"{path}.grace_months", PolicyRule.OUT_OF_RANGE, text)
    for name, thresholds in (("entry", level.entry), ("keep", level.keep or Thresholds())):
        for kind in _KINDS:
            if not 0 <= getattr(thresholds, kind) <= THRESHOLD_LIMIT:
                text = "a threshold is not negative and at most 10^12"
                yield Violation(f"{path}.{name}.{kind}", PolicyRule.OUT_OF_RANGE, text)


def _presence_violations(level: Level, rank: int, path: str) -> Iterator[Violation]:
    if rank == 0:
        for name, thresholds in (("entry", level.entry), ("keep", level.keep or Thresholds())):
            if thresholds != Thresholds():
                text = "the lowest level is open to all and cannot be lost; leave its thresholds out"
                yield Violation(f"{path}.{name}", PolicyRule.LOWEST_LEVEL_HAS_NO_THRESHOLDS, text)
        return
    if level.entry == Thresholds() and not level.by_invitation:
        text = "a level above the lowest needs spend, visits or points to enter it, or by_invitation"
        yield Violation(f"{path}.entry", PolicyRule.ADVANCEMENT_REQUIRED, text)
    if level.keep == Thresholds():
        text = "say which spend, visits or points keep the level, or leave keep out"
        yield Violation(f"{path}.keep", PolicyRule.REQUIRED, text)


def _maintenance_violations(system: TierSystem, rank: int, path: str) -> Iterator[Violation]:
    keep = system.levels[rank].keep
    if keep is None or rank + 1 >= len(system.levels):
        return
    above = system.levels[rank + 1]
    for kind in _KINDS:
        advancement = getattr(above.entry, kind)
        if advancement > 0 and getattr(keep, kind) >= advancement:
            text = f"what keeps a level must be below what enters the next, {above.name or above.code}"
            yield Violation(f"{path}.keep.{kind}", PolicyRule.MAINTENANCE_MUST_BE_BELOW_ADVANCEMENT, text)


def _rise_violations(system: TierSystem, kind: str, path: str) -> Iterator[Violation]:
    below: Level | None = None
    for rank, level in enumerate(system.levels):
        value = getattr(level.entry, kind)
        if value <= 0:
            continue
        if below is not None and value <= getattr(below.entry, kind):
            text = f"must be more than for the level below, {below.name or below.code}"
            yield Violation(f"{path}.levels[{rank}].entry.{kind}", PolicyRule.THRESHOLDS_MUST_RISE, text)
        below = level
