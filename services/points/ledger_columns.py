"""Frozen struct-of-arrays records of the ledger: entries that no till sent, and what accounts are made of."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.kernel.calendar import Days
from services.kernel.columns import Mask
from services.points.columns import Amounts, Reasons, Texts

POOL_PREFIX: Final = "pool "
"""A pool's account is that of a member whom no caller can name."""


class EntryKind(IntEnum):
    """Why points came or went; numbered as carat.points.v1.EntryKind."""

    UNSPECIFIED = 0
    PURCHASE = 1
    PURCHASE_REVERSAL = 2
    RENEWAL_BONUS = 3
    REFERRAL_BONUS = 4
    REFERRAL_REVERSAL = 5
    AWARD = 6
    REDEMPTION = 7
    REDEMPTION_REVERSAL = 8
    EXPIRATION = 9
    REINSTATEMENT = 10
    ADJUSTMENT = 11
    TRANSFER_OUT = 12
    TRANSFER_IN = 13
    OPENING_BALANCE = 14
    MERGE_OUT = 15
    MERGE_IN = 16


EARNING: Final = (
    EntryKind.PURCHASE,
    EntryKind.PURCHASE_REVERSAL,
    EntryKind.RENEWAL_BONUS,
    EntryKind.REFERRAL_BONUS,
    EntryKind.REFERRAL_REVERSAL,
    EntryKind.AWARD,
)
"""The kinds that make up what a member ever earned, so that what is taken back was never earned."""

BOUGHT: Final = (
    EntryKind.PURCHASE,
    EntryKind.PURCHASE_REVERSAL,
    EntryKind.MERGE_OUT,
    EntryKind.MERGE_IN,
)
"""The kinds that make up points of purchases, which holding days concern; a merge ends no holding day."""

ACTIVE: Final = (EntryKind.PURCHASE, EntryKind.REDEMPTION)
"""The kinds that keep points alive where they expire after inactivity."""


class RedemptionState(IntEnum):
    """How far a redemption has come; numbered as carat.points.v1.RedemptionState."""

    UNSPECIFIED = 0
    AUTHORISED = 1
    CAPTURED = 2
    CANCELLED = 3
    EXPIRED = 4


@dataclass(frozen=True, slots=True)
class Lines:
    """Entries of the ledger other than purchases, in the order in which they are to be numbered.

    `transaction_id` is the caller's; of what no caller names it is several words. `lot_on` is the day on which the
    points count as earned, NEVER where they are taken from the oldest or given back to them. `tier_system` and
    `level` are those that a bonus was granted for, '' otherwise.
    """

    transaction_id: Texts
    payload_hash: Texts
    kind: Reasons
    shard: NDArray[np.int16]
    member_id: Texts
    points: Amounts
    occurred_on: Days
    lot_on: Days
    related_id: Texts
    tier_system: Texts
    level: Texts
    points_revision: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.points)


@dataclass(frozen=True, slots=True)
class Accounts:
    """Accounts of members and pools, in the order of shard and member.

    `oldest_on`: no point left was earned before; `active_on`: the last purchase or redemption; both NEVER for none.
    `expirations` numbers what expired so far. `merged_into` is '' for a record that was not merged away; an
    `erased` member's ledger stays, and takes no acts any more.
    """

    shard: NDArray[np.int16]
    member_id: Texts
    balance: Amounts
    lifetime_earned: Amounts
    oldest_on: Days
    active_on: Days
    expirations: NDArray[np.int32]
    tier_system: Texts
    level: Texts
    merged_into: Texts
    erased: Mask

    def __len__(self) -> int:
        return len(self.balance)


@dataclass(frozen=True, slots=True)
class Lots:
    """What the entries of accounts add up to by day of earning.

    `row` is the account's; `lot_on` is NEVER for what was taken from the oldest points (negative) or given back to
    them; `bought` tells points of purchases, which holding days concern. `came_on` is the day on which the last of
    them came, which may be later than that of earning.
    """

    row: NDArray[np.intp]
    lot_on: Days
    bought: Mask
    points: Amounts
    came_on: Days

    def __len__(self) -> int:
        return len(self.points)


@dataclass(frozen=True, slots=True)
class Left:
    """Points that are left of each day's earnings, oldest first within an account; only lots with any left.

    `late_on` is the last day on which points came to the account that were older than that day.
    """

    row: NDArray[np.intp]
    lot_on: Days
    bought: Mask
    points: Amounts
    late_on: Days

    def __len__(self) -> int:
        return len(self.points)
