"""Points without floats: multiplied exactly, rounded toward zero once."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Multipliers = NDArray[np.integer[Any]]

ONE_BP: Final = 10_000
"""A multiplier of 1, in basis points."""

MICROPOINTS: Final = 1_000_000
"""Millionths in one point."""


def worths(base_micropoints: Integers, package_micropoints: Integers, bonus_bp: Multipliers) -> list[int]:
    """Points before multipliers with the bonus on what packages gave, in parts of 10^10; they may pass 64 bits."""
    columns = (base_micropoints.tolist(), package_micropoints.tolist(), bonus_bp.tolist())
    return [base * ONE_BP + package * bonus for base, package, bonus in zip(*columns, strict=True)]


def multiplied_points(worth: list[int], *multipliers_bp: Multipliers) -> Integers:
    """Whole points after all multipliers, rounded toward zero once.

    DECISIONS, Meanings 1; Engage, Configure Tier Benefits: 15 x 1.5 = 22. Python integers carry the product,
    which may pass 64 bits; who asks sees to it that the quotient does not.
    """
    scale = MICROPOINTS * ONE_BP
    for multiplier_bp in multipliers_bp:
        worth = [value * factor for value, factor in zip(worth, multiplier_bp.tolist(), strict=True)]
        scale *= ONE_BP
    return np.array([value // scale if value >= 0 else -(-value // scale) for value in worth], dtype=np.int64)
