"""Applying a benefits policy as a new revision."""

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from services.benefits.policy_document import BenefitsPolicy
from services.benefits.refusals import PolicyRule
from services.benefits.rules.policy import decide_policy_violations
from services.benefits.store.policies import read_policies, texts_of
from services.benefits.tables import POLICY_REVISION
from services.kernel.calendar import day_number
from services.kernel.program import Program
from services.kernel.refusals import Violation
from services.runtime.clock import Clock
from services.runtime.database import fetching
from services.runtime.revisions import (
    StoredRevision,
    is_retroactive,
    read_revisions,
    record_revision,
    succeeding,
)


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of a policy: its revision (None: it is wrong) and whether that is new, or what is wrong."""

    revision: StoredRevision | None
    changed: bool
    violations: list[Violation]


def apply_policy(
    connection: sa.Connection,
    program: Program,
    policy: BenefitsPolicy,
    effective_from: date | None,
    clock: Clock,
    *,
    validate_only: bool,
) -> Applied:
    """Applies the policy unless something is wrong with it or nothing changed; never retroactive.

    DECISIONS, Meanings 17; Engage, Saving And Editing Tier Levels.
    """
    latest = read_policies(fetching(connection)).latest
    before = (latest.program, latest.policy) if latest else (None, None)
    violations = decide_policy_violations(program, policy, *before)
    if violations:
        return Applied(None, False, violations)
    revisions = read_revisions(connection, POLICY_REVISION)
    today = day_number(clock.today(ZoneInfo(program.time_zone)))
    since = None if effective_from is None else day_number(effective_from)
    revision = succeeding(revisions, *texts_of(program, policy), since, today)
    changed = revision.number > len(revisions)
    if changed and is_retroactive(revisions, since, today):
        text = "a policy takes effect today or later, and not before the revision applied last"
        return Applied(None, False, [Violation("effective_from", PolicyRule.MUST_NOT_BE_RETROACTIVE, text)])
    if changed and not validate_only:
        record_revision(connection, POLICY_REVISION, revision)
    return Applied(revision, changed, [])
