"""Balances never wrap: a purchase that could lift one above 2^63 - 1 is refused before it counts anywhere."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.points.columns import Amounts

POINTS_LIMIT: Final = np.iinfo(np.int64).max
"""The highest balance."""

MICROPOINTS_PER_POINT_AT_LEAST: Final = 100
"""Multipliers are at most 100 x 100: so few millionths before them can become one point."""

_LARGE_MICROPOINTS: Final = 10**11


def are_large(base_micropoints: Amounts) -> NDArray[np.bool_]:
    """Purchases that may earn over 10^9 points; of others nine billion would be needed to reach the limit."""
    return base_micropoints > _LARGE_MICROPOINTS


def decide_limits(
    member_id: Sequence[str], base_micropoints: Amounts, committed: Sequence[int]
) -> NDArray[np.bool_]:
    """Which purchases could lift a balance above the limit, those of one member taken in order.

    `committed` is what the member has and may still get otherwise. What is refused takes no room from the
    next.
    """
    room: dict[str, int] = {}
    above = np.zeros(len(member_id), dtype=np.bool_)
    for row, (member, base, taken) in enumerate(
        zip(member_id, base_micropoints.tolist(), committed, strict=True)
    ):
        left = room.setdefault(member, POINTS_LIMIT - taken)
        most_points = base // MICROPOINTS_PER_POINT_AT_LEAST + 1
        above[row] = most_points > left
        room[member] = left if above[row] else left - most_points
    return above
