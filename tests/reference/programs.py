"""The two programs of the seeds, as the reference knows them."""

from datetime import date

from tests.reference.ladder import (
    AllowanceRule,
    BenefitsRevision,
    Level,
    System,
    Thresholds,
    TierRevision,
)
from tests.reference.points_policy import PointsRevision
from tests.reference.program import ReferenceProgram

SINCE_EVER = date(2000, 1, 1)
ALL_KINDS = frozenset({"service", "addon", "product", "package"})

LUXESPA_LEVELS = (
    Level("crystal"),
    Level("sapphire", 12_500, Thresholds(300_000, 15), grace_months=3),
    Level("platinum", 15_000, Thresholds(1_000_000, 30), grace_months=6, fast_track=True),
    Level("diamond", 20_000, Thresholds(2_500_000, 60), grace_months=12),
)

LUXESPA_ALLOWANCES = (
    AllowanceRule("express-facial", "privilege", "platinum", 1, "MONTHLY", value_limit_minor=15_000),
    AllowanceRule(
        "treatment",
        "privilege",
        "diamond",
        2,
        "EVERY_14_DAYS",
        value_limit_minor=30_000,
        anchor=date(2024, 1, 1),
        combinable=True,
    ),
)

ENGAGE_LEVELS = (
    Level("bronze", 15_000),
    Level("silver", 20_000, Thresholds(points=1_000), keep=Thresholds(points=500)),
    Level("gold", 30_000, Thresholds(points=5_000), keep=Thresholds(points=2_500)),
)


def luxespa() -> ReferenceProgram:
    """LuxeSpa: spend or treatments of rolling 12 months, anniversary reviews, grace, allowances."""
    system = System("privilege", LUXESPA_LEVELS)
    rates = {"service": 10_000, "addon": 10_000, "product": 10_000, "package": 10_000}
    return ReferenceProgram(
        revisions=[
            TierRevision(SINCE_EVER, (system,), enrolment="ON_FIRST_PURCHASE", default_system="privilege")
        ],
        points=[PointsRevision(SINCE_EVER, rates, frozenset({"service", "addon", "package"}))],
        benefits=[BenefitsRevision(SINCE_EVER, LUXESPA_ALLOWANCES)],
    )


def engage(next_reset: date = date(2024, 1, 31), repeats: str = "MONTHLY") -> ReferenceProgram:
    """Engage: a ladder of points with a system reset, and an app that doubles what is earned in it."""
    system = System("main", ENGAGE_LEVELS, maintenance="RESET", next_reset=next_reset, repeats=repeats)
    rates = {"service": 10_000, "addon": 10_000, "product": 10_000, "package": 10_000}
    return ReferenceProgram(
        revisions=[
            TierRevision(SINCE_EVER, (system,), {"app": 20_000, "site": 10_000}, default_system="main")
        ],
        points=[PointsRevision(SINCE_EVER, rates, ALL_KINDS)],
    )
