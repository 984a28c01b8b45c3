"""Room below 2^63 - 1 points: what a purchase can bring at most, exactly; no database."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.exact import multiplied_points, worths
from services.points.rules.limits import (
    POINTS_LIMIT,
    POINTS_LIMIT_OF_BONUS,
    are_large,
    decide_limits,
    most_points,
)

BASES = st.integers(0, 10**18)
MULTIPLIERS_BP = st.integers(10_000, 1_000_000)


def most(base: int, package: int = 0, treatments: int = 0) -> int:
    columns = np.array([base]), np.array([package]), np.array([treatments], dtype=np.int32)
    return int(most_points(*columns)[0])


@given(BASES, st.data(), st.integers(0, 10_000), MULTIPLIERS_BP, MULTIPLIERS_BP, st.integers(0, 1_000))
def test_no_purchase_earns_more_than_the_most_it_can(
    base: int, data: st.DataObject, package_bonus_bp: int, level_bp: int, property_bp: int, treatments: int
) -> None:
    package = data.draw(st.integers(0, base))
    worth = worths(np.array([base]), np.array([package]), np.array([package_bonus_bp]))
    earned = int(multiplied_points(worth, np.array([level_bp]), np.array([property_bp]))[0])
    assert earned + treatments * POINTS_LIMIT_OF_BONUS <= most(base, package, treatments)


def test_the_most_is_reached_at_the_highest_multipliers_packages_and_bonuses() -> None:
    highest = np.array([1_000_000])
    worth = worths(np.array([10**18]), np.array([10**18]), np.array([10_000]))
    earned = int(multiplied_points(worth, highest, highest)[0])
    assert earned + 1_000 * POINTS_LIMIT_OF_BONUS == most(10**18, 10**18, 1_000) == 2 * 10**16 + 10**9


def test_what_fits_to_the_last_point_is_granted_and_one_more_is_not() -> None:
    points = np.array([100], dtype=np.int64)
    assert decide_limits(["M"], points, [POINTS_LIMIT - 100]).tolist() == [False]
    assert decide_limits(["M"], points, [POINTS_LIMIT - 99]).tolist() == [True]


def test_who_owes_points_has_more_room() -> None:
    points = np.array([2 * 10**16], dtype=np.int64)
    assert decide_limits(["M"], points, [-POINTS_LIMIT]).tolist() == [False]


@given(
    st.lists(st.tuples(st.sampled_from("MN"), st.integers(0, 2 * 10**16 + 10**9)), min_size=1, max_size=12),
    st.integers(POINTS_LIMIT - 10**17, POINTS_LIMIT),
)
def test_room_is_given_out_in_order_and_not_taken_by_the_refused(
    purchases: list[tuple[str, int]], committed: int
) -> None:
    members = [member for member, _ in purchases]
    points = np.array([each for _, each in purchases], dtype=np.int64)
    above = decide_limits(members, points, [committed] * len(purchases)).tolist()
    balance = dict.fromkeys("MN", committed)
    for (member, each), refused in zip(purchases, above, strict=True):
        assert refused == (balance[member] + each > 2**63 - 1)
        balance[member] += 0 if refused else each


def test_only_purchases_that_may_earn_over_ten_billion_points_are_looked_at() -> None:
    assert are_large(np.array([10**10, 10**10 + 1])).tolist() == [False, True]
    assert most(10**12 - 1, 0, 0) < 10**10 < most(10**12 + 100)
