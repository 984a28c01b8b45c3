"""Whole-column calendar arithmetic.

A day is an int32: days since 1970-01-01. Month arithmetic clips to the month's last
day, always from the date it starts from (DECISIONS, Meanings 10).
"""

from datetime import date, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

Days = NDArray[np.int32]

NEVER: Final = np.iinfo(np.int32).max
"""The day that never comes: sorts after every date, and stands for 'none'."""

_EPOCH = date(1970, 1, 1)
_MONTHS_PER_YEAR = 12


def day_number(day: date) -> int:
    """The day as a number of days since 1970-01-01."""
    return (day - _EPOCH).days


def day_date(number: int) -> date:
    """The date of a day number; raises OverflowError for NEVER."""
    return _EPOCH + timedelta(days=int(number))


def add_months(days: Days, months: NDArray[np.integer] | int) -> Days:
    """The same day of the month so many months later (or earlier, if negative); NEVER stays NEVER."""
    exact = days.astype("datetime64[D]")
    month = exact.astype("datetime64[M]")
    day_of_month = (exact - month.astype("datetime64[D]")).astype(np.int64)
    target = month + np.asarray(months).astype("timedelta64[M]")
    last_of_target = ((target + 1).astype("datetime64[D]") - target.astype("datetime64[D]")).astype(
        np.int64
    ) - 1
    shifted = target.astype("datetime64[D]").astype(np.int64) + np.minimum(day_of_month, last_of_target)
    return np.where(days == NEVER, NEVER, shifted).astype(np.int32)


def window_start(as_of: Days, months: NDArray[np.integer] | int) -> Days:
    """The first day that still counts in a rolling window of so many months.

    Activity on day d counts until the same day `months` later, exclusive
    (DECISIONS, Meanings 5): the earliest d with add_months(d, months) > as_of.
    """
    start = (add_months(as_of, -np.asarray(months)) + 1).astype(np.int32)
    clipped = add_months(start, months) <= as_of
    month = start.astype("datetime64[D]").astype("datetime64[M]")
    first_of_next = (month + 1).astype("datetime64[D]").astype(np.int64)
    return np.where(clipped, first_of_next, start).astype(np.int32)


def next_anniversary(anchor: Days, after: Days) -> Days:
    """The first anniversary of `anchor`, one year or more later, strictly after `after`."""
    years = np.maximum(_year(after) - _year(anchor), 1)
    candidate = add_months(anchor, years * _MONTHS_PER_YEAR)
    following = add_months(anchor, (years + 1) * _MONTHS_PER_YEAR)
    return np.where(candidate > after, candidate, following).astype(np.int32)


def month_of(days: Days) -> NDArray[np.int16]:
    """The calendar month of each day, 1 to 12."""
    return (
        days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % _MONTHS_PER_YEAR + 1
    ).astype(np.int16)


def revision_in_force(effective_from: Days, days: Days) -> NDArray[np.intp]:
    """For each day, the position of the revision in force; `effective_from` is not falling and starts since ever.

    Of several revisions with one first day the newest is in force.
    """
    position: NDArray[np.intp] = np.searchsorted(effective_from, days, side="right") - 1
    return position


def _year(days: Days) -> NDArray[np.int64]:
    return days.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64)
