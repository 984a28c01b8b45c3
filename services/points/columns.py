"""Frozen struct-of-arrays records of the Points service: one row a purchase."""

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from services.kernel.calendar import Days

Texts = NDArray[np.object_]
Reasons = NDArray[np.int16]
Numbers = NDArray[np.int32]
Amounts = NDArray[np.int64]

NO_INSTANT: Final = np.iinfo(np.int64).min
"""Stands for an instant that was not said."""

IMPOSSIBLE_INSTANT: Final = NO_INSTANT + 1
"""Stands for an instant that no calendar has; it lies before all others."""

STATE_PENDING: Final = 1
STATE_POSTED: Final = 2
"""How far a purchase has come; numbered as carat.points.v1.PurchaseState."""


@dataclass(frozen=True, slots=True)
class Purchases:
    """Purchases as they came in, those of one member in the order of their happening.

    `occurred_us` is the instant in microseconds since 1970-01-01 UTC, or NO_INSTANT or
    IMPOSSIBLE_INSTANT; amounts are minor units
    before discounts; `payload_hash` tells one payload of a transaction id from another.
    """

    transaction_id: Texts
    payload_hash: Texts
    member_id: Texts
    property_id: Texts
    currency: Texts
    occurred_us: Amounts
    service_minor: Amounts
    addon_minor: Amounts
    product_minor: Amounts
    package_minor: Amounts
    treatments: Numbers

    def __len__(self) -> int:
        return len(self.occurred_us)


@dataclass(frozen=True, slots=True)
class Decisions:
    """What the rules say of purchases: refused for a reason, or granted (0) with what they are worth.

    `package_micropoints` are those of `base_micropoints` that packages gave; `points_revision` is the number of the
    revision of the points policy that decided.
    """

    reason: Reasons
    occurred_on: Days
    base_micropoints: Amounts
    qualifying_spend_minor: Amounts
    points_revision: Numbers
    package_micropoints: Amounts


@dataclass(frozen=True, slots=True)
class Pending:
    """Purchases accepted for good and still to be posted, with what was decided of them when they were accepted."""

    transaction_id: Texts
    payload_hash: Texts
    shard: NDArray[np.int16]
    member_id: Texts
    property_id: Texts
    occurred_us: Amounts
    service_minor: Amounts
    addon_minor: Amounts
    product_minor: Amounts
    package_minor: Amounts
    treatments: Numbers
    occurred_on: Days
    base_micropoints: Amounts
    qualifying_spend_minor: Amounts
    points_revision: Numbers
    package_micropoints: Amounts

    def __len__(self) -> int:
        return len(self.occurred_us)


@dataclass(frozen=True, slots=True)
class Priced:
    """What purchases earn: refused for a Points reason, or granted (0) by Tier with points and level.

    `multiplied_points` are those that Tier counted, `points` are all: with the bonus of `treatment_points` for each
    treatment whose number `treatment_every` divides. `referral_bonus` goes to whoever brought the member.
    """

    reason: Reasons
    points: Amounts
    multiplied_points: Amounts
    birthday_multiplier_bp: Numbers
    package_bonus_bp: Numbers
    treatment_every: Numbers
    treatment_points: Amounts
    treatment_bonus: Amounts
    referral_bonus: Amounts
    tier_system: Texts
    level_multiplier_bp: Numbers
    property_multiplier_bp: Numbers
    level: Texts
    treatment_ordinal: Amounts
    level_after: Texts
    move_reason: Reasons
    tier_revision: Numbers


@dataclass(frozen=True, slots=True)
class Receipts:
    """What became of purchases: refused for a reason, pending, or posted with what they earned and changed.

    `move_reason` is numbered as carat.tier.v1.MoveReason; `replayed`: the ledger held the purchase already.
    """

    reason: Reasons
    state: Reasons
    points: Amounts
    base_micropoints: Amounts
    level_multiplier_bp: Numbers
    property_multiplier_bp: Numbers
    level: Texts
    treatment_ordinal: Amounts
    level_after: Texts
    move_reason: Reasons
    tier_revision: Numbers
    points_revision: Numbers
    replayed: NDArray[np.bool_]
    package_micropoints: Amounts
    birthday_multiplier_bp: Numbers
    package_bonus_bp: Numbers
    multiplied_points: Amounts
    treatment_bonus: Amounts
    tier_system: Texts
    referral_bonus: Amounts

    def __len__(self) -> int:
        return len(self.reason)


def refused(reason: Reasons) -> Receipts:
    """Receipts of purchases of which nothing but the reason is to be told."""

    def zeros(dtype: type[Any]) -> NDArray[Any]:
        return np.zeros(len(reason), dtype=dtype)

    empty = np.full(len(reason), "", dtype=object)
    return Receipts(
        reason=reason.astype(np.int16),
        state=zeros(np.int16),
        points=zeros(np.int64),
        base_micropoints=zeros(np.int64),
        level_multiplier_bp=zeros(np.int32),
        property_multiplier_bp=zeros(np.int32),
        level=empty,
        treatment_ordinal=zeros(np.int64),
        level_after=empty,
        move_reason=zeros(np.int16),
        tier_revision=zeros(np.int32),
        points_revision=zeros(np.int32),
        replayed=zeros(np.bool_),
        package_micropoints=zeros(np.int64),
        birthday_multiplier_bp=zeros(np.int32),
        package_bonus_bp=zeros(np.int32),
        multiplied_points=zeros(np.int64),
        treatment_bonus=zeros(np.int64),
        tier_system=empty,
        referral_bonus=zeros(np.int64),
    )


def still_pending(pending: Pending) -> Receipts:
    """Receipts of purchases that are accepted, and whose points will be posted by themselves."""
    return replace(
        refused(np.zeros(len(pending), dtype=np.int16)),
        state=np.full(len(pending), STATE_PENDING, dtype=np.int16),
        base_micropoints=pending.base_micropoints,
        points_revision=pending.points_revision,
        package_micropoints=pending.package_micropoints,
    )


def posted(pending: Pending, priced: Priced) -> Receipts:
    """Receipts of purchases whose points are in the ledger; where Tier refused, only the reason."""
    granted = priced.reason == 0
    return Receipts(
        reason=priced.reason,
        state=np.where(granted, STATE_POSTED, 0).astype(np.int16),
        points=priced.points,
        base_micropoints=np.where(granted, pending.base_micropoints, 0),
        level_multiplier_bp=priced.level_multiplier_bp,
        property_multiplier_bp=priced.property_multiplier_bp,
        level=priced.level,
        treatment_ordinal=priced.treatment_ordinal,
        level_after=priced.level_after,
        move_reason=priced.move_reason,
        tier_revision=priced.tier_revision,
        points_revision=np.where(granted, pending.points_revision, 0).astype(np.int32),
        replayed=np.zeros(len(pending), dtype=np.bool_),
        package_micropoints=np.where(granted, pending.package_micropoints, 0),
        birthday_multiplier_bp=priced.birthday_multiplier_bp,
        package_bonus_bp=priced.package_bonus_bp,
        multiplied_points=priced.multiplied_points,
        treatment_bonus=priced.treatment_bonus,
        tier_system=priced.tier_system,
        referral_bonus=priced.referral_bonus,
    )
