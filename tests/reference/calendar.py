"""Calendar arithmetic on datetime.date, one day at a time."""

from calendar import monthrange
from datetime import date, timedelta


def add_months(day: date, months: int) -> date:
    """The same day `months` later, clipped to the month's last day (31 Jan + 1 = 28 Feb)."""
    index = day.year * 12 + (day.month - 1) + months
    year, month = index // 12, index % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def counts_on(activity_day: date, day: date, months: int) -> bool:
    """Whether an activity still counts on `day`: until the same day `months` later, exclusive.

    Source: DECISIONS Meanings 5.
    """
    return activity_day <= day and day < add_months(activity_day, months)


def first_counting_day(day: date, months: int) -> date:
    """The first day whose activity counts on `day`."""
    candidate = add_months(day, -months) - timedelta(days=5)
    while not counts_on(candidate, day, months):
        candidate += timedelta(days=1)
    return candidate


def anniversary(since: date, years: int) -> date:
    """The `years`-th anniversary, always reckoned from `since` (29 Feb: 28 Feb in common years)."""
    return add_months(since, 12 * years)


def month_around(day: date) -> tuple[date, date]:
    """The calendar month around `day`: its first day and the first day after it."""
    first = day.replace(day=1)
    return first, add_months(first, 1)


def fortnight_around(day: date, anchor: date) -> tuple[date, date]:
    """The 14-day period around `day`, periods being counted from `anchor` in both directions."""
    start = anchor
    while start > day:
        start -= timedelta(days=14)
    while start + timedelta(days=14) <= day:
        start += timedelta(days=14)
    return start, start + timedelta(days=14)
