"""Which allowances may be applied."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.benefits.policy_document import NO_SUCH_DAY, AllowanceRule, BenefitsPolicy, Period
from services.benefits.rules.policy import decide_policy_violations
from services.kernel.program import Program

PROGRAM = Program("P", "Program", "MYR", "Asia/Kuala_Lumpur", "POINTS")
FACIAL = AllowanceRule("facial", "Facial", "spa", "platinum", 1, Period.MONTHLY, 15_000)
BIWEEKLY: dict[str, Any] = {"period": Period.EVERY_14_DAYS, "anchor": date(2024, 1, 1)}


def facial(field: str, value: Any) -> AllowanceRule:
    return replace(FACIAL, **{field: value})


def broken(*allowances: AllowanceRule, program: Program = PROGRAM) -> list[tuple[str, str]]:
    found = decide_policy_violations(program, BenefitsPolicy(allowances), PROGRAM, BenefitsPolicy((FACIAL,)))
    return [(violation.path, violation.rule.name) for violation in found]


def test_sound_allowances_break_no_rule_and_may_all_be_ended() -> None:
    assert broken(FACIAL, replace(FACIAL, code="treatment", **BIWEEKLY)) == []
    assert broken() == []


@pytest.mark.parametrize("field", ["code", "name", "tier_system", "level"])
def test_an_allowance_says_what_it_is_and_who_is_owed_it(field: str) -> None:
    assert broken(facial(field, "")) == [(f"policy.allowances[0].{field}", "REQUIRED")]


def test_a_period_must_be_said() -> None:
    assert broken(replace(FACIAL, period=Period.UNSPECIFIED)) == [("policy.allowances[0].period", "REQUIRED")]


@pytest.mark.parametrize(
    ("field", "value"),
    [("quantity", 1), ("quantity", 1_000), ("value_limit_minor", 0), ("value_limit_minor", 10**12)],
)
def test_quantity_and_value_limit_may_be_at_the_ends_of_their_range(field: str, value: int) -> None:
    assert broken(facial(field, value)) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [("quantity", 0), ("quantity", 1_001), ("value_limit_minor", -1), ("value_limit_minor", 10**12 + 1)],
)
def test_quantity_and_value_limit_are_in_range(field: str, value: int) -> None:
    assert broken(facial(field, value)) == [(f"policy.allowances[0].{field}", "OUT_OF_RANGE")]


def test_one_code_twice_for_one_level_is_refused_and_for_two_levels_allowed() -> None:
    assert broken(FACIAL, FACIAL) == [("policy.allowances[1].code", "MUST_BE_UNIQUE")]
    assert broken(FACIAL, replace(FACIAL, level="diamond")) == []


@pytest.mark.parametrize(
    "changed",
    [
        {"anchor": date(2024, 1, 1)},
        {"anchor": NO_SUCH_DAY},
        {"period": Period.EVERY_14_DAYS},
        {"period": Period.EVERY_14_DAYS, "anchor": NO_SUCH_DAY},
    ],
)
def test_an_anchor_belongs_to_fourteen_day_periods_and_to_them_only(changed: dict[str, Any]) -> None:
    assert broken(replace(FACIAL, **changed)) == [("policy.allowances[0].anchor", "ANCHOR_MUST_FIT_PERIOD")]


def test_mistakes_of_the_program_are_told_too() -> None:
    assert broken(FACIAL, program=replace(PROGRAM, code="OTHER")) == [
        ("program.code", "PROGRAM_MUST_NOT_CHANGE")
    ]
