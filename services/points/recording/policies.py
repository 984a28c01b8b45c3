"""Applying a points policy as a new revision, and looking one up."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import sqlalchemy as sa

from services.kernel.calendar import day_number, revision_in_force
from services.kernel.program import Program
from services.kernel.refusals import Violation
from services.points.policy_document import PointsPolicy
from services.points.refusals import PolicyRule
from services.points.rules.policy import decide_policy_violations
from services.points.store.policies import AppliedPolicy, read_applied, record_applied, texts_of
from services.runtime.revisions import StoredRevision, is_retroactive, succeeding


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of a policy: its revision, whether that is new, or what is wrong with it."""

    revision: StoredRevision
    changed: bool
    violations: list[Violation]


def apply_policy(
    connection: sa.Connection,
    program: Program,
    policy: PointsPolicy,
    effective_from: date | None,
    today: date,
    *,
    validate_only: bool,
) -> Applied:
    """Applies the policy unless something is wrong with it or nothing changed; never retroactive.

    DECISIONS, Meanings 17.
    """
    applied = read_applied(connection)
    revisions = [each.revision for each in applied]
    since = None if effective_from is None else day_number(effective_from)
    violations = decide_policy_violations(program, policy, applied[-1].program if applied else None)
    revision = succeeding(revisions, *texts_of(program, policy), since, day_number(today))
    changed = revision.number > len(revisions)
    if changed and is_retroactive(revisions, since, day_number(today)):
        text = "a policy takes effect today or later, and not before the revision applied last"
        violations = [*violations, Violation("effective_from", PolicyRule.MUST_NOT_BE_RETROACTIVE, text)]
    if changed and not violations and not validate_only:
        record_applied(connection, revision)
    return Applied(revision, changed, violations)


def policy_on(applied: list[AppliedPolicy], day: date) -> AppliedPolicy:
    """The revision in force on a day; at least one was applied."""
    effective_from = np.array([each.revision.effective_from for each in applied], dtype=np.int32)
    return applied[int(revision_in_force(effective_from, np.array([day_number(day)], dtype=np.int32))[0])]
