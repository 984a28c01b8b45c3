"""Frozen struct-of-arrays records of refunds: asked for, decided, accepted, answered."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.kernel.calendar import Days
from services.kernel.columns import Index, Mask
from services.points.columns import Amounts, Numbers, Reasons, Texts
from services.points.policy import KINDS

PARTS: Final = (*KINDS, "treatments")
"""What a purchase is made of, in the order of the columns of `Parts`."""

TREATMENTS: Final = PARTS.index("treatments")

Parts = NDArray[np.int64]
"""One row a purchase or refund, one column an amount or the treatments (PARTS)."""


class ReversalState(IntEnum):
    """How far a reversal has come; 1 and 2 are numbered as carat.points.v1.PurchaseState."""

    PENDING = 1
    POSTED = 2
    REFUSED = 3


ACCEPTED: Final = (ReversalState.PENDING, ReversalState.POSTED)
"""What an accepted reversal takes of a purchase no other takes."""


@dataclass(frozen=True, slots=True)
class Refunds:
    """Reversals of purchases, or credit notes, as they came in; those of one member in the order of their happening.

    `concerns` is the purchase of a reversal, the member of a credit note. `occurred_us` is the instant in
    microseconds since 1970-01-01 UTC, or NO_INSTANT or IMPOSSIBLE_INSTANT.
    """

    refund_id: Texts
    payload_hash: Texts
    concerns: Texts
    currency: Texts
    occurred_us: Amounts
    everything: Mask
    parts: Parts

    def __len__(self) -> int:
        return len(self.occurred_us)


@dataclass(frozen=True, slots=True)
class Bought:
    """Purchases in the ledger, and what accepted reversals left of them.

    `whole` is what was bought, `left` what is left of it, `bonus_left` what is left of the bonus of its treatments.
    """

    transaction_id: Texts
    entry_id: Amounts
    shard: NDArray[np.int16]
    member_id: Texts
    occurred_us: Amounts
    occurred_on: Days
    points_revision: Numbers
    package_micropoints: Amounts
    treatment_ordinal: Amounts
    treatment_every: Numbers
    treatment_points: Amounts
    whole: Parts
    left: Parts
    bonus_left: Amounts

    def __len__(self) -> int:
        return len(self.entry_id)


@dataclass(frozen=True, slots=True)
class TakenBack:
    """Parts of purchases that refunds take back; `refund` and `purchase` are rows of Refunds and Bought."""

    refund: Index
    purchase: Index
    parts: Parts
    treatment_bonus: Amounts

    def __len__(self) -> int:
        return len(self.refund)


@dataclass(frozen=True, slots=True)
class Reversals:
    """Reversals of single purchases, accepted for good.

    Those that a credit note is cut into have two words as `reversal_id`, the note's and the purchase's. `shard` and
    `member_id` are of the account that is charged, `purchase_shard` is that of whoever bought.
    """

    reversal_id: Texts
    credit_note_id: Texts
    payload_hash: Texts
    transaction_id: Texts
    purchase_shard: NDArray[np.int16]
    shard: NDArray[np.int16]
    member_id: Texts
    occurred_us: Amounts
    occurred_on: Days
    everything: Mask
    service_minor: Amounts
    addon_minor: Amounts
    product_minor: Amounts
    package_minor: Amounts
    treatments: Numbers
    base_micropoints: Amounts
    package_micropoints: Amounts
    qualifying_spend_minor: Amounts
    treatment_bonus: Amounts

    def __len__(self) -> int:
        return len(self.occurred_us)

    @property
    def refund_id(self) -> Texts:
        """The id under which each was asked for."""
        return _refund_ids(self.reversal_id, self.credit_note_id)


@dataclass(frozen=True, slots=True)
class Reversed:
    """What Tier made of reversals: refused for a Points reason, or granted (0) with the points taken back."""

    reason: Reasons
    points: Amounts
    level_after: Texts
    move_reason: Reasons


@dataclass(frozen=True, slots=True)
class ReversalReceipts:
    """Reversals as they stand, in the order of their acceptance; points are told of those that are posted."""

    reversal_id: Texts
    credit_note_id: Texts
    transaction_id: Texts
    state: Reasons
    refused_reason: Reasons
    multiplied_points: Amounts
    treatment_bonus: Amounts
    referral_bonus: Amounts
    service_minor: Amounts
    addon_minor: Amounts
    product_minor: Amounts
    package_minor: Amounts
    treatments: Numbers
    level_after: Texts
    move_reason: Reasons

    def __len__(self) -> int:
        return len(self.state)

    @property
    def refund_id(self) -> Texts:
        """The id under which each was asked for."""
        return _refund_ids(self.reversal_id, self.credit_note_id)


def _refund_ids(reversal_id: Texts, credit_note_id: Texts) -> Texts:
    """A reversal's own, or that of the credit note that was cut into it."""
    return np.where(credit_note_id != "", credit_note_id, reversal_id)
