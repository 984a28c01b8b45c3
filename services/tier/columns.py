"""Frozen struct-of-arrays records of the Tier service: one row a member, an activity, or a move."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.kernel.calendar import Days

Texts = NDArray[np.object_]
Ids = NDArray[np.int16]
Numbers = NDArray[np.int32]
Amounts = NDArray[np.int64]

NO_LEVEL = -1
NO_SYSTEM = -1
NO_PROPERTY = -1
UNKNOWN_PROPERTY = -2


class MoveReason(IntEnum):
    """Why a standing changed; numbered as carat.tier.v1.MoveReason."""

    UNSPECIFIED = 0
    ENROLLED = 1
    THRESHOLD_REACHED = 2
    FAST_TRACKED = 3
    RENEWED = 4
    GRACE_ENTERED = 5
    RECOVERED = 6
    GRACE_EXPIRED = 7
    REVIEW_FAILED = 8
    RESET_FAILED = 9
    GRACE_LAPSED = 10
    THRESHOLD_LOST = 11
    GRACE_TOUCHED = 12
    LIFETIME_GRANTED = 13
    INACTIVATED = 14
    REACTIVATED = 15
    PROMOTION_UNDONE = 16
    RECOVERY_UNDONE = 17
    MOVED_BY_STAFF = 18
    LOCKED = 19
    INVITED = 20
    GIFTED = 21
    SYSTEM_CHANGED = 22
    MERGED_AWAY = 23
    MERGED_IN = 24
    MERGE_UNDONE = 25
    ERASED = 26


@dataclass(frozen=True, slots=True)
class Standings:
    """Where members are on the ladder and since when, with what counts for them.

    `system` and `level` are the policy's own numbers (NO_SYSTEM: in none). `spend`, `visits` and `points` are what
    the days from `counted_from` to `evaluated_on` add up to. Days are NEVER where there is none: `review_on` is the
    next anniversary review or, under continuous maintenance, the day before which the level is not checked;
    `touched_on` is the due day of the last touchpoint of this grace that was told; until `kept_until` nothing takes
    the level away, until `held_until` nothing promotes; `active_on` is the day from which inactivity is counted.
    `birth_month` is 0 where no birthday is known.
    """

    shard: NDArray[np.int16]
    member_id: Texts
    enrolled_on: Days
    system: Ids
    level: Ids
    level_since: Days
    review_on: Days
    grace_from: Days
    grace_until: Days
    touched_on: Days
    kept_until: Days
    held_until: Days
    lifetime_since: Days
    active_on: Days
    inactive_since: Days
    spend: Amounts
    visits: Amounts
    points: Amounts
    counted_from: Days
    evaluated_on: Days
    treatments: Amounts
    birth_month: Ids
    version: Numbers

    def __len__(self) -> int:
        return len(self.shard)


@dataclass(frozen=True, slots=True)
class Activities:
    """Purchases as they concern the Tier service, those of one member in the order of their happening.

    `property` is the policy's number of the digital property (NO_PROPERTY: none named; UNKNOWN_PROPERTY: not known
    on that day). `package_micropoints` are a part of `base_micropoints`.
    """

    transaction_id: Texts
    member_id: Texts
    occurred_on: Days
    property: Ids
    base_micropoints: Amounts
    package_micropoints: Amounts
    spend: Amounts
    visits: Amounts

    def __len__(self) -> int:
        return len(self.occurred_on)


@dataclass(frozen=True, slots=True)
class Priced:
    """What became of activities, row by row: the answer that is given for ever.

    `level_bp` is 1 in the month of a birthday that replaces it, `birthday_bp` in all other months.
    """

    points: Amounts
    level: Ids
    level_bp: Numbers
    birthday_bp: Numbers
    property_bp: Numbers
    package_bonus_bp: Numbers
    ordinal: Amounts
    revision: Numbers
    move_reason: Ids
    level_after: Ids

    @staticmethod
    def blank(rows: int) -> "Priced":
        """Rows still to be filled."""

        def zeros(dtype: type[Any]) -> NDArray[Any]:
            return np.zeros(rows, dtype=dtype)

        return Priced(
            zeros(np.int64), zeros(np.int16), zeros(np.int32), zeros(np.int32), zeros(np.int32),
            zeros(np.int32), zeros(np.int64), zeros(np.int32), zeros(np.int16), zeros(np.int16),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Moves:
    """Changes of standings in the order in which they were decided.

    `row` is the member's row in the standings decided on, `activity` the row of the activity that caused the move
    (-1: a date did). `spend`, `visits` and `points` are the numbers behind the decision; `grace_until`,
    `level_since` and `locked_until` are those after it; `touchpoint` is the month of one that fell due, or 0.
    """

    row: NDArray[np.intp]
    activity: NDArray[np.intp]
    effective_on: Days
    system: Ids
    from_level: Ids
    to_level: Ids
    from_rank: Ids
    to_rank: Ids
    reason: Ids
    revision: Numbers
    spend: Amounts
    visits: Amounts
    points: Amounts
    grace_until: Days
    level_since: Days
    locked_until: Days
    touchpoint: Ids

    def __len__(self) -> int:
        return len(self.row)
