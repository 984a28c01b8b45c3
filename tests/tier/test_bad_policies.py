"""Every rule of a tier policy has its own refusal, and a refused policy leaves everything as it was."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.tier.policy_document import (
    BirthdayRule,
    EnrolmentMode,
    Level,
    Maintenance,
    Property,
    Share,
    Split,
    Thresholds,
    TierPolicy,
    Touchpoint,
)
from services.tier.refusals import PolicyRule
from tests.tier.policies import GAME, GAME_LEVELS, POLICY, SPA, SPA_LEVELS, with_game, with_sapphire, with_spa
from tests.tier.world import PROGRAM, TierWorld

TODAY = date(2025, 6, 1)
SILVER_AND_GOLD = (
    GAME_LEVELS[0],
    replace(GAME_LEVELS[1], keep=Thresholds(points=3_000)),
    Level("gold", "Gold", 30_000, Thresholds(points=3_000), Thresholds(points=2_000)),
)

REFUSED: list[tuple[PolicyRule, TierPolicy, dict[str, Any]]] = [
    (PolicyRule.REQUIRED, with_sapphire(name=""), {}),
    (PolicyRule.TIME_ZONE_UNKNOWN, POLICY, {"program": replace(PROGRAM, time_zone="Mars/Olympus")}),
    (PolicyRule.PROGRAM_MUST_NOT_CHANGE, POLICY, {"program": replace(PROGRAM, code="OTHER")}),
    (
        PolicyRule.AT_MOST_FIVE_SYSTEMS,
        replace(
            POLICY, systems=(SPA, GAME, *(replace(SPA, external_id=f"spa{number}") for number in range(4)))
        ),
        {},
    ),
    (PolicyRule.MUST_BE_UNIQUE, replace(POLICY, properties=POLICY.properties * 2), {}),
    (PolicyRule.MUST_NAME_A_SYSTEM, replace(POLICY, default_system="gold"), {}),
    (PolicyRule.MULTIPLIER_BELOW_ONE, with_sapphire(multiplier_bp=9_999), {}),
    (PolicyRule.MULTIPLIER_ABOVE_LIMIT, with_sapphire(multiplier_bp=1_000_001), {}),
    (PolicyRule.MULTIPLIER_BELOW_ONE, with_sapphire(birthday_multiplier_bp=9_999), {}),
    (PolicyRule.MULTIPLIER_BELOW_ONE, with_sapphire(birthday_multiplier_bp=0), {}),
    (PolicyRule.MULTIPLIER_ABOVE_LIMIT, with_sapphire(birthday_multiplier_bp=1_000_001), {}),
    (PolicyRule.OUT_OF_RANGE, with_sapphire(package_bonus_bp=10_001), {}),
    (PolicyRule.OUT_OF_RANGE, with_sapphire(package_bonus_bp=-1), {}),
    (PolicyRule.MAINTENANCE_MUST_BE_BELOW_ADVANCEMENT, with_game(levels=SILVER_AND_GOLD), {}),
    (PolicyRule.THRESHOLDS_MUST_RISE, with_sapphire(entry=Thresholds(1_000_000, 15)), {}),
    (PolicyRule.ADVANCEMENT_REQUIRED, with_sapphire(entry=Thresholds()), {}),
    (
        PolicyRule.LOWEST_LEVEL_HAS_NO_THRESHOLDS,
        with_spa(levels=(replace(SPA_LEVELS[0], keep=Thresholds(visits=1)), *SPA_LEVELS[1:])),
        {},
    ),
    (PolicyRule.RESET_NOT_ENABLED, with_spa(reset=GAME.reset), {}),
    (PolicyRule.RESET_REQUIRED, with_game(reset=None), {}),
    (PolicyRule.OUT_OF_RANGE, with_spa(window_months=0), {}),
    (PolicyRule.MUST_NOT_BE_REMOVED, with_spa(levels=SPA_LEVELS[:2]), {}),
    (
        PolicyRule.MUST_NOT_BE_RETROACTIVE,
        with_sapphire(multiplier_bp=13_000),
        {"effective_from": date(2025, 5, 31)},
    ),
    (
        PolicyRule.SPLIT_MUST_SUM_TO_100,
        replace(POLICY, default_system="", split=Split("spring", (Share("spa", 50), Share("game", 40)))),
        {},
    ),
    (
        PolicyRule.SPLIT_EXCLUDES_DEFAULT,
        replace(POLICY, split=Split("spring", (Share("spa", 50), Share("game", 50)))),
        {},
    ),
    (
        PolicyRule.INVITATION_ONLY_MUST_BE_ON_TOP,
        with_sapphire(entry=Thresholds(), by_invitation=True),
        {},
    ),
    (PolicyRule.LIFETIME_ONLY_AT_THE_TOP, with_sapphire(lifetime_years=5), {}),
    (
        PolicyRule.TOUCHPOINT_MUST_FALL_IN_GRACE,
        with_sapphire(touchpoints=(Touchpoint(4, "too-late", "Too late"),)),
        {},
    ),
    (PolicyRule.RANGE_MUST_END_AFTER_START, with_sapphire(name="Saphir"), {"effective_until": TODAY}),
    (
        PolicyRule.RANGE_MUST_NOT_ADD,
        replace(POLICY, properties=(*POLICY.properties, Property("web", "Web"))),
        {"effective_until": date(2025, 7, 1)},
    ),
]


@pytest.fixture
def applied(tier_world: TierWorld) -> TierWorld:
    """The policy as it should be, applied."""
    tier_world.today = TODAY
    assert tier_world.apply(POLICY) == []
    return tier_world


@pytest.mark.parametrize(("rule", "policy", "given"), REFUSED, ids=[rule.name for rule, _, _ in REFUSED])
def test_a_policy_is_refused(
    applied: TierWorld, rule: PolicyRule, policy: TierPolicy, given: dict[str, Any]
) -> None:
    before = applied.snapshot()
    assert [violation.rule.name for violation in applied.applied(policy, **given).violations] == [rule.name]
    assert applied.snapshot() == before


def test_level_and_birthday_together_stay_within_the_limit_where_they_multiply(applied: TierWorld) -> None:
    limit = with_sapphire(multiplier_bp=20_000, birthday_multiplier_bp=500_000)
    above = with_sapphire(multiplier_bp=20_000, birthday_multiplier_bp=500_001)
    together = [multiplying(policy) for policy in (limit, above)]
    assert [applied.apply(policy, validate_only=True) for policy in (limit, above, together[0])] == [[]] * 3
    [violation] = applied.apply(together[1])
    assert violation.rule == PolicyRule.MULTIPLIER_ABOVE_LIMIT
    assert violation.path == "policy.systems[0].levels[1].birthday_multiplier_bp"


@pytest.mark.parametrize("field", ["multiplier_bp", "birthday_multiplier_bp"])
def test_a_multiplier_that_is_above_the_limit_alone_is_told_once(applied: TierWorld, field: str) -> None:
    multipliers = {"multiplier_bp": 20_000, "birthday_multiplier_bp": 20_000, field: 1_000_001}
    [violation] = applied.apply(multiplying(with_sapphire(**multipliers)))
    assert violation.path == f"policy.systems[0].levels[1].{field}"


def multiplying(policy: TierPolicy) -> TierPolicy:
    spa, *others = policy.systems
    return replace(policy, systems=(replace(spa, birthday=BirthdayRule.MULTIPLY), *others))


def test_the_first_policy_needs_a_currency_of_iso_4217(tier_world: TierWorld) -> None:
    before = tier_world.snapshot()
    [violation] = tier_world.applied(POLICY, program=replace(PROGRAM, currency="ringgit")).violations
    assert violation.rule.name == PolicyRule.CURRENCY_MUST_BE_ISO_4217.name
    assert tier_world.snapshot() == before


def test_the_first_policy_has_no_end(tier_world: TierWorld) -> None:
    before = tier_world.snapshot()
    [violation] = tier_world.applied(POLICY, effective_until=TODAY).violations
    assert (violation.path, violation.rule) == ("effective_until", PolicyRule.RANGE_MUST_NOT_ADD)
    assert tier_world.snapshot() == before


def test_every_rule_is_reached_in_this_file() -> None:
    elsewhere = {
        PolicyRule.UNSPECIFIED,
        PolicyRule.CURRENCY_MUST_BE_ISO_4217,
        PolicyRule.MUST_NOT_OVERLAP,
    }
    assert {rule for rule, _, _ in REFUSED} == set(PolicyRule) - elsewhere


def test_a_policy_applied_again_changes_nothing(applied: TierWorld) -> None:
    before = applied.snapshot()
    assert not applied.applied(POLICY).changed
    assert applied.snapshot() == before


def test_validating_only_tells_of_a_change_and_makes_none(applied: TierWorld) -> None:
    before = applied.snapshot()
    told = applied.applied(with_sapphire(multiplier_bp=13_000), validate_only=True)
    assert (told.changed, told.violations, told.revision.number) == (True, [], 2)
    assert applied.snapshot() == before


def test_a_policy_may_not_take_effect_before_the_one_applied_last(applied: TierWorld) -> None:
    assert applied.apply(with_sapphire(multiplier_bp=13_000), date(2025, 8, 1)) == []
    before = applied.snapshot()
    for since in (date(2025, 7, 1), None):
        [violation] = applied.apply(with_sapphire(multiplier_bp=14_000), since)
        assert (violation.path, violation.rule) == ("effective_from", PolicyRule.MUST_NOT_OVERLAP)
    assert applied.snapshot() == before


def test_systems_without_enrolment_maintenance_or_levels_are_told_at_once(applied: TierWorld) -> None:
    nothing_said = replace(
        with_spa(maintenance=Maintenance.UNSPECIFIED),
        enrolment=EnrolmentMode.UNSPECIFIED,
        properties=(*POLICY.properties, Property("", "Nameless")),
    )
    assert {violation.path for violation in applied.apply(nothing_said)} == {
        "policy.systems[0].maintenance",
        "policy.enrolment",
        "policy.properties[1].id",
    }
