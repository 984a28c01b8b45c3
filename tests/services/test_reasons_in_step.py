"""The contract and the code say the same: every enum of the protos has its twin, every reason its example."""

import re
from enum import IntEnum
from pathlib import Path
from typing import Any

import pytest

import services.benefits.policy_document as benefits_document
import services.benefits.refusals as benefits
import services.points.ledger_columns as points_ledger
import services.points.policy_document as points_document
import services.points.refusals as points
import services.tier.acts as tier_acts
import services.tier.columns as tier_columns
import services.tier.policy_document as tier_document
import services.tier.refusals as tier
import services.tier.rules.graces as tier_graces
from carat.benefits.v1 import errors_pb2 as benefits_errors
from carat.benefits.v1 import policy_pb2 as benefits_policy
from carat.points.v1 import entry_pb2 as points_entries
from carat.points.v1 import errors_pb2 as points_errors
from carat.points.v1 import policy_pb2 as points_policy
from carat.points.v1 import redemption_pb2 as points_redemptions
from carat.tier.v1 import errors_pb2 as tier_errors
from carat.tier.v1 import history_pb2 as tier_history
from carat.tier.v1 import invitation_pb2 as tier_invitations
from carat.tier.v1 import move_pb2 as tier_moves
from carat.tier.v1 import policy_pb2 as tier_policy
from carat.tier.v1 import staff_pb2 as tier_staff
from services.kernel.program import ProgramRule

PROTOS = Path(__file__).parents[2] / "protos" / "carat"
TWINS: list[tuple[Any, type[IntEnum], str]] = [
    (tier_errors.TierReason, tier.Reason, "TIER_REASON_"),
    (tier_errors.TierPolicyRule, tier.PolicyRule, "TIER_POLICY_RULE_"),
    (points_errors.PointsReason, points.Reason, "POINTS_REASON_"),
    (points_errors.PointsPolicyRule, points.PolicyRule, "POINTS_POLICY_RULE_"),
    (benefits_errors.BenefitsReason, benefits.Reason, "BENEFITS_REASON_"),
    (benefits_errors.BenefitsPolicyRule, benefits.PolicyRule, "BENEFITS_POLICY_RULE_"),
    (points_policy.ExpiryMode, points_document.ExpiryMode, "EXPIRY_MODE_"),
    (points_entries.EntryKind, points_ledger.EntryKind, "ENTRY_KIND_"),
    (points_redemptions.RedemptionState, points_ledger.RedemptionState, "REDEMPTION_STATE_"),
    (tier_policy.BirthdayRule, tier_document.BirthdayRule, "BIRTHDAY_RULE_"),
    (tier_policy.EnrolmentMode, tier_document.EnrolmentMode, "ENROLMENT_MODE_"),
    (tier_policy.Maintenance, tier_document.Maintenance, "MAINTENANCE_"),
    (tier_policy.Undoing, tier_document.Undoing, "UNDOING_"),
    (tier_moves.MoveReason, tier_columns.MoveReason, "MOVE_REASON_"),
    (tier_staff.StaffActKind, tier_acts.ActKind, "STAFF_ACT_KIND_"),
    (tier_invitations.InvitationState, tier_acts.InvitationState, "INVITATION_STATE_"),
    (tier_history.TouchpointState, tier_graces.TouchpointState, "TOUCHPOINT_STATE_"),
    (tier_policy.Repeats, tier_document.Repeats, "REPEATS_"),
    (benefits_policy.Period, benefits_document.Period, "PERIOD_"),
]


@pytest.mark.parametrize(("proto", "twin", "prefix"), TWINS, ids=[prefix for _, _, prefix in TWINS])
def test_every_enum_of_the_contract_has_the_same_names_and_numbers_in_code(
    proto: Any, twin: type[IntEnum], prefix: str
) -> None:
    assert {prefix + member.name: member.value for member in twin} == dict(proto.items())


def test_the_rules_of_the_shared_program_are_numbered_as_in_the_tier_service() -> None:
    assert {rule.name: rule.value for rule in ProgramRule} == {
        rule.name: rule.value for rule in tier.PolicyRule if rule.name in ProgramRule.__members__
    }


@pytest.mark.parametrize("service", ["tier", "points", "benefits", "operations"])
def test_every_reason_is_shown_by_an_example(service: str) -> None:
    lines = (PROTOS / service / "v1" / "errors.proto").read_text().splitlines()
    reasons = [number for number, line in enumerate(lines) if re.match(r"  [A-Z][A-Z_0-9]+ = [1-9]", line)]
    assert reasons
    without_example = [lines[number].strip() for number in reasons if not _comment_above(lines, number)]
    assert without_example == []


def _comment_above(lines: list[str], number: int) -> bool:
    above = number - 1
    while lines[above - 1].strip().startswith("//"):
        above -= 1
    return lines[above].strip().startswith("// Example:")
