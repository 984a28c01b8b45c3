"""Small policies for tests of the Tier service."""

from dataclasses import replace
from datetime import date
from typing import Any

from services.tier.policy_document import (
    EnrolmentMode,
    Level,
    Maintenance,
    Property,
    Repeats,
    Reset,
    Thresholds,
    TierPolicy,
    TierSystem,
)

SPA_LEVELS = (
    Level("crystal", "Crystal"),
    Level("sapphire", "Sapphire", 12_500, Thresholds(300_000, 15), grace_months=3),
    Level("platinum", "Platinum", 15_000, Thresholds(1_000_000, 30), grace_months=6, fast_track=True),
)
SPA = TierSystem("spa", "Spa", Maintenance.ANNIVERSARY, SPA_LEVELS, active=True, window_months=12)
GAME_LEVELS = (
    Level("bronze", "Bronze", 15_000),
    Level("silver", "Silver", 20_000, Thresholds(points=1_000), Thresholds(points=500)),
)
GAME = TierSystem(
    "game",
    "Game",
    Maintenance.RESET,
    GAME_LEVELS,
    active=True,
    reset=Reset(date(2024, 1, 31), Repeats.MONTHLY),
)
POLICY = TierPolicy(
    (SPA, GAME), EnrolmentMode.EXPLICIT, (Property("app", "App", 20_000),), default_system="spa"
)
AUTOMATIC = replace(POLICY, enrolment=EnrolmentMode.ON_FIRST_PURCHASE)


def with_spa(**changed: Any) -> TierPolicy:
    """The policy with another spa system."""
    return replace(POLICY, systems=(replace(SPA, **changed), GAME))


def with_game(**changed: Any) -> TierPolicy:
    """The policy with another game system."""
    return replace(POLICY, systems=(SPA, replace(GAME, **changed)))


def with_sapphire(**changed: Any) -> TierPolicy:
    """The policy with another Sapphire level."""
    crystal, sapphire, platinum = SPA_LEVELS
    return with_spa(levels=(crystal, replace(sapphire, **changed), platinum))
