"""Which ladders may be applied, by name of the rule that each mistake breaks."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.kernel.program import Program
from services.tier.policy_document import (
    EnrolmentMode,
    Level,
    Maintenance,
    Property,
    Repeats,
    Reset,
    Thresholds,
    TierPolicy,
    TierSystem,
)
from services.tier.rules.policy import decide_policy_violations

PROGRAM = Program("P", "Program", "MYR", "Asia/Kuala_Lumpur", "POINTS")
CRYSTAL = Level("crystal", "Crystal")
SAPPHIRE = Level("sapphire", "Sapphire", 12_500, Thresholds(300_000, 15), grace_months=3)
PLATINUM = Level("platinum", "Platinum", 15_000, Thresholds(1_000_000, 30), grace_months=6, fast_track=True)
SPA = TierSystem(
    "spa", "Spa", Maintenance.ANNIVERSARY, (CRYSTAL, SAPPHIRE, PLATINUM), active=True, window_months=12
)
MONTHLY = Reset(date(2011, 1, 31), Repeats.MONTHLY)
BRONZE = Level("bronze", "Bronze", 15_000, Thresholds(points=1_000), Thresholds(points=500))
SILVER = Level("silver", "Silver", 20_000, Thresholds(points=3_000), Thresholds(points=9_000))
ENGAGE = TierSystem(
    "engage", "Engage", Maintenance.RESET, (Level("blue", "Blue"), BRONZE, SILVER), reset=MONTHLY
)
APP = Property("app", "App", 20_000)
POLICY = TierPolicy((SPA, ENGAGE), EnrolmentMode.ON_FIRST_PURCHASE, (APP,), "spa")

Broken = list[tuple[str, str]]


def broken(policy: TierPolicy, previous: TierPolicy | None = None) -> Broken:
    found = decide_policy_violations(PROGRAM, policy, PROGRAM, previous)
    return [(violation.path, violation.rule.name) for violation in found]


def with_spa(**changed: Any) -> TierPolicy:
    return replace(POLICY, systems=(replace(SPA, **changed), ENGAGE))


def with_engage(**changed: Any) -> TierPolicy:
    return replace(POLICY, systems=(SPA, replace(ENGAGE, **changed)))


def with_sapphire(**changed: Any) -> TierPolicy:
    return with_spa(levels=(CRYSTAL, replace(SAPPHIRE, **changed), PLATINUM))


def with_bronze(**changed: Any) -> TierPolicy:
    return with_engage(levels=(ENGAGE.levels[0], replace(BRONZE, **changed), SILVER))


SAPPHIRE_PATH = "policy.systems[0].levels[1]"
BRONZE_PATH = "policy.systems[1].levels[1]"


def test_a_sound_policy_breaks_no_rule_and_may_be_applied_again() -> None:
    assert broken(POLICY, POLICY) == []


def test_mistakes_of_the_program_are_told_with_those_of_the_policy() -> None:
    found = decide_policy_violations(replace(PROGRAM, code=""), with_sapphire(multiplier_bp=9_999))
    assert [violation.path for violation in found] == ["program.code", f"{SAPPHIRE_PATH}.multiplier_bp"]


def test_five_systems_are_allowed_and_a_sixth_is_refused() -> None:
    systems = tuple(replace(SPA, external_id=f"spa{number}") for number in range(6))
    assert broken(TierPolicy(systems[:5], EnrolmentMode.EXPLICIT)) == []
    assert broken(TierPolicy(systems, EnrolmentMode.EXPLICIT)) == [
        ("policy.systems[5]", "AT_MOST_FIVE_SYSTEMS")
    ]


def test_a_program_needs_a_system_and_a_system_needs_a_level() -> None:
    assert broken(TierPolicy((), EnrolmentMode.EXPLICIT)) == [("policy.systems", "REQUIRED")]
    assert broken(with_spa(levels=())) == [("policy.systems[0].levels", "REQUIRED")]


@pytest.mark.parametrize(
    ("multiplier_bp", "rule"),
    [
        (None, None),
        (0, "MULTIPLIER_BELOW_ONE"),
        (10_000, None),
        (9_999, "MULTIPLIER_BELOW_ONE"),
        (-1, "MULTIPLIER_BELOW_ONE"),
        (1_000_000, None),
        (1_000_001, "MULTIPLIER_ABOVE_LIMIT"),
    ],
)
def test_multipliers_of_levels_and_properties_are_one_to_a_hundred(
    multiplier_bp: int | None, rule: str | None
) -> None:
    expected = [(f"{SAPPHIRE_PATH}.multiplier_bp", rule)] if rule else []
    assert broken(with_sapphire(multiplier_bp=multiplier_bp)) == expected
    expected = [("policy.properties[0].multiplier_bp", rule)] if rule else []
    assert broken(replace(POLICY, properties=(replace(APP, multiplier_bp=multiplier_bp),))) == expected


def test_maintenance_one_point_below_advancement_is_allowed_and_equal_to_it_refused() -> None:
    refused = [(f"{BRONZE_PATH}.keep.points", "MAINTENANCE_MUST_BE_BELOW_ADVANCEMENT")]
    assert broken(with_bronze(keep=Thresholds(points=2_999))) == []
    assert broken(with_bronze(keep=Thresholds(points=3_000))) == refused
    assert broken(with_bronze(keep=Thresholds(points=3_001))) == refused


def test_an_anniversary_level_may_ask_more_to_keep_than_to_enter_but_less_than_the_next_level() -> None:
    assert broken(with_sapphire(keep=Thresholds(400_000, 29))) == []
    assert broken(with_sapphire(keep=Thresholds(400_000, 30))) == [
        (f"{SAPPHIRE_PATH}.keep.visits", "MAINTENANCE_MUST_BE_BELOW_ADVANCEMENT")
    ]


def test_the_highest_level_may_ask_anything_to_be_kept() -> None:
    assert (
        broken(with_engage(levels=(*ENGAGE.levels[:2], replace(SILVER, keep=Thresholds(points=10**12)))))
        == []
    )


@pytest.mark.parametrize("spend_minor", [1_000_000, 1_000_001])
def test_thresholds_that_do_not_rise_are_refused_for_the_kind_that_does_not(spend_minor: int) -> None:
    assert broken(with_sapphire(entry=Thresholds(spend_minor, 15))) == [
        ("policy.systems[0].levels[2].entry.spend_minor", "THRESHOLDS_MUST_RISE")
    ]


def test_a_kind_may_be_left_out_of_a_level_and_still_rises_around_it() -> None:
    diamond = Level("diamond", "Diamond", entry=Thresholds(2_500_000, 15))
    by_spend = replace(PLATINUM, entry=Thresholds(1_000_000))
    assert broken(with_spa(levels=(CRYSTAL, SAPPHIRE, by_spend))) == []
    assert broken(with_spa(levels=(CRYSTAL, SAPPHIRE, by_spend, diamond))) == [
        ("policy.systems[0].levels[3].entry.visits", "THRESHOLDS_MUST_RISE")
    ]


def test_a_level_above_the_lowest_needs_a_way_in() -> None:
    assert broken(with_sapphire(entry=Thresholds())) == [(f"{SAPPHIRE_PATH}.entry", "ADVANCEMENT_REQUIRED")]


def test_maintenance_that_names_no_threshold_is_refused() -> None:
    assert broken(with_sapphire(keep=Thresholds())) == [(f"{SAPPHIRE_PATH}.keep", "REQUIRED")]


@pytest.mark.parametrize("part", ["entry", "keep"])
def test_the_lowest_level_has_no_thresholds(part: str) -> None:
    visit: dict[str, Any] = {part: Thresholds(visits=1)}
    assert broken(with_spa(levels=(replace(CRYSTAL, **visit), SAPPHIRE, PLATINUM))) == [
        (f"policy.systems[0].levels[0].{part}", "LOWEST_LEVEL_HAS_NO_THRESHOLDS")
    ]


@pytest.mark.parametrize("field", ["spend_minor", "visits", "points"])
@pytest.mark.parametrize("value", [-5, 10**12 + 1])
def test_thresholds_are_neither_negative_nor_beyond_what_can_be_counted(field: str, value: int) -> None:
    platinum = replace(PLATINUM, entry=replace(PLATINUM.entry, **{field: value}))
    expected = ("policy.systems[0].levels[2].entry." + field, "OUT_OF_RANGE")
    assert broken(with_spa(levels=(CRYSTAL, SAPPHIRE, platinum))) == [expected]


@pytest.mark.parametrize(("months", "allowed"), [(-1, False), (0, True), (60, True), (61, False)])
def test_grace_lasts_up_to_sixty_months(months: int, allowed: bool) -> None:
    expected = [] if allowed else [(f"{SAPPHIRE_PATH}.grace_months", "OUT_OF_RANGE")]
    assert broken(with_sapphire(grace_months=months)) == expected


@pytest.mark.parametrize(
    ("months", "allowed"), [(0, False), (1, True), (120, True), (121, False), (-1, False)]
)
def test_a_window_has_one_to_a_hundred_and_twenty_months(months: int, allowed: bool) -> None:
    expected = [] if allowed else [("policy.systems[0].window_months", "OUT_OF_RANGE")]
    assert broken(with_spa(window_months=months)) == expected


def test_a_colour_index_is_not_negative() -> None:
    assert broken(with_spa(colour_index=-1)) == [("policy.systems[0].colour_index", "OUT_OF_RANGE")]


def test_a_ladder_has_at_most_a_hundred_levels() -> None:
    rungs = tuple(Level(f"l{rank}", f"Level {rank}", entry=Thresholds(visits=rank)) for rank in range(101))
    assert broken(with_spa(levels=rungs[:100])) == []
    assert broken(with_spa(levels=rungs)) == [("policy.systems[0].levels[100]", "OUT_OF_RANGE")]


def test_maintenance_and_enrolment_must_be_said() -> None:
    assert broken(with_spa(maintenance=Maintenance.UNSPECIFIED)) == [
        ("policy.systems[0].maintenance", "REQUIRED")
    ]
    assert broken(replace(POLICY, enrolment=EnrolmentMode.UNSPECIFIED)) == [("policy.enrolment", "REQUIRED")]


@pytest.mark.parametrize("maintenance", [Maintenance.ANNIVERSARY, Maintenance.NONE])
def test_a_reset_belongs_to_reset_maintenance_only(maintenance: Maintenance) -> None:
    policy = with_spa(maintenance=maintenance, reset=MONTHLY)
    assert broken(policy) == [("policy.systems[0].reset", "RESET_NOT_ENABLED")]


@pytest.mark.parametrize(
    ("reset", "paths"),
    [
        (None, ["reset"]),
        (Reset(None, Repeats.YEARLY), ["reset.next_reset"]),
        (Reset(date(2011, 1, 31), Repeats.UNSPECIFIED), ["reset.repeats"]),
        (Reset(None, Repeats.UNSPECIFIED), ["reset.next_reset", "reset.repeats"]),
    ],
)
def test_reset_maintenance_needs_a_date_and_a_cadence(reset: Reset | None, paths: list[str]) -> None:
    assert broken(with_engage(reset=reset)) == [
        (f"policy.systems[1].{path}", "RESET_REQUIRED") for path in paths
    ]


def test_ids_of_systems_levels_and_properties_are_unique() -> None:
    assert broken(replace(POLICY, systems=(SPA, replace(ENGAGE, external_id="spa")))) == [
        ("policy.systems[1].external_id", "MUST_BE_UNIQUE")
    ]
    assert broken(with_spa(levels=(CRYSTAL, SAPPHIRE, replace(PLATINUM, code="crystal")))) == [
        ("policy.systems[0].levels[2].code", "MUST_BE_UNIQUE")
    ]
    assert broken(replace(POLICY, properties=(APP, APP))) == [("policy.properties[1].id", "MUST_BE_UNIQUE")]


def test_two_systems_may_use_the_same_level_codes() -> None:
    assert broken(replace(POLICY, systems=(SPA, replace(SPA, external_id="spa-b")))) == []


@pytest.mark.parametrize(
    ("policy", "path"),
    [
        (with_spa(name=""), "policy.systems[0].name"),
        (with_sapphire(name=""), f"{SAPPHIRE_PATH}.name"),
        (with_sapphire(code=""), f"{SAPPHIRE_PATH}.code"),
        (with_sapphire(code="very shiny"), f"{SAPPHIRE_PATH}.code"),
        (replace(POLICY, properties=(replace(APP, id=""),)), "policy.properties[0].id"),
        (replace(POLICY, properties=(replace(APP, name=""),)), "policy.properties[0].name"),
    ],
)
def test_everything_has_an_id_and_a_name(policy: TierPolicy, path: str) -> None:
    assert broken(policy) == [(path, "REQUIRED")]


def test_a_system_without_external_id_is_told_once() -> None:
    assert broken(with_spa(external_id="")) == [("policy.systems[0].external_id", "REQUIRED")]


def test_the_default_system_is_one_of_the_systems() -> None:
    refused = [("policy.default_system", "MUST_NAME_A_SYSTEM")]
    assert broken(replace(POLICY, default_system="gold")) == refused
    assert broken(replace(POLICY, default_system="")) == refused
    assert broken(replace(POLICY, default_system="", enrolment=EnrolmentMode.EXPLICIT)) == []


def test_systems_levels_and_properties_that_were_applied_stay() -> None:
    assert broken(replace(POLICY, systems=(SPA,)), POLICY) == [("policy.systems", "MUST_NOT_BE_REMOVED")]
    assert broken(replace(POLICY, properties=()), POLICY) == [("policy.properties", "MUST_NOT_BE_REMOVED")]
    assert broken(with_spa(levels=(CRYSTAL, PLATINUM)), POLICY) == [
        ("policy.systems[0].levels", "MUST_NOT_BE_REMOVED")
    ]


def test_systems_may_be_added_and_change_places() -> None:
    added = replace(POLICY, systems=(ENGAGE, replace(SPA, external_id="spa-b"), SPA))
    assert broken(added, POLICY) == []


def test_a_level_may_be_inserted_but_levels_do_not_change_places() -> None:
    pearl = Level("pearl", "Pearl", entry=Thresholds(100_000, 5))
    assert broken(with_spa(levels=(CRYSTAL, pearl, SAPPHIRE, PLATINUM)), POLICY) == []
    swapped = (
        CRYSTAL,
        replace(SAPPHIRE, code="platinum"),
        replace(PLATINUM, code="sapphire"),
    )
    assert broken(with_spa(levels=swapped), POLICY) == [(f"{SAPPHIRE_PATH}.code", "MUST_NOT_BE_REMOVED")]


def test_several_mistakes_are_told_at_once() -> None:
    policy = with_sapphire(multiplier_bp=9_000, entry=Thresholds(2_000_000, 15), grace_months=-1)
    assert broken(policy) == [
        (f"{SAPPHIRE_PATH}.multiplier_bp", "MULTIPLIER_BELOW_ONE"),
        (f"{SAPPHIRE_PATH}.grace_months", "OUT_OF_RANGE"),
        ("policy.systems[0].levels[2].entry.spend_minor", "THRESHOLDS_MUST_RISE"),
    ]
