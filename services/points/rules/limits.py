"""Balances never wrap: a purchase that could lift one above 2^63 - 1 is refused before it counts anywhere."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from services.kernel.columns import Mask
from services.points.columns import Amounts, Numbers

POINTS_LIMIT: Final = np.iinfo(np.int64).max
"""The highest balance, and the most that a member ever earns."""

ACT_LIMIT: Final = 10**12
"""Points that one act other than a purchase moves, at most."""

POINTS_LIMIT_OF_BONUS: Final = 10**6
"""One fixed bonus, at most."""

MICROPOINTS_PER_POINT_AT_LEAST: Final = 100
"""Multipliers are at most 100 x 100, birthdays included: so few millionths before them can become one point."""

NEAR_LIMIT: Final = POINTS_LIMIT // 2
"""What is not large is looked at from here on: below, billions of such purchases fit in."""

_LARGE_POINTS: Final = 10**10


def most_points(base_micropoints: Amounts, package_micropoints: Amounts, treatments: Numbers) -> Amounts:
    """The most that purchases can earn, whatever level prices them.

    Packages give at most as much again, and each treatment one bonus. Exact: no sum passes 2 x 10^18.
    """
    multiplied = (base_micropoints + package_micropoints) // MICROPOINTS_PER_POINT_AT_LEAST
    return multiplied + treatments.astype(np.int64) * POINTS_LIMIT_OF_BONUS


def are_large(most: Amounts) -> Mask:
    """Purchases that may earn over 10^10 points."""
    large: Mask = most > _LARGE_POINTS
    return large


def decide_limits(member_id: Sequence[str], most: Amounts, committed: Sequence[int]) -> Mask:
    """Which purchases could lift a balance above the limit, those of one member taken in order.

    `committed` is what the member has, or ever earned if that is more, and may still get otherwise. What is refused
    takes no room from the next.
    """
    room: dict[str, int] = {}
    above = np.zeros(len(member_id), dtype=np.bool_)
    for row, (member, points, taken) in enumerate(zip(member_id, most.tolist(), committed, strict=True)):
        left = room.setdefault(member, POINTS_LIMIT - taken)
        above[row] = points > left
        room[member] = left if above[row] else left - points
    return above


def decide_room(committed: Sequence[int]) -> Amounts:
    """Points that accounts may still get: those below the limit that neither are there nor may still come."""
    return np.array([min(max(POINTS_LIMIT - each, 0), POINTS_LIMIT) for each in committed], dtype=np.int64)
