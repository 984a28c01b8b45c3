"""LuxeSpa with points that expire, or that cannot be spent at once: what its program leaves open, and others set."""

from datetime import date, timedelta
from typing import Final

from tests.scenarios.luxespa_climbing import ENROLLED, NEXT_DAY, START, YEAR_LATER
from tests.scenarios.points_words import (
    BringsAlong,
    HasPoints,
    Holds,
    LedgerShows,
    PaysBack,
    Redeems,
    Reinstates,
)
from tests.scenarios.story import Buys, Joins, PointsExpire, Returns, Scenario, Stands

ONE_DAY: Final = timedelta(days=1)
SUMMER, SUMMER_LATER = date(2024, 7, 1), date(2025, 7, 1)
BEFORE = YEAR_LATER - ONE_DAY

EXPIRING = (
    Scenario(
        "Points can be spent until the day before they expire, 12 months after they were earned",
        "luxespa, points expire",
        (
            Buys(START, "300"),
            Buys(SUMMER, "200"),
            HasPoints(SUMMER, 500, next_expiry=(YEAR_LATER, 300)),
            PointsExpire(BEFORE),
            HasPoints(BEFORE, 500, available=500),
            PointsExpire(YEAR_LATER),
            HasPoints(YEAR_LATER, 200, available=200, next_expiry=(SUMMER_LATER, 200)),
            LedgerShows(YEAR_LATER, (("PURCHASE", 300), ("PURCHASE", 200), ("EXPIRATION", -300))),
        ),
        (ENROLLED,),
    ),
    Scenario(
        "The oldest points are spent first, so that as few as possible expire",
        "luxespa, points expire",
        (
            Buys(START, "300"),
            Buys(SUMMER, "200"),
            Redeems(date(2024, 8, 1), 200),
            HasPoints(date(2024, 8, 1), 300, next_expiry=(YEAR_LATER, 100)),
            PointsExpire(YEAR_LATER),
            HasPoints(YEAR_LATER, 200),
        ),
        (ENROLLED,),
    ),
    Scenario(
        "Overdue points cannot be spent, whether or not the job of the night has run",
        "luxespa, points expire",
        (
            Buys(START, "300"),
            Buys(SUMMER, "100"),
            HasPoints(YEAR_LATER, None, available=100),
            Redeems(YEAR_LATER + ONE_DAY, 200, refused="BALANCE_TOO_LOW"),
            HasPoints(YEAR_LATER + ONE_DAY, None, available=100),
            Redeems(YEAR_LATER + 2 * ONE_DAY, 100, worth="10"),
            HasPoints(YEAR_LATER + 2 * ONE_DAY, 0),
        ),
        (ENROLLED,),
    ),
    Scenario(
        "Held points wait for the end of their hold before they expire",
        "luxespa, points expire",
        (
            Buys(START, "300"),
            Holds(YEAR_LATER - ONE_DAY, 300),
            PointsExpire(YEAR_LATER + ONE_DAY),
            HasPoints(YEAR_LATER + ONE_DAY, 0),
        ),
        (ENROLLED,),
    ),
    Scenario(
        "Buying and giving back gives old points no longer life",
        "luxespa, points expire",
        (
            Buys(START, "300"),
            Buys(BEFORE, "300"),
            Returns(BEFORE, of=1, takes=300),
            HasPoints(BEFORE, 300, next_expiry=(YEAR_LATER, 300)),
            PointsExpire(YEAR_LATER),
            HasPoints(YEAR_LATER, 0, next_expiry=(None, 0)),
        ),
        (ENROLLED,),
    ),
    Scenario(
        "What is given back of a payment has the age that it had: spending is no way to keep points alive",
        "luxespa, points expire",
        (
            Buys(START, "300"),
            Redeems(BEFORE, 300),
            PaysBack(BEFORE, of=0),
            HasPoints(BEFORE, 300, next_expiry=(YEAR_LATER, 300)),
            PointsExpire(YEAR_LATER),
            HasPoints(YEAR_LATER, 0),
        ),
        (ENROLLED,),
    ),
    Scenario(
        "Staff give expired points back within 30 days, once; they live for 12 months from then",
        "luxespa, points expire",
        (
            Buys(START, "300"),
            PointsExpire(YEAR_LATER),
            Reinstates(date(2025, 4, 9), points=301, refused="NOTHING_TO_REINSTATE"),
            Reinstates(date(2025, 4, 9), gives=300),
            Reinstates(date(2025, 4, 9), refused="NOTHING_TO_REINSTATE"),
            HasPoints(date(2025, 4, 9), 300, available=300, next_expiry=(date(2026, 4, 9), 300)),
        ),
        (ENROLLED,),
    ),
    Scenario(
        "After 30 days expired points are gone for good",
        "luxespa, points expire",
        (
            Buys(START, "300"),
            PointsExpire(YEAR_LATER),
            Reinstates(date(2025, 4, 10), refused="NOTHING_TO_REINSTATE"),
            HasPoints(date(2025, 4, 10), 0),
        ),
        (ENROLLED,),
    ),
    Scenario(
        "Points brought along from another system keep their age, and do not qualify",
        "luxespa, points expire",
        (
            Joins(START),
            BringsAlong(NEXT_DAY, 700, earned_on=date(2023, 7, 1)),
            BringsAlong(NEXT_DAY, 300),
            HasPoints(NEXT_DAY, 1_000, available=1_000, next_expiry=(SUMMER, 700)),
            Stands(NEXT_DAY, "crystal", points=0),
            PointsExpire(SUMMER),
            LedgerShows(SUMMER, (("OPENING_BALANCE", 700), ("OPENING_BALANCE", 300), ("EXPIRATION", -700))),
        ),
        (ENROLLED,),
    ),
    Scenario(
        "Where points expire of who stays away, each purchase and each payment keeps all of them alive",
        "luxespa, idle points expire",
        (
            Buys(START, "300"),
            Buys(BEFORE, "50", treatments=1),
            HasPoints(BEFORE, 350, next_expiry=(date(2026, 3, 9), 350)),
            Redeems(date(2025, 9, 1), 100),
            PointsExpire(date(2026, 8, 31)),
            HasPoints(date(2026, 8, 31), 250, next_expiry=(date(2026, 9, 1), 250)),
            PointsExpire(date(2026, 9, 1)),
            HasPoints(date(2026, 9, 1), 0),
        ),
        (ENROLLED,),
    ),
    Scenario(
        "A purchase that comes too late keeps nothing alive: what was overdue expires before it",
        "luxespa, idle points expire",
        (
            Buys(START, "300"),
            Buys(YEAR_LATER, "50"),
            HasPoints(YEAR_LATER, 50, available=50),
            LedgerShows(YEAR_LATER, (("PURCHASE", 300), ("EXPIRATION", -300), ("PURCHASE", 50))),
        ),
        (ENROLLED,),
    ),
    Scenario(
        "Points of a purchase can be spent 14 days later, and qualify at once",
        "luxespa, points held back",
        (
            Buys(START, "3000", level="sapphire"),
            HasPoints(START, 3_000, available=0, maturing=3_000),
            Stands(START, "sapphire", points=3_000),
            Redeems(date(2024, 3, 23), 100, refused="BALANCE_TOO_LOW"),
            HasPoints(date(2024, 3, 24), 3_000, available=3_000, maturing=0),
            Redeems(date(2024, 3, 25), 100, worth="10"),
        ),
        (ENROLLED, (START, "THRESHOLD_REACHED", "sapphire")),
    ),
)
