"""A points policy as plain data: the fields of carat.points.v1 policy.proto."""

from dataclasses import dataclass


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
class PointsPolicy:
    """Everything that decides what is earned before multipliers; None is what the policy leaves out."""

    rates: EarningRates | None
    qualifying: QualifyingKinds | None
