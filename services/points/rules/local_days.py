"""The calendar day of an instant in the program's time zone (DECISIONS, Meanings 21)."""

from datetime import date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np

from services.kernel.calendar import Days
from services.points.columns import Amounts

_MICROSECONDS = 1_000_000
_HOUR = 3600
_DAY = 86_400


def local_days(occurred_us: Amounts, zone: ZoneInfo) -> Days:
    """The day of each instant (microseconds since 1970-01-01 UTC), daylight saving included."""
    seconds = occurred_us // _MICROSECONDS
    hours, position = np.unique(seconds // _HOUR, return_inverse=True)
    offsets = [_offset_of_hour(zone, int(hour)) for hour in hours]
    if None not in offsets:
        shift = np.array(offsets, dtype=np.int64)[position]
    else:
        shift = np.array([_offset(zone, int(second)) for second in seconds], dtype=np.int64)
    return ((seconds + shift) // _DAY).astype(np.int32)


def first_instant(day: date, zone: ZoneInfo) -> int:
    """Where a day begins, in microseconds since 1970-01-01 UTC."""
    return int(datetime.combine(day, time(), zone).timestamp()) * _MICROSECONDS


@lru_cache(maxsize=65_536)
def _offset_of_hour(zone: ZoneInfo, hour: int) -> int | None:
    """Seconds east of UTC all through an hour since 1970; None where clocks change within it."""
    first, last = _offset(zone, hour * _HOUR), _offset(zone, hour * _HOUR + _HOUR - 1)
    return first if first == last else None


def _offset(zone: ZoneInfo, second: int) -> int:
    offset = datetime.fromtimestamp(second, zone).utcoffset()
    return 0 if offset is None else int(offset.total_seconds())
