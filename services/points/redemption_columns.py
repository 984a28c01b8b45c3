"""Frozen struct-of-arrays records of redemptions: payments by points."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.kernel.calendar import Days
from services.points.columns import Amounts, Reasons, Texts


@dataclass(frozen=True, slots=True)
class Redemptions:
    """Redemptions as they are kept.

    `member_id` names the account that pays, of a member or a pool, `redeemed_by` the member who does. `state` is a
    RedemptionState and never EXPIRED, which is told by `expires_at` (instants with a zone) alone. `occurred_on` is
    the day of the authorisation, and of the capture once there was one.
    """

    redemption_id: Texts
    payload_hash: Texts
    shard: NDArray[np.int16]
    member_id: Texts
    redeemed_by: Texts
    points: Amounts
    value_minor: Amounts
    state: Reasons
    expires_at: Texts
    captured_points: Amounts
    captured_value_minor: Amounts
    reversed_points: Amounts
    occurred_on: Days
    points_revision: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.points)


@dataclass(frozen=True, slots=True)
class Payers:
    """Who wants to pay by points.

    `holder` is why no act of the member is taken, `pool` why none by the member on that pool (0: nothing against it);
    `available` is what the account that shall pay can spend.
    """

    holder: Reasons
    pool: Reasons
    available: Amounts
