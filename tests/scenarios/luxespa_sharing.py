"""LuxeSpa: points that members give each other, share in a household, and bring along when records are merged."""

from datetime import date
from typing import Final

from tests.scenarios.luxespa_climbing import ENROLLED, NEXT_DAY, START, THIRD_DAY, YEAR_LATER
from tests.scenarios.points_words import (
    Adjusts,
    HasPoints,
    HouseholdHas,
    JoinsHousehold,
    LeavesHousehold,
    LedgerShows,
    LetsGo,
    PutsIn,
    Redeems,
    TakesIn,
    TakesOut,
    Transfers,
)
from tests.scenarios.story import Buys, Joins, PointsExpire, Returns, Scenario, Stands

FOURTH_DAY: Final = date(2024, 3, 13)
SUMMER: Final = date(2024, 7, 1)

SHARING = (
    Scenario(
        "A member gives points to another, never more than are available",
        "luxespa",
        (
            Joins(START, who="kin"),
            Buys(START, "500"),
            Transfers(NEXT_DAY, 501, to="kin", refused="BALANCE_TOO_LOW"),
            Transfers(NEXT_DAY, 200, to="kin"),
            HasPoints(NEXT_DAY, 300),
            HasPoints(NEXT_DAY, 200, available=200, who="kin"),
            Redeems(THIRD_DAY, 200, worth="20", who="kin"),
            LedgerShows(THIRD_DAY, (("TRANSFER_IN", 200), ("REDEMPTION", -200)), who="kin"),
        ),
        (ENROLLED,),
    ),
    Scenario(
        "A household shares a pool: whoever is in it may pay with it or take out, and who leaves last takes all",
        "luxespa",
        (
            Joins(START, who="kin"),
            Joins(START, who="stranger"),
            Buys(START, "500"),
            Buys(START, "400", who="kin"),
            JoinsHousehold(NEXT_DAY),
            JoinsHousehold(NEXT_DAY, who="kin"),
            PutsIn(NEXT_DAY, 300),
            PutsIn(NEXT_DAY, 400, who="kin"),
            HouseholdHas(NEXT_DAY, 700),
            TakesOut(THIRD_DAY, 100, who="stranger", refused="POOL_MEMBERSHIP_REQUIRED"),
            TakesOut(THIRD_DAY, 701, who="kin", refused="BALANCE_TOO_LOW"),
            TakesOut(THIRD_DAY, 50, who="kin"),
            Redeems(THIRD_DAY, 600, worth="60", of_household=True),
            HouseholdHas(THIRD_DAY, 50),
            LeavesHousehold(FOURTH_DAY),
            LeavesHousehold(FOURTH_DAY, who="kin", takes_along=50),
            HasPoints(FOURTH_DAY, 200),
            HasPoints(FOURTH_DAY, 100, who="kin"),
        ),
        (ENROLLED,),
    ),
    Scenario(
        "Points that are given away keep their age",
        "luxespa, points expire",
        (
            Joins(START, who="kin"),
            Buys(START, "300"),
            Buys(SUMMER, "100"),
            Transfers(date(2025, 3, 9), 350, to="kin"),
            HasPoints(date(2025, 3, 9), 350, next_expiry=(YEAR_LATER, 300), who="kin"),
            HasPoints(date(2025, 3, 9), 50, next_expiry=(date(2025, 7, 1), 50)),
            PointsExpire(YEAR_LATER),
            HasPoints(YEAR_LATER, 50, who="kin"),
            HasPoints(YEAR_LATER, 50),
        ),
        (ENROLLED,),
    ),
    Scenario(
        "Staff add and take points within the program's limit, with their name and a reason, never below zero",
        "luxespa",
        (
            Buys(START, "100"),
            Adjusts(NEXT_DAY, 10_001, refused="ADJUSTMENT_ABOVE_LIMIT"),
            Adjusts(NEXT_DAY, 50, by="", refused="ACTOR_REQUIRED"),
            Adjusts(NEXT_DAY, 50, note="", refused="NOTE_REQUIRED"),
            Adjusts(NEXT_DAY, -101, refused="BALANCE_TOO_LOW"),
            HasPoints(NEXT_DAY, 100),
            Adjusts(THIRD_DAY, 10_000),
            Adjusts(THIRD_DAY, -10_000),
            Adjusts(THIRD_DAY, -100),
            HasPoints(THIRD_DAY, 0),
            Stands(THIRD_DAY, "crystal", points=100),
        ),
        (ENROLLED,),
    ),
    Scenario(
        "A merged record's points are the other's; a refund of its purchase is charged there",
        "luxespa",
        (
            Buys(START, "100"),
            Buys(START, "200", who="double"),
            TakesIn(NEXT_DAY, "double"),
            HasPoints(NEXT_DAY, 300, available=300),
            HasPoints(NEXT_DAY, 0, who="double"),
            Redeems(THIRD_DAY, 300),
            Returns(FOURTH_DAY, of=1, takes=200),
            HasPoints(FOURTH_DAY, -200),
        ),
        (ENROLLED, (NEXT_DAY, "MERGED_IN", "crystal")),
    ),
    Scenario(
        "A merge that is undone gives each record its own points back",
        "luxespa",
        (
            Buys(START, "100"),
            Buys(START, "200", who="double"),
            TakesIn(NEXT_DAY, "double"),
            Buys(THIRD_DAY, "50"),
            LetsGo(FOURTH_DAY),
            HasPoints(FOURTH_DAY, 150),
            HasPoints(FOURTH_DAY, 200, who="double"),
        ),
        (ENROLLED, (NEXT_DAY, "MERGED_IN", "crystal"), (FOURTH_DAY, "MERGE_UNDONE", "crystal")),
    ),
)
