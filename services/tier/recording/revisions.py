"""Listing the applied revisions, and cancelling one that has not started."""

from dataclasses import dataclass, replace

import sqlalchemy as sa

from services.kernel.refusals import Violation
from services.tier.policy_document import TierPolicy
from services.tier.refusals import Reason
from services.tier.rules.revisions import decide_additions, lasting_term_on
from services.tier.store.policies import documents_of
from services.tier.store.revisions import KeptRevision, lock_revisions, read_kept, record_cancellation


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Why a revision is not cancelled (UNSPECIFIED: it is), and what would be wrong with those that stay."""

    reason: Reason
    violations: list[Violation]


def cancel_revision(connection: sa.Connection, number: int, today: int) -> Cancelled:
    """Cancels a revision that has not started: it never holds, and its number stays (DECISIONS, Meanings 17)."""
    lock_revisions(connection)
    kept = read_kept(connection)
    reason = _refusal(kept, number, today)
    if reason:
        return Cancelled(reason, [])
    violations = _left_without_ground(kept, number)
    if violations:
        return Cancelled(Reason.POLICY_INVALID, violations)
    record_cancellation(connection, number)
    return Cancelled(Reason.UNSPECIFIED, [])


def _refusal(kept: list[KeptRevision], number: int, today: int) -> Reason:
    if not 1 <= number <= len(kept):
        return Reason.REVISION_UNKNOWN
    term = kept[number - 1].term
    if term.cancelled:
        return Reason.REVISION_ALREADY_CANCELLED
    return Reason.REVISION_HAS_STARTED if term.since <= today else Reason.UNSPECIFIED


def _left_without_ground(kept: list[KeptRevision], number: int) -> list[Violation]:
    """The revisions with an end that name what only the cancelled one brought: they must be cancelled first."""
    terms = [each.term for each in kept]
    terms[number - 1] = replace(terms[number - 1], cancelled=True)
    violations: list[Violation] = []
    for each, term in zip(kept, terms, strict=True):
        if term.cancelled or not term.has_end:
            continue
        former = _document(kept[lasting_term_on(terms, term.since).number - 1])
        for found in decide_additions(_document(each), former):
            text = f"revision {term.number} lies upon it; cancel that one first: {found.text}"
            violations.append(Violation("number", found.rule, text))
            break
    return violations


def _document(revision: KeptRevision) -> TierPolicy:
    return documents_of(revision.stored)[1]
