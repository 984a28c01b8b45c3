"""Program files as they are written: every slip of the pen on its line, nothing read wrongly."""

from pathlib import Path

import pytest

from carat.operations.v1.program_pb2 import ProgramFile
from services.cli.program_file import read_program
from services.cli.program_text import program_text
from tests.cli.program_texts import ENGAGE, LUXESPA, checked, edited, found_in, line_of, mistakes_of, parsed

EMPTY = "program: {}\ntier: {}\npoints: {}\nbenefits: {}\n"


@pytest.mark.parametrize(
    ("old", "new", "rule", "hint"),
    [
        ("multiplier: 1.25", "multiplier: 1.25001", "DECIMALS_ABOVE_LIMIT", "4 decimals"),
        ("spend: 3000.00", "spend: 3.000", "DECIMALS_ABOVE_LIMIT", "2 decimals"),
        ("spend: 3000.00", "spend: RM3000", "NUMBER_MUST_BE_PLAIN", "plain number"),
        ("spend: 3000.00", "spend: 3e3", "NUMBER_MUST_BE_PLAIN", "plain number"),
        ("spend: 3000.00", "spend: .inf", "NUMBER_MUST_BE_PLAIN", "plain number"),
        ("spend: 3000.00", "spend: ٣٠٠٠", "NUMBER_MUST_BE_PLAIN", "plain number"),
        ("spend: 3000.00", "spend: 92233720368547758.08", "NUMBER_OUT_OF_RANGE", "too large"),
        ("spend: 3000.00", f"spend: {'9' * 5000}", "NUMBER_OUT_OF_RANGE", "too large"),
        ("spend: 3000.00", "spend:", "VALUE_REQUIRED", "no value"),
        ("spend: 3000.00", "spend: [3000]", "TYPE_MUST_FIT", "single value"),
        ("visits: 15", "visits: 15.0", "NUMBER_MUST_BE_PLAIN", "whole number"),
        ("visits: 15", "visits: 017", "NUMBER_MUST_BE_PLAIN", "whole number"),
        ("grace_months: 3", "grace_months: 2147483648", "NUMBER_OUT_OF_RANGE", "too large"),
        ("grace_months: 3", "grace_month: 3", "KEY_UNKNOWN", "did you mean grace_months?"),
        ("fast_track: true", "spend_minor: 3", "KEY_UNKNOWN", "the keys here are code, name, multiplier"),
        ("grace_months: 3", "grace_months: 3\n          grace_months: 4", "KEY_MUST_BE_UNIQUE", "already"),
        (
            "maintenance: anniversary",
            "maintenance: yearly",
            "CHOICE_UNKNOWN",
            "anniversary, reset, continuous",
        ),
        ("- month: 2", "- month: 2.5", "NUMBER_MUST_BE_PLAIN", "whole number"),
        ("- month: 2", "- mont: 2", "KEY_UNKNOWN", "did you mean month?"),
        ("code: platinum-outreach", "code: 3", "TYPE_MUST_FIT", "in quotes"),
        ("lifetime_years: 5", "lifetime_years: ever", "NUMBER_MUST_BE_PLAIN", "whole number"),
        (
            "maintenance: anniversary",
            "maintenance: unspecified",
            "CHOICE_UNKNOWN",
            "none, anniversary, reset",
        ),
        ("maintenance: anniversary", "maintenance: MAINTENANCE_RESET", "CHOICE_UNKNOWN", "none, anniversary"),
        ("active: true", "active: maybe", "TYPE_MUST_FIT", "true or false"),
        ("name: Sapphire", "name: 2024", "TYPE_MUST_FIT", "'2024' in quotes"),
        ("anchor: 2024-01-01", "anchor: 2025-02-30", "DATE_MUST_BE_VALID", "not in the calendar"),
        ("anchor: 2024-01-01", "anchor: 1 January 2024", "DATE_MUST_BE_VALID", "write the date as"),
        ("level: platinum", "level: platinium", "LEVEL_UNKNOWN", "crystal, sapphire, platinum, diamond"),
        ("tier_system: luxespa", "tier_system: luxury", "TIER_SYSTEM_UNKNOWN", "luxespa"),
        (
            "express facial\n      tier_system: luxespa\n      level: platinum",
            "express facial\n      tier_system: luxespa\n      level: platinium",
            "LEVEL_UNKNOWN",
            "crystal, sapphire, platinum, diamond",
        ),
        (
            "express facial\n      tier_system: luxespa",
            "express facial\n      tier_system: luxury",
            "TIER_SYSTEM_UNKNOWN",
            "luxespa",
        ),
    ],
)
def test_each_slip_of_the_pen_is_told_alone_on_its_line(
    old: str, new: str, rule: str, hint: str, tmp_path: Path
) -> None:
    program = checked(parsed(edited(LUXESPA, (old, new)), tmp_path))
    line = line_of(LUXESPA, old) + new.count("\n")
    assert [(mistake.line, mistake.rule) for mistake in program.mistakes] == [(line, rule)]
    assert hint in program.mistakes[0].text


def test_lists_and_groups_of_keys_are_not_confused(tmp_path: Path) -> None:
    text = "program: Luxe\ntier:\n  systems: {name: x}\n  properties:\n    - app\npoints: {rates: [1]}\n"
    found = [item for item in mistakes_of(text, tmp_path) if item[2] == "TYPE_MUST_FIT"]
    assert found == [
        (1, "program", "TYPE_MUST_FIT"),
        (3, "tier.systems", "TYPE_MUST_FIT"),
        (5, "tier.properties[0]", "TYPE_MUST_FIT"),
        (6, "points.rates", "TYPE_MUST_FIT"),
    ]


def test_an_item_that_cannot_be_read_keeps_its_place_in_the_list(tmp_path: Path) -> None:
    text = edited(
        LUXESPA, ("    - id: app\n      name: LuxeSpa app\n      multiplier: 1.00\n", "    - app\n")
    )
    program = parsed(text, tmp_path)
    assert program.message.tier.properties[1].id == "web"


@pytest.mark.parametrize(
    ("content", "line", "rule"),
    [
        (b"program:\n  code: [A\ntier: {}\n", 3, "YAML_MUST_BE_VALID"),
        (b"program: {}\n\ttier: {}\n", 2, "YAML_MUST_BE_VALID"),
        (b"program: {}\n---\ntier: {}\n", 2, "YAML_MUST_BE_VALID"),
        (b"program: *nobody\n", 1, "YAML_MUST_BE_VALID"),
        (b"program:\n  code: \x07\n", 2, "YAML_MUST_BE_VALID"),
        (b"[" * 5000, 1, "YAML_MUST_BE_VALID"),
        (b"program:\n  code: \xff\xfe\n", 2, "FILE_MUST_BE_UTF_8"),
        (b"", 1, "VALUE_REQUIRED"),
        (b"# only a comment\n", 1, "VALUE_REQUIRED"),
        (b"just words\n", 1, "TYPE_MUST_FIT"),
    ],
)
def test_a_file_that_is_no_program_is_told_once(content: bytes, line: int, rule: str, tmp_path: Path) -> None:
    assert mistakes_of(content, tmp_path) == [(line, "", rule)]


def test_a_section_that_is_left_out_is_told_once_and_not_taken_for_an_empty_one(tmp_path: Path) -> None:
    without_benefits = LUXESPA[: LUXESPA.index("\nbenefits:") + 1]
    assert mistakes_of(without_benefits, tmp_path) == [
        (line_of(LUXESPA, "program:"), "benefits", "VALUE_REQUIRED")
    ]
    assert mistakes_of(f"{without_benefits}benefits: {{}}\n", tmp_path) == []
    assert mistakes_of("{}", tmp_path) == [
        (1, section, "VALUE_REQUIRED") for section in ("benefits", "points", "program", "tier")
    ]


@pytest.mark.parametrize("written", ["benefits:\n", "benefit: {}\n"])
def test_a_section_that_cannot_be_read_is_not_called_left_out_as_well(written: str, tmp_path: Path) -> None:
    text = LUXESPA[: LUXESPA.index("\nbenefits:") + 1] + written
    assert [line for line, _, _ in mistakes_of(text, tmp_path)] == [line_of(text, written)]


def test_numbers_are_read_to_the_last_unit_that_fits(tmp_path: Path) -> None:
    text = edited(
        LUXESPA,
        ("spend: 3000.00", "spend: 92233720368547758.07"),
        ("spend: 10000.00", "spend: -92233720368547758.08"),
        ("grace_months: 3", "grace_months: 2147483647"),
    )
    program = parsed(text, tmp_path)
    sapphire, platinum = program.message.tier.systems[0].levels[1:3]
    assert program.mistakes == []
    assert sapphire.entry.spend_minor == 2**63 - 1
    assert platinum.entry.spend_minor == -(2**63)
    assert sapphire.grace_months == 2**31 - 1


def test_a_missing_file_and_a_folder_are_told(tmp_path: Path) -> None:
    for path in (tmp_path / "nothing.yaml", tmp_path):
        assert found_in(checked(read_program(path))) == [(1, "", "FILE_MUST_BE_READABLE")]


def test_an_alias_repeats_what_its_anchor_names(tmp_path: Path) -> None:
    low, high = "keep:\n            points: 25", "keep:\n            points: 75"
    text = edited(ENGAGE, (low, "keep: &low {points: 25}"), (high, "keep: *low"))
    levels = parsed(text, tmp_path).message.tier.systems[0].levels
    assert [level.keep.points for level in levels] == [0, 25, 25, 200]
    assert mistakes_of(text, tmp_path) == []


def test_merging_keys_into_others_is_refused(tmp_path: Path) -> None:
    text = edited(ENGAGE, ("name: Bronze", "name: Bronze\n          <<: {multiplier: 2}"))
    assert mistakes_of(text, tmp_path) == [
        (line_of(text, "<<"), "tier.systems[0].levels[1].<<", "KEY_UNKNOWN")
    ]


def test_a_byte_order_mark_and_quoted_numbers_are_read(tmp_path: Path) -> None:
    text = "\ufeff" + edited(LUXESPA, ("spend: 3000.00", 'spend: "3000.00"'))
    assert mistakes_of(text, tmp_path) == []


@pytest.mark.parametrize("text", [LUXESPA, ENGAGE, EMPTY], ids=["luxespa", "engage", "nothing"])
def test_a_program_written_out_and_read_again_is_the_same(text: str, tmp_path: Path) -> None:
    message: ProgramFile = parsed(text, tmp_path).message
    again = parsed(program_text(message), tmp_path)
    assert again.mistakes == []
    assert again.message == message
