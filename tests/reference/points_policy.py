"""The points policy as plain data: the fields of carat.points.v1 policy.proto."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class LevelBonuses:
    """Fixed bonuses of one level; what is 0 is not granted."""

    treatment_every: int = 0
    treatment_points: int = 0
    renewal_points: int = 0
    referral_points: int = 0


@dataclass(frozen=True)
class Redeeming:
    """So many points are worth so much; minimum 0: one step; step 0: 1; minutes 0: 30."""

    points: int
    value_minor: int
    minimum_points: int = 0
    step_points: int = 0
    hold_minutes: int = 0

    def step(self) -> int:
        """Points are redeemed in multiples of it."""
        return self.step_points or 1

    def minimum(self) -> int:
        """Points that a redemption takes at least."""
        return self.minimum_points or self.step()

    def worth(self, points: int) -> int:
        """The value of points in minor units, rounded down."""
        return points * self.value_minor // self.points


@dataclass(frozen=True)
class Expiry:
    """Months after earning or, with `by_inactivity`, after the last purchase or redemption if that is later."""

    months: int
    by_inactivity: bool = False
    reinstatement_days: int = 0


@dataclass(frozen=True)
class PointsRevision:
    """Rates in basis points of a point per major unit, and the kinds that qualify.

    The kinds are service, addon, product and package. `bonuses` are those of a tier system and level.
    """

    effective_from: date
    rates_bp: dict[str, int]
    qualifying: frozenset[str]
    bonuses: tuple[tuple[tuple[str, str], LevelBonuses], ...] = ()
    redeeming: Redeeming | None = None
    expiry: Expiry | None = None
    holding_days: int = 0
    adjustment_limit: int = 0

    def bonuses_of(self, tier_system: str, level: str) -> LevelBonuses:
        """The fixed bonuses of a level; a level that is not named has none."""
        return dict(self.bonuses).get((tier_system, level), LevelBonuses())
