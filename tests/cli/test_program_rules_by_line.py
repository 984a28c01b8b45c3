"""The rules that a program breaks, told all at once and each on its line of the file."""

from pathlib import Path

import pytest
from google.rpc.error_details_pb2 import BadRequest

from carat.tier.v1.policy_pb2 import EnrolmentMode, Maintenance
from services.cli.mistakes import render
from services.cli.program_file import merge_violations, read_program
from tests.cli.program_texts import (
    ENGAGE,
    LUXESPA,
    PROGRAMS,
    checked,
    edited,
    found_in,
    line_of,
    mistakes_of,
    parsed,
)

# LuxeSpa, Grace Period Rules: Communication, level by level, word for word.
TOUCHPOINTS = [
    (1, "We notice you haven't visited recently"),
    (2, "Your Sapphire status ends in 30 days"),
    (3, "Last chance to maintain Sapphire benefits"),
    (3, "Personalized outreach from member services"),
    (4, "Special retention offer"),
    (5, "Personal call from location manager"),
    (6, "Final reminder with upgrade path"),
    (6, "Personal consultation with GM"),
    (8, "Exclusive retention package offer"),
    (10, "Special recognition event invitation"),
    (11, "Final personalized retention effort"),
]

OF_ALLOWANCE = ("level: platinum\n      quantity", "level: platinium\n      quantity")
"""A slip of the pen in the level of an allowance, and not in that of a bonus."""


@pytest.mark.parametrize("name", ["luxespa", "engage"])
def test_the_shipped_programs_are_without_mistakes(name: str) -> None:
    assert render(checked(read_program(PROGRAMS / f"{name}.yaml")).mistakes, name) == []


def test_luxespa_says_what_the_program_document_says() -> None:
    message = read_program(PROGRAMS / "luxespa.yaml").message
    assert message.program.code == "LUXESPA-PRIVILEGE"
    assert message.tier.enrolment == EnrolmentMode.ENROLMENT_MODE_ON_FIRST_PURCHASE
    assert message.tier.systems[0].maintenance == Maintenance.MAINTENANCE_ANNIVERSARY
    assert [
        (level.code, level.multiplier_bp, level.entry.spend_minor, level.entry.visits, level.grace_months)
        for level in message.tier.systems[0].levels
    ] == [
        ("crystal", 10_000, 0, 0, 0),
        ("sapphire", 12_500, 300_000, 15, 3),
        ("platinum", 15_000, 1_000_000, 30, 6),
        ("diamond", 20_000, 2_500_000, 60, 12),
    ]
    levels = message.tier.systems[0].levels
    assert [level.code for level in levels if level.fast_track] == ["platinum"]
    assert [(level.code, level.lifetime_years) for level in levels if level.by_invitation] == [("diamond", 5)]
    assert message.tier.systems[0].inactive_months == 24
    assert [(point.month, point.text) for level in levels for point in level.touchpoints] == TOUCHPOINTS
    limits = [(rule.level, rule.quantity, rule.value_limit_minor) for rule in message.benefits.allowances]
    assert limits == [("platinum", 1, 15_000), ("diamond", 2, 30_000)]
    assert message.benefits.allowances[1].anchor.year == 2024


def test_several_mistakes_of_every_kind_are_told_at_once_each_on_its_line(tmp_path: Path) -> None:
    text = edited(
        LUXESPA,
        ("Asia/Kuala_Lumpur", "Mars/Olympus"),
        ("multiplier: 1.25", "multiplyer: 1.25"),
        ("multiplier: 1.50", "multiplier: 0.9"),
        ("spend: 25000.00", "spend: 9000.00"),
        ("visits: 60", "visits: many"),
        ("service: 1\n", "service: 1,5\n"),
        ("anchor: 2024-01-01", "anchor: 2025-02-30"),
    )
    assert mistakes_of(text, tmp_path) == [
        (line_of(text, "Mars"), "program.time_zone", "TIME_ZONE_UNKNOWN"),
        (line_of(text, "multiplyer"), "tier.systems[0].levels[1].multiplyer", "KEY_UNKNOWN"),
        (line_of(text, "0.9"), "tier.systems[0].levels[2].multiplier", "MULTIPLIER_BELOW_ONE"),
        (line_of(text, "9000.00"), "tier.systems[0].levels[3].entry.spend", "THRESHOLDS_MUST_RISE"),
        (line_of(text, "visits: many"), "tier.systems[0].levels[3].entry.visits", "NUMBER_MUST_BE_PLAIN"),
        (line_of(text, "1,5"), "points.rates.service", "NUMBER_MUST_BE_PLAIN"),
        (line_of(text, "2025-02-30"), "benefits.allowances[1].anchor", "DATE_MUST_BE_VALID"),
    ]


def test_a_sixth_tier_system_is_refused_on_its_own_line(tmp_path: Path) -> None:
    levels = "levels: [{code: a, name: A}]"
    one = f"    - {{external_id: s%d, name: S, maintenance: none, window_months: 12, {levels}}}"
    more = "".join(one % number + "\n" for number in range(2, 7))
    text = edited(LUXESPA, ("  systems:\n", f"  systems:\n{more}"))
    # The shipped system comes last, and so is the sixth.
    assert mistakes_of(text, tmp_path) == [
        (line_of(text, "external_id: luxespa"), "tier.systems[5]", "AT_MOST_FIVE_SYSTEMS")
    ]


@pytest.mark.parametrize("below_one", ["0.9999", "0", "0.00", "-1"])
def test_a_level_multiplier_below_one_is_refused(below_one: str, tmp_path: Path) -> None:
    text = edited(ENGAGE, ("multiplier: 1.5", f"multiplier: {below_one} # below one"))
    path = "tier.systems[0].levels[1].multiplier"
    assert mistakes_of(text, tmp_path) == [(line_of(text, "# below one"), path, "MULTIPLIER_BELOW_ONE")]


def test_a_multiplier_that_is_left_out_is_one(tmp_path: Path) -> None:
    assert mistakes_of(edited(LUXESPA, ("          multiplier: 1.25\n", "")), tmp_path) == []


def test_a_property_multiplier_below_one_is_refused(tmp_path: Path) -> None:
    text = edited(ENGAGE, ("multiplier: 1.25", "multiplier: 0.5"))
    path = "tier.properties[1].multiplier"
    assert mistakes_of(text, tmp_path) == [(line_of(text, "0.5"), path, "MULTIPLIER_BELOW_ONE")]


def test_maintenance_not_below_advancement_is_refused(tmp_path: Path) -> None:
    text = edited(ENGAGE, ("points: 25", "points: 150 # keep"))
    path = "tier.systems[0].levels[1].keep.points"
    expected = [(line_of(text, "150 # keep"), path, "MAINTENANCE_MUST_BE_BELOW_ADVANCEMENT")]
    assert mistakes_of(text, tmp_path) == expected


def test_thresholds_that_do_not_rise_are_refused(tmp_path: Path) -> None:
    text = edited(LUXESPA, ("visits: 30", "visits: 15 # again"))
    path = "tier.systems[0].levels[2].entry.visits"
    assert mistakes_of(text, tmp_path) == [(line_of(text, "15 # again"), path, "THRESHOLDS_MUST_RISE")]


def test_touchpoints_outside_of_grace_or_without_words_are_told_on_their_own_lines(tmp_path: Path) -> None:
    text = edited(
        LUXESPA,
        ("- month: 2", "- month: 1 # again"),
        ("- month: 3", "- month: 4 # late"),
        ("code: platinum-outreach", "code: platinum outreach"),
        ("              text: Special retention offer\n", ""),
    )
    sapphire, platinum = (f"tier.systems[0].levels[{rank}].touchpoints" for rank in (1, 2))
    assert mistakes_of(text, tmp_path) == [
        (line_of(text, "# again"), f"{sapphire}[1].month", "TOUCHPOINT_MUST_FALL_IN_GRACE"),
        (line_of(text, "# late"), f"{sapphire}[2].month", "TOUCHPOINT_MUST_FALL_IN_GRACE"),
        (line_of(text, "platinum outreach"), f"{platinum}[0].code", "REQUIRED"),
        (line_of(text, "platinum-retention-offer") - 1, f"{platinum}[1].text", "REQUIRED"),
    ]


def test_the_shares_of_a_split_are_told_on_their_own_lines(tmp_path: Path) -> None:
    split = """  split:
    salt: spring
    shares:
      - tier_system: engage
        percent: 50
      - {tier_system: gentle, percent: 40}
"""
    text = edited(ENGAGE, ("  default_system: engage\n", split))
    assert mistakes_of(text, tmp_path) == [
        (
            line_of(text, "shares:\n      - tier_system: engage\n        percent: 50"),
            "tier.split.shares",
            "SPLIT_MUST_SUM_TO_100",
        ),
        (line_of(text, "gentle, percent"), "tier.split.shares[1].tier_system", "MUST_NAME_A_SYSTEM"),
    ]


def test_what_is_missing_is_told_on_the_line_of_what_it_is_missing_from(tmp_path: Path) -> None:
    text = edited(
        LUXESPA, ("          name: Platinum\n", ""), ("points:\n  # Points", "points: {}\nx:\n  # Points")
    )
    assert mistakes_of(text, tmp_path) == [
        (line_of(text, "code: platinum"), "tier.systems[0].levels[2].name", "REQUIRED"),
        (line_of(text, "points: {}"), "points.qualifying", "REQUIRED"),
        (line_of(text, "points: {}"), "points.rates", "REQUIRED"),
        (line_of(text, "x:\n"), "x", "KEY_UNKNOWN"),
    ]


def test_an_allowance_of_a_level_that_could_not_be_read_is_not_blamed(tmp_path: Path) -> None:
    text = edited(LUXESPA, ("code: platinum", "code: [platinum]"))
    path = "tier.systems[0].levels[2].code"
    assert mistakes_of(text, tmp_path) == [(line_of(text, "[platinum]"), path, "TYPE_MUST_FIT")]


def test_an_allowance_of_a_misspelt_level_is_told_beside_other_mistakes(tmp_path: Path) -> None:
    text = edited(LUXESPA, ("grace_months: 3", "grace_months: x"), OF_ALLOWANCE)
    text = edited(text, ("product: 1\n", "product: x\n"))
    assert [rule for _, _, rule in mistakes_of(text, tmp_path)] == [
        "NUMBER_MUST_BE_PLAIN",
        "NUMBER_MUST_BE_PLAIN",
        "LEVEL_UNKNOWN",
    ]


def test_mistakes_of_bonuses_redeeming_and_expiry_are_told_on_their_own_lines(tmp_path: Path) -> None:
    text = edited(
        LUXESPA,
        ("level: sapphire\n", "level: crystal # again\n"),
        ("treatment_points: 200", "treatment_points: 1000001"),
        ("step_points: 100", "step_points: 1 # a sen is ten points"),
        ("value: 10.00", "value: 0.01"),
        ("adjustment_limit: 10000", "expiry: {mode: after_earning}\n  holding_days: 367"),
    )
    assert mistakes_of(text, tmp_path) == [
        (line_of(text, "# again"), "points.bonuses[1].level", "MUST_BE_UNIQUE"),
        (line_of(text, "1000001"), "points.bonuses[2].treatment_points", "OUT_OF_RANGE"),
        (line_of(text, "# a sen"), "points.redeeming.step_points", "STEP_MUST_BE_WORTH_WHOLE_UNITS"),
        (line_of(text, "after_earning}"), "points.expiry.months", "OUT_OF_RANGE"),
        (line_of(text, "367"), "points.holding_days", "OUT_OF_RANGE"),
    ]


def test_a_benefit_code_that_could_not_be_read_hides_no_other_mistake(tmp_path: Path) -> None:
    text = edited(LUXESPA, ("code: express-facial", "code: 7"), OF_ALLOWANCE)
    assert [rule for _, _, rule in mistakes_of(text, tmp_path)] == ["TYPE_MUST_FIT", "LEVEL_UNKNOWN"]


def test_a_violation_is_left_out_where_the_file_could_not_be_read(tmp_path: Path) -> None:
    text = edited(LUXESPA, ("spend: 3000.00", "spend: lots"))
    answers = [
        BadRequest.FieldViolation(
            field=f"policy.systems[0].levels[{level}].entry{kind}", reason="X", description="x"
        )
        for level, kind in [(1, ".spend_minor"), (1, ""), (1, ".visits"), (2, ".spend_minor")]
    ]
    program = merge_violations(parsed(text, tmp_path), "tier", answers)
    assert found_in(program) == [
        (line_of(text, "lots"), "tier.systems[0].levels[1].entry.spend", "NUMBER_MUST_BE_PLAIN"),
        (line_of(text, "visits: 15"), "tier.systems[0].levels[1].entry.visits", "X"),
        (line_of(text, "spend: 10000"), "tier.systems[0].levels[2].entry.spend", "X"),
    ]


def test_what_three_services_find_wrong_with_the_program_is_told_once(tmp_path: Path) -> None:
    text = edited(LUXESPA, ("currency: MYR", "currency: DOLLARS"))
    expected = [(line_of(text, "DOLLARS"), "program.currency", "CURRENCY_MUST_BE_ISO_4217")]
    assert mistakes_of(text, tmp_path) == expected


def test_a_mistake_is_shown_with_file_line_path_rule_and_requirement(tmp_path: Path) -> None:
    text = edited(ENGAGE, ("multiplier: 1.5", "multiplier: 0.5"))
    assert render(checked(parsed(text, tmp_path)).mistakes, "deploy/programs/x.yaml") == [
        f"deploy/programs/x.yaml:{line_of(text, '0.5')}: tier.systems[0].levels[1].multiplier: "
        "MULTIPLIER_BELOW_ONE: a multiplier is never below 1"
    ]
    assert render(read_program(tmp_path / "nothing.yaml").mistakes, "x.yaml") == [
        "x.yaml:1: FILE_MUST_BE_READABLE: No such file or directory"
    ]
