"""What the program owes by level and by age, against a scalar twin that spends the oldest points one account a time."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.calendar import NEVER, day_number
from services.points.ledger_columns import Lots
from services.points.policy_document import Redeeming
from services.points.rules.liability import AGES, LevelTally, Owing, Tally, added_up, decide_liability
from services.points.rules.redemptions import worth
from tests.reference.calendar import add_months

AS_OF = date(2026, 7, 15)
MOST = 2**62


@dataclass(frozen=True)
class Account:
    """What one account's entries add up to by day of earning (None: taken from the oldest, or given back)."""

    lots: tuple[tuple[date | None, int], ...]
    level: tuple[str, str] = ("spa", "gold")


def owing(*accounts: Account) -> Owing:
    rows = [(row, lot, points) for row, each in enumerate(accounts) for lot, points in each.lots]
    lots = Lots(
        row=np.array([row for row, _, _ in rows], dtype=np.intp),
        lot_on=np.array([NEVER if lot is None else day_number(lot) for _, lot, _ in rows], dtype=np.int32),
        bought=np.zeros(len(rows), dtype=np.bool_),
        points=np.array([points for *_, points in rows], dtype=np.int64),
        came_on=np.zeros(len(rows), dtype=np.int32),
    )
    names = np.array([each.level for each in accounts], dtype=object).reshape(-1, 2)
    return Owing(lots, names[:, 0], names[:, 1])


def decided(*accounts: Account, day: date = AS_OF) -> Tally:
    return decide_liability(owing(*accounts), day_number(day))


def ages_of(account: Account) -> list[int]:
    """The points left of an account by age, the oldest spent first."""
    by_day: dict[date, int] = defaultdict(int)
    debt = 0
    for lot, points in account.lots:
        if lot is None:
            debt -= points
        else:
            by_day[lot] += points
    debt -= sum(points for points in by_day.values() if points < 0)
    days = sorted(day for day, points in by_day.items() if points > 0)
    left = {day: by_day[day] for day in days}
    for day in days:
        taken = min(left[day], max(debt, 0))
        left[day], debt = left[day] - taken, debt - taken
    if debt < 0:
        oldest = days[0] if days else date(1970, 1, 1)
        left[oldest] = left.get(oldest, 0) - debt
    ages = [0] * len(AGES)
    for day, points in left.items():
        ages[sum(add_months(day, months) <= AS_OF for months, _ in AGES[1:])] += points
    return ages


DAYS = st.dates(date(2023, 1, 1), AS_OF)
ACCOUNTS = st.lists(
    st.builds(
        Account,
        st.lists(st.tuples(st.none() | DAYS, st.integers(-50, 100)), max_size=8).map(
            lambda lots: tuple({lot: (lot, points) for lot, points in lots}.values())
        ),
        st.sampled_from([("spa", "gold"), ("spa", "blue"), ("game", "gold"), ("", "")]),
    ),
    max_size=8,
)


@given(ACCOUNTS)
def test_levels_and_ages_add_up_to_the_sum_of_all_balances(accounts: list[Account]) -> None:
    tally = decided(*accounts)
    balances = [sum(points for _, points in each.lots) for each in accounts]
    whole = tally.whole
    assert whole == LevelTally(
        sum(map(bool, balances)), sum(balances), sum(balance for balance in balances if balance > 0)
    )
    owed = sum(balance for balance in balances if balance < 0)
    assert sum(tally.ages) + owed == whole.points == sum(level.points for level in tally.levels.values())
    assert list(tally.ages) == [sum(age) for age in zip(*map(ages_of, accounts), strict=True)] or not accounts


@given(ACCOUNTS)
def test_each_level_is_what_its_accounts_come_to(accounts: list[Account]) -> None:
    tally = decided(*accounts)
    for level, told in tally.levels.items():
        assert told == decided(*(each for each in accounts if each.level == level)).whole
    assert all(each.accounts for each in tally.levels.values())


@given(ACCOUNTS, st.integers(0, 8))
def test_slices_come_to_what_all_accounts_come_to(accounts: list[Account], cut: int) -> None:
    parts = [decided(*accounts[:cut]), decided(*accounts[cut:])]
    assert added_up(parts) == added_up([decided(*accounts)])


@pytest.mark.parametrize(
    ("earned_on", "day", "age"),
    [
        (date(2026, 4, 16), AS_OF, 0),
        (date(2026, 4, 15), AS_OF, 1),
        (date(2026, 1, 16), AS_OF, 1),
        (date(2026, 1, 15), AS_OF, 2),
        (date(2025, 7, 15), AS_OF, 3),
        (date(2024, 7, 16), AS_OF, 3),
        (date(2024, 7, 15), AS_OF, 4),
        (date(2026, 1, 31), date(2026, 4, 29), 0),
        (date(2026, 1, 31), date(2026, 4, 30), 1),
        (AS_OF, AS_OF, 0),
    ],
)
def test_an_age_is_in_full_months(earned_on: date, day: date, age: int) -> None:
    ages = decided(Account(((earned_on, 7),)), day=day).ages
    assert ages.index(7) == age


def test_the_oldest_points_are_spent_first() -> None:
    old, young = date(2024, 1, 1), date(2026, 7, 1)
    assert decided(Account(((old, 100), (young, 50), (None, -120)))).ages == (30, 0, 0, 0, 0)


def test_sums_beyond_64_bits_are_exact() -> None:
    rich = [Account(((AS_OF, MOST + number),)) for number in range(5)]
    whole = decided(*rich, Account(((None, -MOST),))).whole
    assert (whole.points, whole.positive) == (4 * MOST + 10, 5 * MOST + 10)


@pytest.mark.parametrize(
    ("points", "redeeming", "value"),
    [(199, Redeeming(100, 1_000), 1_990), (5, Redeeming(3, 1), 1), (0, Redeeming(3, 1), 0), (5, None, 0)],
)
def test_a_value_is_rounded_down_once(points: int, redeeming: Redeeming | None, value: int) -> None:
    assert worth(points, redeeming) == value
