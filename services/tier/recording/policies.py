"""Applying a tier policy as a new revision, perhaps with an end."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from services.kernel.calendar import NEVER, day_number
from services.kernel.program import Program
from services.kernel.refusals import Violation
from services.runtime.revisions import SINCE_EVER, StoredRevision, digest_of, record_revision
from services.tier.policy_document import TierPolicy
from services.tier.refusals import PolicyRule
from services.tier.rules.policy import decide_policy_violations
from services.tier.rules.properties import decide_property_edits
from services.tier.rules.revisions import Term, decide_additions, decide_term_violations, lasting_term_on
from services.tier.store.policies import documents_of, texts_of
from services.tier.store.revisions import (
    KeptRevision,
    lock_revisions,
    read_kept,
    read_present_multipliers,
    record_edits,
    record_range,
)
from services.tier.tables import POLICY_REVISION


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of a policy: its revision and the end of its range, whether anything is new, or what is wrong."""

    revision: StoredRevision
    until: int
    changed: bool
    violations: list[Violation]


def apply_policy(
    connection: sa.Connection,
    program: Program,
    policy: TierPolicy,
    effective_from: date | None,
    today: int,
    *,
    validate_only: bool,
    effective_until: date | None = None,
) -> Applied:
    """Applies the policy unless something is wrong with it or nothing changed; never retroactive.

    Multipliers of properties that are not those of the policy applied last change at once (DECISIONS, Meanings 17;
    Engage, Saving And Editing Tier Level(s); Engage, Editing a Property).
    """
    lock_revisions(connection)
    kept = read_kept(connection)
    asked = Term(
        number=len(kept) + 1,
        since=today if effective_from is None else day_number(effective_from),
        until=NEVER if effective_until is None else day_number(effective_until),
    )
    texts = texts_of(program, policy)
    new = StoredRevision(asked.number, asked.since if kept else SINCE_EVER, digest_of(*texts), *texts)
    same = _same(kept, new.digest, asked, today)
    violations = _violations(kept, program, policy, asked, today)
    if same is not None:
        return Applied(same.stored, same.until, False, violations)
    violations += _term_violations(kept, policy, asked, today)
    if not violations and not validate_only:
        before = documents_of(kept[-1].stored)[1] if kept else None
        present = read_present_multipliers(connection, today)
        record_edits(connection, decide_property_edits(policy, before, present, today))
        record_revision(connection, POLICY_REVISION, new)
        record_range(connection, asked)
    return Applied(new, asked.until, True, violations)


def _same(kept: Sequence[KeptRevision], digest: str, asked: Term, today: int) -> KeptRevision | None:
    """The revision by which the policy is in force already, so that applying it again changes nothing.

    Ranges lie upon what has no end: they do not make it another policy.
    """
    if not kept:
        return None
    for each in kept:
        span = (each.term.since, each.term.until, each.term.cancelled)
        if asked.has_end and each.stored.digest == digest and span == (asked.since, asked.until, False):
            return each
    lasting = _lasting(kept, asked, today)
    free = not asked.has_end or not any(decide_term_violations(_terms(kept), asked, today))
    return lasting if lasting.stored.digest == digest and free else None


def _violations(
    kept: Sequence[KeptRevision], program: Program, policy: TierPolicy, asked: Term, today: int
) -> list[Violation]:
    """What is wrong with the policy itself, after the program applied last and the policy that it succeeds."""
    if not kept:
        return decide_policy_violations(program, policy)
    program_before, _ = documents_of(kept[-1].stored)
    _, former = documents_of(_lasting(kept, asked, today).stored)
    return decide_policy_violations(program, policy, program_before, former)


def _term_violations(
    kept: Sequence[KeptRevision], policy: TierPolicy, asked: Term, today: int
) -> Iterator[Violation]:
    """What is wrong with the days for which the policy is applied."""
    if kept:
        yield from decide_term_violations(_terms(kept), asked, today)
        if asked.has_end:
            _, former = documents_of(_lasting(kept, asked, today).stored)
            yield from decide_additions(policy, former)
    elif asked.has_end:
        text = "the first policy has no end: there are no former values that could hold again"
        yield Violation("effective_until", PolicyRule.RANGE_MUST_NOT_ADD, text)


def _lasting(kept: Sequence[KeptRevision], asked: Term, today: int) -> KeptRevision:
    """What the policy succeeds or lies upon."""
    return kept[lasting_term_on(_terms(kept), max(asked.since, today)).number - 1]


def _terms(kept: Sequence[KeptRevision]) -> list[Term]:
    return [each.term for each in kept]
