"""Which revision is in force on which day, and when another may be (DECISIONS, Meanings 17).

Engage, Saving And Editing Tier Level(s).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

from services.kernel.calendar import NEVER, day_date
from services.kernel.refusals import Violation
from services.tier.policy_document import TierPolicy
from services.tier.refusals import PolicyRule


@dataclass(frozen=True, slots=True)
class Term:
    """The days [since, until) for which a revision was applied; NEVER: until another succeeds it."""

    number: int
    since: int
    until: int = NEVER
    cancelled: bool = False

    @property
    def has_end(self) -> bool:
        """Whether the former values hold again some day."""
        return self.until != NEVER


class RevisionState(IntEnum):
    """What has become of a revision; numbered as in carat.tier.v1."""

    PENDING = 1
    IN_FORCE = 2
    OVER = 3
    CANCELLED = 4


def term_on(terms: Sequence[Term], day: int) -> Term:
    """What is in force on a day: of all that have begun and are not over, what began last; of equals, the newest.

    The first revision is in force since ever, so there always is one.
    """
    holding = [term for term in terms if not term.cancelled and term.since <= day < term.until]
    return max(holding, key=lambda term: (term.since, term.number))


def lasting_term_on(terms: Sequence[Term], day: int) -> Term:
    """What is in force on a day, ranges aside: the values that return when a range ends."""
    return term_on([term for term in terms if not term.has_end], day)


def segments_of(terms: Sequence[Term]) -> list[tuple[int, int]]:
    """The revisions in force as they follow each other: number and first day, oldest first.

    Where a range ends the former number comes back.
    """
    valid = [term for term in terms if not term.cancelled]
    days = {term.since for term in valid} | {term.until for term in valid if term.has_end}
    segments: list[tuple[int, int]] = []
    for day in sorted(days):
        number = term_on(valid, day).number
        if not segments or segments[-1][0] != number:
            segments.append((number, day))
    return segments


def state_of(terms: Sequence[Term], term: Term, today: int) -> RevisionState:
    """Whether a revision is in force, will be (for the first time or again), never will be, or was cancelled."""
    if term.cancelled:
        return RevisionState.CANCELLED
    if term_on(terms, today).number == term.number:
        return RevisionState.IN_FORCE
    to_come = any(number == term.number and since > today for number, since in segments_of(terms))
    return RevisionState.PENDING if to_come else RevisionState.OVER


def decide_term_violations(terms: Sequence[Term], asked: Term, today: int) -> Iterator[Violation]:
    """What forbids that another revision is applied for the days asked for."""
    if asked.since < today:
        text = f"a policy takes effect today or later, not on {day_date(asked.since)}"
        yield Violation("effective_from", PolicyRule.MUST_NOT_BE_RETROACTIVE, text)
    if asked.until <= asked.since:
        text = f"the former values hold again on a day after {day_date(asked.since)}"
        yield Violation("effective_until", PolicyRule.RANGE_MUST_END_AFTER_START, text)
    if asked.since < today or asked.until <= asked.since:
        return
    for term in terms:
        if not term.cancelled and _overlap(term, asked):
            earlier = asked.has_end and asked.since < term.since
            path = "effective_until" if earlier else "effective_from"
            text = f"revision {term.number} is in the way: it holds {_days_of(term)}"
            yield Violation(path, PolicyRule.MUST_NOT_OVERLAP, text)


def decide_additions(policy: TierPolicy, former: TierPolicy) -> Iterator[Violation]:
    """What a policy with an end names and the former one does not: members would be left standing on it."""
    levels_before = {system.external_id: [level.code for level in system.levels] for system in former.systems}
    properties_before = {item.id for item in former.properties}
    for position, system in enumerate(policy.systems):
        path = f"policy.systems[{position}]"
        if system.external_id not in levels_before:
            yield _addition(path, system.external_id)
            continue
        for rank, level in enumerate(system.levels):
            if level.code not in levels_before[system.external_id]:
                yield _addition(f"{path}.levels[{rank}]", level.code)
    for position, item in enumerate(policy.properties):
        if item.id not in properties_before:
            yield _addition(f"policy.properties[{position}]", item.id)


def _addition(path: str, code: str) -> Violation:
    text = f"{code!r} is new; a policy with an end adds nothing, because nothing would be left of it"
    return Violation(path, PolicyRule.RANGE_MUST_NOT_ADD, text)


def _overlap(earlier: Term, asked: Term) -> bool:
    """Whether two share days that they may not share, or what has no end begins before what was to begin later.

    A range lies upon what has no end and begins before it, or on the same day.
    """
    if not earlier.has_end:
        return asked.since < earlier.since < asked.until
    return asked.since < earlier.until and earlier.since < asked.until


def _days_of(term: Term) -> str:
    """For people: from 2026-05-01 until 2026-06-01."""
    since = f"from {day_date(term.since)}"
    return f"{since} until {day_date(term.until)}" if term.has_end else since
