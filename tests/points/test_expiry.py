"""Points expire as the policy of their day says, the oldest first, each on its own day (DECISIONS, Meanings 27)."""

from datetime import date, timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from services.kernel.calendar import NEVER, day_date, day_number
from services.points.ledger_columns import Left
from services.points.policy_document import Expiry, ExpiryMode
from services.points.rules.expiry import (
    NextExpiry,
    Overdue,
    are_overdue,
    decide_expirations,
    expires_on,
    next_expiry,
    overdue_by,
)
from services.points.rules.lots import left_of
from tests.points.scalar_expiry import (
    AFTER_A_YEAR,
    AFTER_AN_IDLE_YEAR,
    Revisions,
    accounts_of,
    expiry_day,
    lots_of,
    policy_of,
)

EVER = date.min
MARCH_3 = date(2025, 3, 3)
FIRST_DAY = date(2023, 12, 25)
DAYS = 1_000


def days(*dates: date | None) -> np.ndarray:
    return np.array([NEVER if day is None else day_number(day) for day in dates], dtype=np.int32)


def expiry_of(earned: date, revisions: Revisions, active: date | None = None) -> date | None:
    day = int(expires_on(days(earned), days(active), policy_of(revisions))[0])
    return None if day == NEVER else day_date(day)


def a_month(mode: ExpiryMode = ExpiryMode.AFTER_EARNING) -> Expiry:
    return Expiry(mode, 1)


def left(*lots: tuple[date, int]) -> Left:
    return left_of(
        lots_of([(day_number(day), True, points) for day, points in lots]), np.zeros(1, dtype=np.int64)
    )


def expired(
    lots: Left, as_of: date, revisions: Revisions, active: date | None = None
) -> list[tuple[date, int]]:
    told = decide_expirations(accounts_of(*days(active)), lots, policy_of(revisions), days(as_of))
    return [
        (day_date(day), points)
        for day, points in zip(told.expired_on.tolist(), told.points.tolist(), strict=True)
    ]


def test_points_can_be_spent_until_the_day_before_and_expire_on_the_day() -> None:
    lots, policy = left((MARCH_3, 100)), [(EVER, AFTER_A_YEAR)]
    assert expired(lots, date(2026, 3, 2), policy) == []
    assert expired(lots, date(2026, 3, 3), policy) == [(date(2026, 3, 3), 100)]


def test_a_month_clips_to_its_last_day() -> None:
    assert expiry_of(date(2025, 1, 31), [(EVER, a_month())]) == date(2025, 2, 28)
    assert expiry_of(date(2024, 1, 30), [(EVER, a_month())]) == date(2024, 2, 29)
    assert expiry_of(date(2024, 2, 29), [(EVER, AFTER_A_YEAR)]) == date(2025, 2, 28)


def test_points_of_days_that_clip_to_one_expire_in_one_entry() -> None:
    lots = left((date(2025, 1, 29), 1), (date(2025, 1, 30), 2), (date(2025, 1, 31), 4), (date(2025, 2, 1), 8))
    assert expired(lots, date(2025, 3, 1), [(EVER, a_month())]) == [
        (date(2025, 2, 28), 7),
        (date(2025, 3, 1), 8),
    ]


def test_what_is_overdue_expires_as_of_its_own_day() -> None:
    lots = left((MARCH_3, 100), (date(2025, 4, 3), 50))
    assert expired(lots, date(2026, 12, 1), [(EVER, AFTER_A_YEAR)]) == [
        (date(2026, 3, 3), 100),
        (date(2026, 4, 3), 50),
    ]


def test_without_an_expiry_nothing_expires() -> None:
    assert expiry_of(MARCH_3, [(EVER, None)]) is None


def test_a_program_that_begins_to_let_points_expire_does_so_from_the_first_day_of_it_on() -> None:
    begins = [(EVER, None), (date(2026, 7, 1), AFTER_A_YEAR)]
    assert expiry_of(date(2020, 1, 1), begins) == date(2026, 7, 1)
    assert expiry_of(date(2025, 9, 1), begins) == date(2026, 9, 1)


def test_a_program_that_stops_letting_points_expire_lets_go_what_was_not_due_by_then() -> None:
    stops = [(EVER, AFTER_A_YEAR), (date(2026, 3, 3), None)]
    assert expiry_of(MARCH_3, stops) is None
    assert expiry_of(MARCH_3 - timedelta(days=1), stops) == date(2026, 3, 2)


def test_longer_months_save_what_was_not_due_and_shorter_ones_take_at_once() -> None:
    two_years = Expiry(ExpiryMode.AFTER_EARNING, 24)
    assert expiry_of(MARCH_3, [(EVER, AFTER_A_YEAR), (date(2026, 1, 1), two_years)]) == date(2027, 3, 3)
    assert expiry_of(MARCH_3, [(EVER, two_years), (date(2026, 6, 1), AFTER_A_YEAR)]) == date(2026, 6, 1)


def test_of_two_revisions_with_one_first_day_the_newer_holds() -> None:
    day = date(2026, 1, 1)
    assert expiry_of(MARCH_3, [(EVER, None), (day, AFTER_A_YEAR), (day, None)]) is None


def test_a_member_who_stays_active_keeps_points_alive_where_inactivity_counts() -> None:
    idle = [(EVER, AFTER_AN_IDLE_YEAR)]
    assert expiry_of(MARCH_3, idle, active=date(2026, 1, 5)) == date(2027, 1, 5)
    assert expiry_of(MARCH_3, [(EVER, AFTER_A_YEAR)], active=date(2026, 1, 5)) == date(2026, 3, 3)


def test_points_granted_after_the_last_activity_live_from_their_own_day() -> None:
    assert expiry_of(MARCH_3, [(EVER, AFTER_AN_IDLE_YEAR)], active=date(2024, 5, 5)) == date(2026, 3, 3)


def test_the_points_of_who_never_bought_live_from_their_own_day() -> None:
    assert expiry_of(MARCH_3, [(EVER, AFTER_AN_IDLE_YEAR)], active=None) == date(2026, 3, 3)


def test_what_expires_next_is_told_with_all_that_expires_on_that_day() -> None:
    lots = left((date(2025, 1, 30), 20), (date(2025, 1, 31), 5), (date(2025, 2, 20), 70))
    policy = policy_of([(EVER, a_month())])
    told = next_expiry(lots, NEVER, policy, day_number(date(2025, 2, 27)))
    assert told == NextExpiry(day_number(date(2025, 2, 28)), 25)


def test_what_is_overdue_is_not_what_expires_next() -> None:
    lots = left((date(2025, 1, 30), 20), (date(2025, 2, 20), 70))
    policy = policy_of([(EVER, a_month())])
    assert next_expiry(lots, NEVER, policy, day_number(date(2025, 2, 28))) == NextExpiry(
        day_number(date(2025, 3, 20)), 70
    )


def test_nothing_expires_next_where_nothing_is_left_or_nothing_ever_expires() -> None:
    today = day_number(MARCH_3)
    assert next_expiry(left(), NEVER, policy_of([(EVER, AFTER_A_YEAR)]), today) == NextExpiry(NEVER, 0)
    assert next_expiry(left((MARCH_3, 5)), NEVER, policy_of([(EVER, None)]), today) == NextExpiry(NEVER, 0)


def test_a_revision_to_come_tells_what_expires_next() -> None:
    begins = policy_of([(EVER, None), (date(2026, 7, 1), AFTER_A_YEAR)])
    assert next_expiry(left((MARCH_3, 5)), NEVER, begins, day_number(date(2026, 6, 1))) == NextExpiry(
        day_number(date(2026, 7, 1)), 5
    )


some_day = st.integers(0, DAYS).map(lambda number: FIRST_DAY + timedelta(days=number))
expiries = st.none() | st.builds(
    Expiry, st.sampled_from([ExpiryMode.AFTER_EARNING, ExpiryMode.AFTER_INACTIVITY]), st.integers(1, 14)
)


@st.composite
def policies(draw: st.DrawFn) -> Revisions:
    """Up to four revisions: expiry begins, changes its months or mode, ends."""
    later = sorted(draw(st.lists(some_day, max_size=3)))
    return [(EVER, draw(expiries)), *((day, draw(expiries)) for day in later)]


@given(policies(), some_day, st.none() | some_day)
def test_points_expire_on_the_first_day_on_which_the_policy_of_that_day_says_so(
    revisions: Revisions, earned: date, active: date | None
) -> None:
    until = FIRST_DAY + timedelta(days=DAYS + 500)
    told = expiry_of(earned, revisions, active)
    expected = expiry_day(earned, active, revisions, until)
    assert (told if told is None or told <= until else None) == expected


@given(policies(), st.lists(some_day, min_size=2, max_size=8), st.none() | some_day)
def test_older_points_never_expire_after_younger_ones(
    revisions: Revisions, earned: list[date], active: date | None
) -> None:
    told = expires_on(days(*sorted(earned)), days(*[active] * len(earned)), policy_of(revisions))
    assert np.all(np.diff(told.astype(np.int64)) >= 0)


@given(policies(), some_day, st.none() | some_day, some_day)
def test_the_bulk_job_looks_at_exactly_those_accounts_whose_oldest_points_are_due(
    revisions: Revisions, earned: date, active: date | None, as_of: date
) -> None:
    policy, oldest = policy_of(revisions), day_number(earned)
    last = oldest if active is None else day_number(active)
    looked_at = any(
        oldest <= each.earned_by and not (each.unless_active and last > each.earned_by)
        for each in overdue_by(policy, day_number(as_of))
    )
    assert looked_at == bool(expires_on(days(earned), days(active), policy)[0] <= day_number(as_of))


@settings(max_examples=15)
@given(policies(), st.lists(st.tuples(some_day, st.integers(1, 9)), max_size=6), some_day)
def test_one_late_run_takes_what_a_run_of_every_day_would_have_taken(
    revisions: Revisions, earned: list[tuple[date, int]], as_of: date
) -> None:
    entries = [(day_number(day), True, points) for day, points in earned]
    policy, account, day = policy_of(revisions), accounts_of(NEVER), FIRST_DAY
    taken: list[tuple[date, int]] = []
    while day <= as_of:
        by_then = [entry for entry in entries if entry[0] == NEVER or entry[0] <= day_number(day)]
        lots = left_of(lots_of(by_then), np.zeros(1, dtype=np.int64))
        due = decide_expirations(account, lots, policy, days(day))
        assert set(due.expired_on.tolist()) <= {day_number(day)}
        entries += [(NEVER, False, -points) for points in due.points.tolist()]
        taken += [(day, points) for points in due.points.tolist()]
        day += timedelta(days=1)
    late = left(*[(each, points) for each, points in earned if each <= as_of])
    assert expired(late, as_of, revisions) == taken


def test_the_bulk_job_does_not_look_at_what_a_policy_that_ended_let_go() -> None:
    stops = policy_of([(EVER, AFTER_A_YEAR), (date(2026, 3, 3), None)])
    for as_of in (date(2026, 3, 2), date(2026, 3, 3), date(2027, 1, 1)):
        assert overdue_by(stops, day_number(as_of)) == [Overdue(day_number(date(2025, 3, 2)), False)]


def test_an_account_whose_oldest_points_are_not_due_or_that_owes_needs_no_look() -> None:
    policy, as_of = policy_of([(EVER, AFTER_A_YEAR)]), days(MARCH_3, MARCH_3, MARCH_3)
    accounts = accounts_of(NEVER, NEVER, NEVER)
    accounts.oldest_on[:] = days(date(2024, 3, 3), date(2024, 3, 4), date(2024, 3, 3))
    accounts.balance[2] = -5
    assert are_overdue(accounts, policy, as_of).tolist() == [True, False, False]
