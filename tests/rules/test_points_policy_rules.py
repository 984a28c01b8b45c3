"""Which points policies may be applied."""

from dataclasses import replace
from typing import Any

import pytest

from services.kernel.program import Program
from services.points.policy_document import (
    EarningRates,
    Expiry,
    ExpiryMode,
    LevelBonuses,
    PointsPolicy,
    QualifyingKinds,
    Redeeming,
)
from services.points.rules.policy import decide_policy_violations

PROGRAM = Program("P", "Program", "MYR", "Asia/Kuala_Lumpur", "POINTS")
RATES = EarningRates(10_000, 10_000, 10_000, 10_000)
POLICY = PointsPolicy(RATES, QualifyingKinds(service=True))
SAPPHIRE = LevelBonuses("luxespa", "sapphire", treatment_every=5, treatment_points=100)
TEN_RINGGIT = Redeeming(points=100, value_minor=1_000, minimum_points=200, step_points=100, hold_minutes=30)
TWO_YEARS = Expiry(ExpiryMode.AFTER_EARNING, months=24, reinstatement_days=30)


def broken(policy: PointsPolicy, program: Program = PROGRAM) -> list[tuple[str, str]]:
    found = decide_policy_violations(program, policy, PROGRAM, POLICY)
    return [(violation.path, violation.rule.name) for violation in found]


def test_a_sound_policy_breaks_no_rule() -> None:
    assert broken(POLICY) == []


def test_rates_and_qualifying_kinds_must_be_said() -> None:
    assert broken(PointsPolicy(None, None)) == [
        ("policy.rates", "REQUIRED"),
        ("policy.qualifying", "REQUIRED"),
    ]


@pytest.mark.parametrize("field", ["service_bp", "addon_bp", "product_bp", "package_bp"])
@pytest.mark.parametrize(
    ("rate_bp", "allowed"), [(-1, False), (0, True), (1_000_000, True), (1_000_001, False)]
)
def test_a_rate_is_nothing_to_a_hundred_points(field: str, rate_bp: int, allowed: bool) -> None:
    expected = [] if allowed else [(f"policy.rates.{field}", "RATE_OUT_OF_RANGE")]
    assert broken(replace(POLICY, rates=replace(RATES, **{field: rate_bp}))) == expected


def test_mistakes_of_the_program_are_told_too() -> None:
    assert broken(POLICY, replace(PROGRAM, time_zone="Mars/Olympus")) == [
        ("program.time_zone", "TIME_ZONE_UNKNOWN")
    ]


def test_everything_that_a_policy_can_say_may_be_said_at_once() -> None:
    whole = replace(
        POLICY,
        bonuses=(SAPPHIRE, replace(SAPPHIRE, level="platinum"), LevelBonuses("other", "sapphire")),
        redeeming=TEN_RINGGIT,
        expiry=TWO_YEARS,
        holding_days=14,
        adjustment_limit=10_000,
    )
    assert broken(whole) == []


@pytest.mark.parametrize(
    ("field", "number", "allowed"),
    [
        ("treatment_every", -1, False),
        ("treatment_every", 1_000, True),
        ("treatment_every", 1_001, False),
        ("treatment_points", -1, False),
        ("treatment_points", 1_000_000, True),
        ("treatment_points", 1_000_001, False),
        ("renewal_points", -1, False),
        ("renewal_points", 1_000_000, True),
        ("renewal_points", 1_000_001, False),
        ("referral_points", -1, False),
        ("referral_points", 1_000_000, True),
        ("referral_points", 1_000_001, False),
    ],
)
def test_a_bonus_has_its_bounds(field: str, number: int, allowed: bool) -> None:
    expected = [] if allowed else [(f"policy.bonuses[1].{field}", "OUT_OF_RANGE")]
    changed: dict[str, Any] = {field: number}
    other = replace(SAPPHIRE, level="platinum", **changed)
    assert broken(replace(POLICY, bonuses=(SAPPHIRE, other))) == expected


@pytest.mark.parametrize(
    ("bonuses", "path", "rule"),
    [
        (LevelBonuses("", "sapphire"), "tier_system", "REQUIRED"),
        (LevelBonuses("luxespa", ""), "level", "REQUIRED"),
        (LevelBonuses("luxespa", "crystal", treatment_points=100), "treatment_every", "REQUIRED"),
        (LevelBonuses("luxespa", "crystal", treatment_every=5), "treatment_points", "REQUIRED"),
        (LevelBonuses("luxespa", "sapphire"), "level", "MUST_BE_UNIQUE"),
    ],
)
def test_bonuses_say_whose_they_are_and_for_what(bonuses: LevelBonuses, path: str, rule: str) -> None:
    assert broken(replace(POLICY, bonuses=(SAPPHIRE, bonuses))) == [(f"policy.bonuses[1].{path}", rule)]


@pytest.mark.parametrize(
    ("changed", "path", "rule"),
    [
        ({"points": 0}, "points", "OUT_OF_RANGE"),
        ({"points": 10**9 + 1}, "points", "OUT_OF_RANGE"),
        ({"value_minor": 0}, "value_minor", "OUT_OF_RANGE"),
        ({"value_minor": 10**8 + 1}, "value_minor", "OUT_OF_RANGE"),
        ({"minimum_points": -100}, "minimum_points", "OUT_OF_RANGE"),
        ({"step_points": -1}, "step_points", "OUT_OF_RANGE"),
        ({"step_points": 10**12 + 100}, "step_points", "OUT_OF_RANGE"),
        ({"hold_minutes": -1}, "hold_minutes", "OUT_OF_RANGE"),
        ({"hold_minutes": 10_081}, "hold_minutes", "OUT_OF_RANGE"),
        ({"value_minor": 333}, "step_points", "STEP_MUST_BE_WORTH_WHOLE_UNITS"),
        ({"minimum_points": 150}, "minimum_points", "MINIMUM_MUST_FIT_STEP"),
    ],
)
def test_what_points_are_worth_is_told_in_whole_units(changed: dict[str, int], path: str, rule: str) -> None:
    value = {"step_points": 10, "minimum_points": 0} if changed == {"value_minor": 333} else {}
    redeeming = replace(TEN_RINGGIT, **changed, **value)
    assert broken(replace(POLICY, redeeming=redeeming)) == [(f"policy.redeeming.{path}", rule)]


@pytest.mark.parametrize(
    "changed",
    [
        {"points": 10**9, "value_minor": 10**15, "step_points": 0, "minimum_points": 0},
        {"value_minor": 10**8},
        {"minimum_points": 0, "step_points": 0, "hold_minutes": 0},
        {"minimum_points": 7, "step_points": 0},
        {"hold_minutes": 10_080},
        {"points": 3, "value_minor": 1, "step_points": 3, "minimum_points": 6},
    ],
)
def test_points_may_be_worth_much_or_little(changed: dict[str, int]) -> None:
    assert broken(replace(POLICY, redeeming=replace(TEN_RINGGIT, **changed))) == []


@pytest.mark.parametrize(
    ("changed", "path", "rule"),
    [
        ({"mode": ExpiryMode.UNSPECIFIED}, "mode", "REQUIRED"),
        ({"months": 0}, "months", "OUT_OF_RANGE"),
        ({"months": 1_201}, "months", "OUT_OF_RANGE"),
        ({"reinstatement_days": -1}, "reinstatement_days", "OUT_OF_RANGE"),
        ({"reinstatement_days": 367}, "reinstatement_days", "OUT_OF_RANGE"),
    ],
)
def test_expiry_says_from_when_and_after_how_long(changed: dict[str, Any], path: str, rule: str) -> None:
    expiry = replace(TWO_YEARS, **changed)
    assert broken(replace(POLICY, expiry=expiry)) == [(f"policy.expiry.{path}", rule)]


@pytest.mark.parametrize(
    ("field", "number", "allowed"),
    [
        ("holding_days", -1, False),
        ("holding_days", 366, True),
        ("holding_days", 367, False),
        ("adjustment_limit", -1, False),
        ("adjustment_limit", 10**12, True),
        ("adjustment_limit", 10**12 + 1, False),
    ],
)
def test_holding_days_and_adjustments_have_their_bounds(field: str, number: int, allowed: bool) -> None:
    expected = [] if allowed else [(f"policy.{field}", "OUT_OF_RANGE")]
    changed: dict[str, Any] = {field: number}
    assert broken(replace(POLICY, **changed)) == expected
