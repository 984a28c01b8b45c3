"""What every service asks of a program."""

from dataclasses import replace

import pytest

from services.kernel.program import Program, decide_program_violations

LUXESPA = Program(
    code="LUXESPA-PRIVILEGE",
    name="LuxeSpa Privilege Program",
    currency="MYR",
    time_zone="Asia/Kuala_Lumpur",
    points_currency="LUXE-POINTS",
)


def broken(program: Program, previous: Program | None = None) -> list[tuple[str, str]]:
    return [(found.path, found.rule.name) for found in decide_program_violations(program, previous)]


def test_a_complete_program_breaks_no_rule() -> None:
    assert broken(LUXESPA, LUXESPA) == []


@pytest.mark.parametrize("field", ["code", "name", "currency", "time_zone", "points_currency"])
def test_every_field_of_a_program_is_required(field: str) -> None:
    assert broken(replace(LUXESPA, **{field: ""})) == [(f"program.{field}", "REQUIRED")]


@pytest.mark.parametrize("code", ["LUXE SPA", "L" * 65, "LUXE\n"])
def test_a_code_is_printable_without_spaces_and_not_too_long(code: str) -> None:
    assert broken(replace(LUXESPA, code=code)) == [("program.code", "REQUIRED")]


@pytest.mark.parametrize("name", ["   ", "a\0b", "n" * 201])
def test_a_name_can_be_shown_to_people(name: str) -> None:
    assert broken(replace(LUXESPA, name=name)) == [("program.name", "REQUIRED")]


def test_a_code_may_have_64_characters_and_a_name_200() -> None:
    assert broken(replace(LUXESPA, code="L" * 64, name="n" * 200)) == []


@pytest.mark.parametrize("currency", ["ringgit", "myr", "MYRR", "RM", "ÄÖÜ"])
def test_a_currency_has_the_shape_of_iso_4217(currency: str) -> None:
    assert broken(replace(LUXESPA, currency=currency)) == [("program.currency", "CURRENCY_MUST_BE_ISO_4217")]


@pytest.mark.parametrize("currency", ["JPY", "KWD"])
def test_a_currency_without_exactly_two_decimals_is_refused(currency: str) -> None:
    assert broken(replace(LUXESPA, currency=currency)) == [("program.currency", "CURRENCY_MUST_BE_ISO_4217")]


@pytest.mark.parametrize("zone", ["Mars/Olympus", "GMT+8", "../../etc/passwd"])
def test_a_time_zone_is_one_of_iana(zone: str) -> None:
    assert broken(replace(LUXESPA, time_zone=zone)) == [("program.time_zone", "TIME_ZONE_UNKNOWN")]


@pytest.mark.parametrize(
    ("field", "value"), [("code", "LUXESPA"), ("currency", "SGD"), ("time_zone", "Asia/Singapore")]
)
def test_code_currency_and_time_zone_stay_as_they_were_applied(field: str, value: str) -> None:
    assert broken(replace(LUXESPA, **{field: value}), LUXESPA) == [
        (f"program.{field}", "PROGRAM_MUST_NOT_CHANGE")
    ]


def test_a_value_that_no_program_can_have_is_told_as_that_even_where_it_would_be_a_change() -> None:
    assert broken(replace(LUXESPA, currency="ringgit"), LUXESPA) == [
        ("program.currency", "CURRENCY_MUST_BE_ISO_4217")
    ]


def test_names_may_change() -> None:
    assert broken(replace(LUXESPA, name="LuxeSpa", points_currency="LUXE"), LUXESPA) == []
