"""Single values of an import: exact amounts, and times that clocks show twice or never."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from services.cli.importing.findings import BadRow
from services.cli.importing.values import AmountUnit, amount_minor, calendar_day, instant, whole_number

LONDON = ZoneInfo("Europe/London")


def utc(text: str, zone: ZoneInfo = LONDON) -> str:
    stamp = instant(text, zone)
    moment = datetime.fromtimestamp(stamp.seconds, UTC).replace(microsecond=stamp.nanos // 1000)
    return moment.isoformat().removesuffix("+00:00")


@pytest.mark.parametrize(
    ("text", "unit", "minor"),
    [
        ("1250", AmountUnit.MINOR, 1250),
        ("0012", AmountUnit.MINOR, 12),
        ("-5", AmountUnit.MINOR, -5),
        ("12.5", AmountUnit.MAJOR, 1250),
        ("12.50", AmountUnit.MAJOR, 1250),
        ("-0.01", AmountUnit.MAJOR, -1),
        # 1.15 * 100 is 114.99999999999999 for a float.
        ("1.15", AmountUnit.MAJOR, 115),
        ("90071992547409.93", AmountUnit.MAJOR, 9007199254740993),
        ("9223372036854775807", AmountUnit.MINOR, 2**63 - 1),
    ],
)
def test_an_amount_is_read_exactly(text: str, unit: AmountUnit, minor: int):
    assert amount_minor(text, unit) == minor


@pytest.mark.parametrize(
    ("text", "unit", "reason"),
    [
        ("ten", AmountUnit.MINOR, "AMOUNT_MUST_BE_A_PLAIN_NUMBER"),
        ("1,250", AmountUnit.MINOR, "AMOUNT_MUST_BE_A_PLAIN_NUMBER"),
        ("£12", AmountUnit.MAJOR, "AMOUNT_MUST_BE_A_PLAIN_NUMBER"),
        ("1e3", AmountUnit.MINOR, "AMOUNT_MUST_BE_A_PLAIN_NUMBER"),
        ("١٢", AmountUnit.MINOR, "AMOUNT_MUST_BE_A_PLAIN_NUMBER"),
        ("12.5", AmountUnit.MINOR, "DECIMALS_ABOVE_LIMIT"),
        ("12.505", AmountUnit.MAJOR, "DECIMALS_ABOVE_LIMIT"),
        ("9223372036854775808", AmountUnit.MINOR, "NUMBER_OUT_OF_RANGE"),
        ("9" * 5000, AmountUnit.MINOR, "NUMBER_OUT_OF_RANGE"),
    ],
)
def test_an_amount_that_is_no_plain_number_is_rejected(text: str, unit: AmountUnit, reason: str):
    with pytest.raises(BadRow) as bad:
        amount_minor(text, unit)
    assert bad.value.reason == reason


@pytest.mark.parametrize(
    ("text", "reason"), [("2.0", "NUMBER_MUST_BE_WHOLE"), ("2147483648", "NUMBER_OUT_OF_RANGE")]
)
def test_a_count_is_a_whole_number(text: str, reason: str):
    with pytest.raises(BadRow) as bad:
        whole_number(text)
    assert bad.value.reason == reason


@pytest.mark.parametrize(
    ("text", "instant_in_utc"),
    [
        ("2011-01-10T08:26:00", "2011-01-10T08:26:00"),
        ("2011-07-10 08:26", "2011-07-10T07:26:00"),
        ("2011-07-10T08:26:00.5", "2011-07-10T07:26:00.500000"),
        ("2011-07-10T08:26:00.123456789", "2011-07-10T07:26:00.123456"),
        ("2011-07-10", "2011-07-09T23:00:00"),
        ("2011-07-10T08:26:00Z", "2011-07-10T08:26:00"),
        ("2011-07-10T08:26:00+08:00", "2011-07-10T00:26:00"),
        ("2011-07-10 08:26:00.000+0100", "2011-07-10T07:26:00"),
    ],
)
def test_a_time_without_an_offset_is_of_the_zone(text: str, instant_in_utc: str):
    assert utc(text) == instant_in_utc


def test_a_time_that_clocks_show_twice_is_the_first_of_the_two():
    assert utc("2011-10-30T01:30:00") == "2011-10-30T00:30:00"


def test_a_time_that_clocks_skip_is_moved_on_by_what_they_skip():
    assert utc("2011-03-27T01:30:00") == utc("2011-03-27T02:30:00") == "2011-03-27T01:30:00"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "10/07/2011",
        "2011-02-29",
        "2011-07-10T25:00:00",
        "2011-W10-1",
        "0001-01-01T00:00:00+23:59x",
    ],
)
def test_what_is_no_time_is_rejected(text: str):
    with pytest.raises(BadRow, match="no time"):
        instant(text, LONDON)


@pytest.mark.parametrize("text", ["", "2011-02-29", "29.02.2012", "20120229"])
def test_what_is_no_date_is_rejected(text: str):
    with pytest.raises(BadRow, match="no date"):
        calendar_day(text)


def test_a_date_is_read():
    day = calendar_day("2012-02-29")
    assert (day.year, day.month, day.day) == (2012, 2, 29)
