"""Points are exact: multiplied without floats and rounded toward zero once."""

from fractions import Fraction
from math import trunc

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.exact import MICROPOINTS, ONE_BP, multiplied_points, worths

MULTIPLIERS = st.integers(ONE_BP, 100 * ONE_BP)
BASES = st.integers(-(10**18), 10**18)


def points(base_micropoints: int, *multipliers_bp: int, package: int = 0, bonus_bp: int = 0) -> int:
    worth = worths(*(np.array([value], dtype=np.int64) for value in (base_micropoints, package, bonus_bp)))
    factors = [np.array([value], dtype=np.int32) for value in multipliers_bp]
    return int(multiplied_points(worth, *factors)[0])


def test_fifteen_times_one_and_a_half_is_twenty_two() -> None:
    assert points(15 * MICROPOINTS, 15_000, ONE_BP) == 22


def test_bronze_at_one_and_a_half_in_the_app_at_two_earns_threefold() -> None:
    assert points(1 * MICROPOINTS, 15_000, 20_000) == 3


def test_rounding_happens_once_after_all_multipliers() -> None:
    assert points(MICROPOINTS * 3 // 2, 15_000, 20_000) == 4, "1.5 x 1.5 x 2 = 4.5, not 1 x 1.5 x 2 = 3"


def test_a_tenth_more_on_a_package_is_multiplied_with_the_rest() -> None:
    ten = 10 * MICROPOINTS
    assert points(ten, 15_000, package=ten, bonus_bp=1_000) == 16, "(10 + 1) x 1.5 = 16.5, not 15 + 1"


@given(BASES, MULTIPLIERS, MULTIPLIERS, st.fractions(0, 1), st.integers(0, ONE_BP))
def test_points_equal_exact_fractions_up_to_the_limits(
    base: int, level: int, prop: int, part: Fraction, bonus: int
) -> None:
    package = trunc(base * part)
    worth = base + package * Fraction(bonus, ONE_BP)
    exact = worth / MICROPOINTS * Fraction(level, ONE_BP) * Fraction(prop, ONE_BP)
    assert points(base, level, prop, package=package, bonus_bp=bonus) == trunc(exact)


@given(BASES, st.lists(st.integers(ONE_BP, 10 * ONE_BP), max_size=3))
def test_any_number_of_multipliers_is_rounded_once(base: int, multipliers: list[int]) -> None:
    exact = Fraction(base, MICROPOINTS)
    for multiplier in multipliers:
        exact *= Fraction(multiplier, ONE_BP)
    assert points(base, *multipliers) == trunc(exact)


@given(st.integers(0, 2**62), MULTIPLIERS)
def test_what_is_taken_rounds_toward_zero_like_what_is_given(base: int, level: int) -> None:
    assert points(-base, level, ONE_BP) == -points(base, level, ONE_BP)
