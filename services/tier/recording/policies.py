"""Applying a tier policy as a new revision."""

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from services.kernel.calendar import day_number
from services.kernel.program import Program
from services.kernel.refusals import Violation
from services.runtime.revisions import (
    StoredRevision,
    is_retroactive,
    read_revisions,
    record_revision,
    succeeding,
)
from services.tier.policy_document import TierPolicy
from services.tier.refusals import PolicyRule
from services.tier.rules.policy import decide_policy_violations
from services.tier.store.policies import documents_of, texts_of
from services.tier.tables import POLICY_REVISION


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of a policy: its revision, whether that is new, or what is wrong with it."""

    revision: StoredRevision
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
) -> Applied:
    """Applies the policy unless something is wrong with it or nothing changed; never retroactive.

    DECISIONS, Meanings 17; Engage, Saving And Editing Tier Levels.
    """
    revisions = read_revisions(connection, POLICY_REVISION)
    since = None if effective_from is None else day_number(effective_from)
    before = documents_of(revisions[-1]) if revisions else (None, None)
    violations = decide_policy_violations(program, policy, *before)
    revision = succeeding(revisions, *texts_of(program, policy), since, today)
    changed = revision.number > len(revisions)
    if changed and is_retroactive(revisions, since, today):
        text = "a policy takes effect today or later, and not before the revision applied last"
        violations = [*violations, Violation("effective_from", PolicyRule.MUST_NOT_BE_RETROACTIVE, text)]
    if changed and not violations and not validate_only:
        record_revision(connection, POLICY_REVISION, revision)
    return Applied(revision, changed, violations)
