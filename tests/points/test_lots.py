"""The oldest points are spent first, with no lots kept: sums by day tell what carrying out each act would."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from services.kernel.calendar import NEVER
from services.points.rules.lots import left_of, sums_by_account
from tests.points.scalar_expiry import Member, by_day, lots_of

MOST = np.iinfo(np.int64).max
MONDAY, TUESDAY, WEDNESDAY = 100, 101, 102


def left(*entries: tuple[int, bool, int], held: int = 0, maturing: int | None = None) -> dict[int, int]:
    lots = lots_of(entries)
    young = None if maturing is None else lots.bought & (lots.lot_on >= maturing)
    return by_day(left_of(lots, np.array([held], dtype=np.int64), young))


def bought(day: int, points: int) -> tuple[int, bool, int]:
    return day, True, points


def granted(day: int, points: int) -> tuple[int, bool, int]:
    return day, False, points


def taken(points: int) -> tuple[int, bool, int]:
    return NEVER, False, -points


def test_what_is_spent_was_the_oldest() -> None:
    assert left(bought(MONDAY, 100), bought(TUESDAY, 50), taken(120)) == {TUESDAY: 30}


def test_what_is_held_is_the_oldest_too() -> None:
    assert left(bought(MONDAY, 100), bought(TUESDAY, 50), taken(20), held=90) == {TUESDAY: 40}


def test_a_refund_takes_the_points_of_its_own_purchase_and_leaves_older_ones() -> None:
    assert left(bought(MONDAY, 100), bought(TUESDAY, 50), bought(TUESDAY, -50)) == {MONDAY: 100}


def test_what_a_refund_no_longer_finds_it_takes_from_the_oldest() -> None:
    spent_and_refunded = (bought(MONDAY, 100), taken(100), bought(TUESDAY, 50), bought(WEDNESDAY, 50))
    assert left(*spent_and_refunded, bought(MONDAY, -70)) == {WEDNESDAY: 30}


def test_buying_and_giving_back_gives_no_point_a_longer_life() -> None:
    once = [bought(MONDAY, 100), taken(30)]
    loop = [bought(WEDNESDAY, 500), bought(WEDNESDAY, -500)]
    assert left(*once) == left(*once, *loop * 3) == {MONDAY: 70}


def test_what_the_balance_owes_later_earning_repays() -> None:
    assert left(bought(MONDAY, 100), taken(100), bought(MONDAY, -100), bought(TUESDAY, 150)) == {TUESDAY: 50}


def test_what_comes_back_of_a_redemption_has_the_age_that_it_had() -> None:
    history = (bought(MONDAY, 100), bought(TUESDAY, 100), taken(150))
    assert left(*history, (NEVER, False, 80)) == {MONDAY: 30, TUESDAY: 100}


def test_a_refund_charged_to_the_other_record_after_a_merge_takes_what_that_day_brought_along() -> None:
    assert left(granted(MONDAY, 40), granted(TUESDAY, 100), bought(TUESDAY, -100)) == {MONDAY: 40}


def test_of_maturing_points_none_were_spent_while_there_were_others() -> None:
    history = (bought(MONDAY, 100), granted(TUESDAY, 100), taken(60))
    assert left(*history, maturing=MONDAY) == {MONDAY: 100, TUESDAY: 40}
    assert left(*history, maturing=TUESDAY) == {MONDAY: 40, TUESDAY: 100}


def test_points_given_back_of_another_account_are_as_old_as_the_oldest_there_are() -> None:
    assert left(bought(TUESDAY, 10), (NEVER, False, 30)) == {TUESDAY: 40}
    assert left((NEVER, False, 30)) == {0: 30}


def test_accounts_do_not_touch_each_other() -> None:
    both = left_of(
        lots_of([bought(MONDAY, 100), taken(100)], [], [bought(MONDAY, 7), granted(MONDAY, 3), taken(8)]),
        np.zeros(3, dtype=np.int64),
    )
    assert [by_day(both, row) for row in range(3)] == [{}, {}, {MONDAY: 2}]


@st.composite
def lives(draw: st.DrawFn) -> tuple[Member, int]:
    """A member's acts in the order of their days, and what is held in the end."""
    member, day = Member(), 0
    purchases: list[list[int]] = []
    spent = 0
    for _ in range(draw(st.integers(0, 25))):
        day += draw(st.integers(0, 3))
        has = sum(member.left.values())
        act = draw(st.sampled_from(["earns", "spends", "gives back", "gets back"]))
        if act == "earns":
            points = draw(st.integers(1, 100))
            member.earns(day, points)
            purchases.append([day, points])
        elif act == "spends" and has:
            points = draw(st.integers(1, has))
            member.spends(points)
            spent += points
        elif act == "gives back" and any(points for _, points in purchases):
            purchase = draw(st.sampled_from([each for each in purchases if each[1]]))
            points = draw(st.integers(1, purchase[1]))
            member.gives_back(purchase[0], points)
            purchase[1] -= points
        elif act == "gets back" and spent:
            points = draw(st.integers(1, spent))
            member.gets_back(points)
            spent -= points
    return member, draw(st.integers(0, sum(member.left.values())))


@given(lives())
def test_sums_by_day_tell_what_carrying_out_each_act_leaves(life: tuple[Member, int]) -> None:
    member, _ = life
    told = left_of(lots_of(member.entries), np.zeros(1, dtype=np.int64))
    assert by_day(told) == {day: points for day, points in member.left.items() if points}


@given(lives())
def test_what_is_left_beside_holds_is_the_balance_less_what_is_held(life: tuple[Member, int]) -> None:
    member, held = life
    balance = sum(points for _, _, points in member.entries)
    told = left_of(lots_of(member.entries), np.array([held], dtype=np.int64))
    assert sum(by_day(told).values()) == max(balance - held, 0)
    assert np.all(np.diff(told.lot_on) >= 0)
    assert np.all(told.points > 0)


large = st.integers(-MOST, MOST)


@given(st.lists(st.tuples(st.sampled_from([1, 2, 3, NEVER]), st.booleans(), large), max_size=6))
def test_at_the_limits_of_64_bits_nothing_wraps(entries: list[tuple[int, bool, int]]) -> None:
    sums: dict[tuple[int, bool], int] = {}
    for day, is_bought, points in entries:
        whole = sums.get((day, is_bought), 0) + points
        sums[day, is_bought] = max(min(whole, MOST), -MOST)
    told = [(day, is_bought, points) for (day, is_bought), points in sums.items()]
    nets = {day: sum(points for each, _, points in told if each == day) for day, _, _ in told}
    given_back = nets.pop(NEVER, 0)
    owed = -given_back - sum(min(points, 0) for points in nets.values())
    expected, rest = {}, max(owed, 0)
    for day in sorted(day for day, points in nets.items() if points > 0):
        lost = min(rest, nets[day])
        rest -= lost
        expected[day] = nets[day] - lost
    if owed < 0:
        first = min(expected, default=0)
        expected[first] = expected.get(first, 0) - owed
    lots = lots_of(told)
    assume(max(-owed, 0, *nets.values()) <= MOST)
    assert by_day(left_of(lots, np.zeros(1, dtype=np.int64))) == {d: p for d, p in expected.items() if p}


def test_a_sum_beyond_64_bits_is_refused_and_never_wrapped() -> None:
    row = np.zeros(2, dtype=np.intp)
    assert sums_by_account(row, np.array([MOST, 0], dtype=np.int64), 1).tolist() == [MOST]
    with pytest.raises(OverflowError):
        sums_by_account(row, np.array([MOST, 1], dtype=np.int64), 1)
