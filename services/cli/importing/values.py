"""Single values of a row, read from their text: exact numbers, and times with or without an offset."""

import re
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date

from services.cli.importing.findings import BadRow, RowReason
from services.cli.quoting import shown

LONGEST_TEXT: Final = 200
"""Characters of an identifier that are sent at most; the services allow fewer."""

_INT32_LIMIT: Final = 2**31
_INT64_LIMIT: Final = 2**63
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBER: Final = re.compile(r"(-?)([0-9]+)(?:\.([0-9]+))?")
_WHOLE: Final = re.compile(r"-?[0-9]+")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME: Final = re.compile(
    _DATE.pattern + r"([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?(Z|[+-][0-9]{2}:?[0-9]{2})?)?"
)


class AmountUnit(StrEnum):
    """What an amount of 1 in the file means: one hundredth of the currency, or one of it."""

    MINOR = "minor"
    MAJOR = "major"


_DECIMALS: Final = {AmountUnit.MINOR: 0, AmountUnit.MAJOR: 2}


def plain_text(text: str) -> str:
    """The text of an identifier, short enough to be sent."""
    if len(text) > LONGEST_TEXT:
        raise BadRow(RowReason.TEXT_TOO_LONG, f"{shown(text)} has more than {LONGEST_TEXT} characters")
    return text


def amount_minor(text: str, unit: AmountUnit) -> int:
    """An amount in minor units; no float ever, nothing rounded (DECISIONS, Meanings 1)."""
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise BadRow(
            RowReason.AMOUNT_MUST_BE_A_PLAIN_NUMBER, f"{shown(text)} is no plain number such as 1250 or 12.50"
        )
    sign, whole, fraction = match[1], match[2], match[3] or ""
    decimals = _DECIMALS[unit]
    if len(fraction) > decimals:
        raise BadRow(
            RowReason.DECIMALS_ABOVE_LIMIT,
            f"{shown(text)} has more than {decimals} decimals, and amounts are in {unit} units",
        )
    return _within(sign + whole + fraction.ljust(decimals, "0"), _INT64_LIMIT)


def whole_number(text: str) -> int:
    """A whole number of 32 bits, such as a count of treatments."""
    return _within(_whole(text), _INT32_LIMIT)


def points_number(text: str) -> int:
    """A whole number of points, of 64 bits."""
    return _within(_whole(text), _INT64_LIMIT)


def calendar_day(text: str) -> Date:
    """A date written 2024-01-31."""
    try:
        if _DATE.fullmatch(text):
            day = date.fromisoformat(text)
            return Date(year=day.year, month=day.month, day=day.day)
    except ValueError:
        pass
    raise BadRow(RowReason.DATE_MUST_BE_VALID, f"{shown(text)} is no date of the calendar such as 2024-01-31")


def instant(text: str, zone: ZoneInfo) -> Timestamp:
    """A time written 2024-01-31T18:30:00, with an offset (+08:00, Z) or as local time of the zone.

    A local time that happened twice, when clocks went back, is the first of the two. One that never happened,
    when clocks went forward, is read with the offset before the change, so 01:30 is the instant that clocks call
    02:30 (as RFC 5545 has it). A date alone is its midnight.
    """
    try:
        if _TIME.fullmatch(text):
            local = datetime.fromisoformat(text)
            aware = local if local.tzinfo else local.replace(tzinfo=zone, fold=0)
            since = aware - _EPOCH
            seconds = since.days * 86_400 + since.seconds
            return Timestamp(seconds=seconds, nanos=since.microseconds * 1000)
    except (ValueError, OverflowError):
        pass
    raise BadRow(RowReason.TIME_MUST_BE_VALID, f"{shown(text)} is no time such as 2024-01-31T18:30:00")


def _whole(text: str) -> str:
    if not _WHOLE.fullmatch(text):
        raise BadRow(RowReason.NUMBER_MUST_BE_WHOLE, f"{shown(text)} is no whole number such as 2")
    return text


def _within(digits: str, limit: int) -> int:
    # Python refuses to read very long numbers, which are out of range anyway.
    number = int(digits) if len(digits) <= 40 else limit
    if not -limit <= number < limit:
        raise BadRow(RowReason.NUMBER_OUT_OF_RANGE, f"{shown(digits)} is too large to be counted exactly")
    return number
