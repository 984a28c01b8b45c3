"""Which earning rates may be applied."""

from dataclasses import replace

import pytest

from services.kernel.program import Program
from services.points.policy_document import EarningRates, PointsPolicy, QualifyingKinds
from services.points.rules.policy import decide_policy_violations

PROGRAM = Program("P", "Program", "MYR", "Asia/Kuala_Lumpur", "POINTS")
RATES = EarningRates(10_000, 10_000, 10_000, 10_000)
POLICY = PointsPolicy(RATES, QualifyingKinds(service=True))


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
