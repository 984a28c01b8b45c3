"""Who comes to a spa, how often, and what is bought: the numbers that the simulation is tuned by.

Tuned for the targets of LuxeSpa, Four-Tier Architecture: 40 % Sapphire, 15 % Platinum, 5 % Diamond
after 14 months, at fewer than five purchases a member, by high tickets rather than many visits.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final


class Basket(IntEnum):
    """What a purchase is mainly for."""

    TREATMENT = 0
    ADVANCED = 1
    PACKAGE = 2
    RETAIL = 3


@dataclass(frozen=True)
class Persona:
    """A kind of member.

    Weights are relative. `taste` is the part of every price list that is chosen from: (0, 1) is
    all of it, (0.5, 1) its dearer half. `treatment_weights` are for one treatment in a visit, two …
    """

    name: str
    weight: float
    purchases_per_year: float
    basket_weights: tuple[float, float, float, float]
    taste: tuple[float, float]
    treatment_weights: tuple[float, ...]


@dataclass(frozen=True)
class Habit:
    """How a member's visits lie in time: `early` of them before the time `early_end`, the rest
    after `late_start`, times being parts of the member's time in the program."""

    name: str
    weight: float
    early: float
    early_end: float
    late_start: float


PERSONAS: Final = (
    Persona("occasional", 23.5, 1.8, (80, 4, 4, 12), (0.0, 1.0), (85, 15)),
    Persona("regular", 54.0, 4.2, (55, 7, 33, 5), (0.22, 0.85), (75, 20, 5)),
    Persona("frequent", 4.0, 9.0, (92, 0, 2, 6), (0.0, 0.3), (5, 35, 35, 25)),
    Persona("devoted", 11.5, 6.0, (22, 38, 36, 4), (0.3, 1.0), (70, 25, 5)),
    Persona("patron", 7.0, 11.5, (12, 45, 40, 3), (0.5, 1.0), (60, 30, 10)),
)
"""Frequent members qualify by treatments, the others by spend (LuxeSpa, Example Scenarios)."""

HABITS: Final = (
    Habit("steady", 66.0, early=1.0, early_end=1.0, late_start=1.0),
    Habit("lapsing", 22.0, early=1.0, early_end=0.2, late_start=1.0),
    Habit("returning", 12.0, early=0.7, early_end=0.25, late_start=0.88),
)
"""Lapsing members fail their review and enter grace; returning ones may recover."""

TREATMENT_SEN: Final = (15000, 16800, 18800, 20000, 22000, 24800, 28800, 32000, 35000, 39000, 45000, 50000)
ADVANCED_SEN: Final = (150000, 168000, 180000, 198000, 220000, 238000, 258000, 280000, 300000)
PACKAGE_SEN: Final = (88000, 120000, 148000, 180000, 218000, 258000, 298000, 320000, 368000, 420000)
ADDON_SEN: Final = (3000, 4500, 6000, 8000, 9800, 12000, 15000, 18000)
PRODUCT_SEN: Final = (5890, 7990, 8990, 11900, 14900, 18850, 23900, 29900, 38800, 52000)

ADDON_SHARE: Final = 0.35
"""Part of the visits with a treatment in which an add-on is taken."""
PRODUCT_SHARE: Final = 0.15
"""Part of the purchases, retail aside, in which a product is taken home."""

PROPERTIES: Final = ("", "app", "web")
"""Digital properties a purchase can be made in; the first is none: at the desk."""
PROPERTY_WEIGHTS: Final = {
    Basket.TREATMENT: (85, 11, 4),
    Basket.ADVANCED: (94, 4, 2),
    Basket.PACKAGE: (60, 28, 12),
    Basket.RETAIL: (45, 30, 25),
}

MONTH_WEIGHTS: Final = (9, 10, 8, 9, 9, 8, 8, 8, 7, 8, 10, 13)
"""January to December: festive seasons and the year's end are busy."""
WEEKDAY_WEIGHTS: Final = (2, 2, 3, 3, 4, 6, 5)
"""Monday to Sunday."""
