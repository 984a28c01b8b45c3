"""A points policy as plain data: the fields of carat.points.v1 policy.proto."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Self


class ExpiryMode(IntEnum):
    """From which day the months of an expiry are counted; a number that is not known reads as not said."""

    UNSPECIFIED = 0
    AFTER_EARNING = 1
    AFTER_INACTIVITY = 2

    @classmethod
    def _missing_(cls, value: object) -> Self:
        return cls(0)


@dataclass(frozen=True, slots=True)
class EarningRates:
    """Points for one major unit of each kind of amount, in basis points of a point."""

    service_bp: int = 0
    addon_bp: int = 0
    product_bp: int = 0
    package_bp: int = 0


@dataclass(frozen=True, slots=True)
class QualifyingKinds:
    """Which kinds of amount count toward levels."""

    service: bool = False
    addon: bool = False
    product: bool = False
    package: bool = False


@dataclass(frozen=True, slots=True)
class LevelBonuses:
    """The fixed bonuses of one level; what is 0 is not granted."""

    tier_system: str
    level: str
    treatment_every: int = 0
    treatment_points: int = 0
    renewal_points: int = 0
    referral_points: int = 0


@dataclass(frozen=True, slots=True)
class Redeeming:
    """What points are worth when they are redeemed; a minimum, step or hold of 0 is one step, 1 point, 30 minutes."""

    points: int
    value_minor: int
    minimum_points: int = 0
    step_points: int = 0
    hold_minutes: int = 0


@dataclass(frozen=True, slots=True)
class Expiry:
    """When points expire, the oldest first, and for how many days they may then be given back."""

    mode: ExpiryMode
    months: int
    reinstatement_days: int = 0


@dataclass(frozen=True, slots=True)
class PointsPolicy:
    """What is earned beside multipliers, and what becomes of points; None is what the policy leaves out."""

    rates: EarningRates | None
    qualifying: QualifyingKinds | None
    bonuses: tuple[LevelBonuses, ...] = ()
    redeeming: Redeeming | None = None
    expiry: Expiry | None = None
    holding_days: int = 0
    adjustment_limit: int = 0
