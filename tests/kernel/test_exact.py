"""Points are exact: multiplied without floats and rounded toward zero once."""

from fractions import Fraction
from math import floor

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.exact import MICROPOINTS, ONE_BP, multiplied_points

MULTIPLIERS = st.integers(ONE_BP, 100 * ONE_BP)


def points(base_micropoints: int, level_bp: int, property_bp: int) -> int:
    given = [np.array([value], dtype=np.int64) for value in (base_micropoints, level_bp, property_bp)]
    return int(multiplied_points(*given)[0])


def test_fifteen_times_one_and_a_half_is_twenty_two() -> None:
    assert points(15 * MICROPOINTS, 15_000, ONE_BP) == 22


def test_bronze_at_one_and_a_half_in_the_app_at_two_earns_threefold() -> None:
    assert points(1 * MICROPOINTS, 15_000, 20_000) == 3


def test_rounding_happens_once_after_all_multipliers() -> None:
    assert points(MICROPOINTS * 3 // 2, 15_000, 20_000) == 4, "1.5 x 1.5 x 2 = 4.5, not 1 x 1.5 x 2 = 3"


@given(st.integers(0, 2**63 - 1), MULTIPLIERS, MULTIPLIERS)
def test_points_equal_exact_fractions_up_to_the_limit_of_int64(base: int, level: int, prop: int) -> None:
    exact = Fraction(base, MICROPOINTS) * Fraction(level, ONE_BP) * Fraction(prop, ONE_BP)
    assert points(base, level, prop) == floor(exact)


@given(st.integers(0, 2**62), MULTIPLIERS)
def test_what_is_taken_rounds_toward_zero_like_what_is_given(base: int, level: int) -> None:
    assert points(-base, level, ONE_BP) == -points(base, level, ONE_BP)
