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

_SCALE = MICROPOINTS * ONE_BP * ONE_BP


def multiplied_points(
    base_micropoints: Integers, level_bp: Multipliers, property_bp: Multipliers
) -> Integers:
    """Whole points after both multipliers, rounded toward zero once.

    DECISIONS, Meanings 1; Engage, Configure Tier Benefits: 15 x 1.5 = 22. Python integers carry the product,
    which may pass 64 bits; the quotient does not, as no multiplier passes 100.
    """
    product = base_micropoints.astype(object) * level_bp.astype(object) * property_bp.astype(object)
    points = [abs(value) // _SCALE * (1 if value >= 0 else -1) for value in product]
    return np.array(points, dtype=np.int64)
