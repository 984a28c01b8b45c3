"""What counts as of a day: running sums from which activity is subtracted when it leaves (DECISIONS, Meanings 5)."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from services.kernel.calendar import NEVER, Days
from services.tier.columns import Amounts, Standings
from services.tier.policy import Policy

Rows = NDArray[np.intp]

_ROW_SHIFT = 32
_DAY_MASK = (1 << _ROW_SHIFT) - 1


@dataclass(frozen=True, slots=True)
class DailyActivity:
    """Activity by row of the standings and day, for sums over spans of days."""

    key: NDArray[np.int64]
    running: NDArray[np.int64]

    @staticmethod
    def of(row: Rows, day: Days, spend: Amounts, visits: Amounts, points: Amounts) -> "DailyActivity":
        """From one line per activity (or per day), in any order."""
        key = _key(row, day)
        order = np.argsort(key, kind="stable")
        running = np.zeros((3, len(key) + 1), dtype=np.int64)
        np.cumsum(np.stack([spend, visits, points])[:, order], axis=1, out=running[:, 1:])
        return DailyActivity(key[order], running)

    @staticmethod
    def none() -> "DailyActivity":
        """No activity at all."""
        empty = np.empty(0, dtype=np.int64)
        return DailyActivity(empty, np.zeros((3, 1), dtype=np.int64))

    def plus(self, row: Rows, day: Days, spend: Amounts, visits: Amounts, points: Amounts) -> "DailyActivity":
        """With further activity."""
        lines = np.diff(self.running, axis=1)
        return DailyActivity.of(
            np.concatenate([self.key >> _ROW_SHIFT, row]),
            np.concatenate([self._days(), day]),
            *np.concatenate([lines, np.stack([spend, visits, points])], axis=1),
        )

    def of_rows(self, rows: Rows) -> "DailyActivity":
        """The activity of some rows, numbered anew in the order given; each row is named once."""
        lines = np.diff(self.running, axis=1)
        counts = np.searchsorted(self.key, (rows + 1) << _ROW_SHIFT) - np.searchsorted(
            self.key, rows << _ROW_SHIFT
        )
        starts = np.searchsorted(self.key, rows << _ROW_SHIFT)
        chosen = np.repeat(starts, counts) + _within(counts)
        day = self._days()[chosen]
        new_row = np.repeat(np.arange(len(rows), dtype=np.intp), counts)
        return DailyActivity.of(new_row, day, *lines[:, chosen])

    def _days(self) -> Days:
        return (self.key & _DAY_MASK).astype(np.int32)

    def between(self, first: Days, end: Days) -> tuple[Amounts, Amounts, Amounts]:
        """Spend, visits and points of each row on the days first <= day < end."""
        row = np.arange(len(first), dtype=np.intp)
        start = np.searchsorted(self.key, _key(row, first))
        stop = np.searchsorted(self.key, _key(row, np.maximum(first, end)))
        sums = self.running[:, stop] - self.running[:, start]
        return sums[0], sums[1], sums[2]

    def exhausted_on(self, first: Days, headroom: Amounts) -> Days:
        """The day, from a first one on, with which each row's activity comes to more than `headroom`.

        `headroom` has a line each for spend, visits and points, and so has the answer: NEVER where it suffices for
        all activity there is, and the first day itself where it is negative.
        """
        row = np.arange(len(first), dtype=np.intp)
        # What is reversed stands beside its purchase: only from the end of one day to that of the next nothing falls.
        last_line = np.flatnonzero(np.diff(self.key, append=-1))
        by_day = self.running[:, np.append(0, last_line + 1)]
        key = self.key[last_line]
        start = np.searchsorted(key, _key(row, first))
        stop = np.searchsorted(key, (row + 1) << _ROW_SHIFT)
        days = np.append(self._days()[last_line], 0)
        found = np.full(headroom.shape, NEVER, dtype=np.int32)
        for kind, running in enumerate(by_day):
            last = np.searchsorted(running, running[start] + headroom[kind], side="right") - 1
            found[kind] = np.where(last < stop, days[last], NEVER)
        return np.where(headroom < 0, first, found).astype(np.int32)


def rolled(standings: Standings, as_of: Days, policy: Policy, daily: DailyActivity) -> Standings:
    """The standings with their sums as of a day, which lies not before the day they were evaluated on.

    `daily` holds at least the recorded activity of `days_at_stake`.
    """
    return counted_since(policy.counting_start(standings.system, as_of), standings, as_of, daily)


def counted_since(start: Days, standings: Standings, as_of: Days, daily: DailyActivity) -> Standings:
    """The standings as of a day with the sums from a first day on, or from the enrolment."""
    start = np.maximum(start, standings.enrolled_on)
    rolled_on = replace(standings, evaluated_on=np.maximum(as_of, standings.evaluated_on))
    if np.array_equal(start, standings.counted_from):
        return rolled_on
    leaving = daily.between(standings.counted_from, start)
    returning = daily.between(start, standings.counted_from)
    # Nothing was recorded after the last evaluation, so a window that starts later is empty, without a look.
    lasting = start <= standings.evaluated_on
    counted = (standings.spend, standings.visits, standings.points)
    spend, visits, points = (
        np.where(lasting, now - out + back, 0)
        for now, out, back in zip(counted, leaving, returning, strict=True)
    )
    return replace(rolled_on, spend=spend, visits=visits, points=points, counted_from=start)


def days_at_stake(standings: Standings, until: Days, policy: Policy) -> tuple[Days, Days]:
    """The recorded days, first <= day < end, that may leave or enter what counts up to a day.

    In general these are the days at the beginning of the window. A counting period ends as a whole, so none is.
    Where a revision changes what counts, the whole history is at stake.
    """
    until = np.maximum(until, standings.evaluated_on)
    start_then = policy.counting_start(standings.system, standings.evaluated_on)
    ordinary = policy.counts_alike(standings.system, standings.evaluated_on, until)
    ordinary &= np.maximum(start_then, standings.enrolled_on) == standings.counted_from
    periods = policy.counts_periods(standings.system, policy.revision_on(until))
    start = np.where(periods, standings.counted_from, policy.counting_start(standings.system, until))
    first = np.where(ordinary, standings.counted_from, standings.enrolled_on)
    end = np.where(ordinary, np.minimum(start, standings.evaluated_on + 1), standings.evaluated_on + 1)
    return first.astype(np.int32), end.astype(np.int32)


def _within(counts: NDArray[np.intp]) -> NDArray[np.intp]:
    """0, 1, … for each group of so many."""
    ends = np.cumsum(counts)
    return np.arange(int(counts.sum()), dtype=np.intp) - np.repeat(ends - counts, counts)


def _key(row: Rows, day: Days) -> NDArray[np.int64]:
    return (row.astype(np.int64) << _ROW_SHIFT) + day.astype(np.int64)
