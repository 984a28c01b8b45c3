"""Month arithmetic over columns equals the obvious scalar one."""

from calendar import monthrange
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.calendar import (
    NEVER,
    add_months,
    day_date,
    day_number,
    next_anniversary,
    revision_in_force,
    window_start,
)

DAYS = st.dates(date(1990, 1, 1), date(2090, 12, 31))


def column(*days: date) -> np.ndarray:
    return np.array([day_number(day) for day in days], dtype=np.int32)


def months_later(day: date, months: int) -> date:
    index = day.year * 12 + day.month - 1 + months
    year, month = index // 12, index % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


@given(DAYS, st.integers(-60, 60))
def test_months_are_added_from_the_anchor_and_clip_to_the_months_end(day: date, months: int) -> None:
    assert day_date(add_months(column(day), months)[0]) == months_later(day, months)


@given(DAYS, st.sampled_from([1, 2, 3, 6, 12, 24]))
def test_a_window_begins_with_the_first_day_that_still_counts(as_of: date, months: int) -> None:
    start = day_date(window_start(column(as_of), months)[0])
    assert months_later(start, months) > as_of
    assert months_later(start - timedelta(days=1), months) <= as_of


@given(DAYS, DAYS)
def test_the_next_anniversary_is_the_first_one_after_the_day(anchor: date, after: date) -> None:
    years = 1
    while months_later(anchor, 12 * years) <= after:
        years += 1
    assert day_date(next_anniversary(column(anchor), column(after))[0]) == months_later(anchor, 12 * years)


def test_resets_of_the_31st_fall_on_the_last_day_of_shorter_months() -> None:
    anchor = np.repeat(column(date(2025, 1, 31)), 4)
    resets = add_months(anchor, np.array([0, 1, 2, 3]))
    expected = [date(2025, 1, 31), date(2025, 2, 28), date(2025, 3, 31), date(2025, 4, 30)]
    assert [day_date(day) for day in resets] == expected


def test_leap_day_counts_as_28_february_in_common_years() -> None:
    leap = column(date(2024, 2, 29))
    assert day_date(next_anniversary(leap, leap)[0]) == date(2025, 2, 28)
    assert day_date(next_anniversary(leap, column(date(2027, 2, 28)))[0]) == date(2028, 2, 29)


def test_never_stays_never() -> None:
    assert add_months(np.array([NEVER], dtype=np.int32), 3)[0] == NEVER
    with pytest.raises(OverflowError):
        day_date(NEVER)


def test_of_two_revisions_of_one_day_the_newer_is_in_force() -> None:
    since = np.array([-(10**6), 100, 100, 200], dtype=np.int32)
    days = np.array([0, 99, 100, 199, 200], dtype=np.int32)
    assert revision_in_force(since, days).tolist() == [0, 0, 2, 2, 3]
