"""LuxeSpa, Step 5: what services, add-ons, products and packages earn at each level, and in the birthday month."""

from datetime import date
from typing import Final

from tests.scenarios.luxespa_climbing import ENROLLED, LEVELS, NEXT_DAY, START, climbed_to, moves_up_to
from tests.scenarios.points_words import HasPoints, LedgerShows, Quotes
from tests.scenarios.story import Buys, Joins, Scenario

TIMES: Final = {"crystal": "1", "sapphire": "1.25", "platinum": "1.5", "diamond": "2"}
BIRTHDAY_TIMES: Final = {"crystal": 2, "sapphire": 3, "platinum": 5, "diamond": 10}
CLIMBING_EARNED: Final = {"crystal": 0, "sapphire": 3_000, "platinum": 11_750, "diamond": 34_250}
"""RM3,000 x 1, RM7,000 x 1.25 and RM15,000 x 1.5."""

OF_120_50: Final = {"crystal": 120, "sapphire": 150, "platinum": 180, "diamond": 241}
OF_100: Final = {"crystal": 100, "sapphire": 125, "platinum": 150, "diamond": 200}
PACKAGE_OF_1000: Final = {"crystal": 1_000, "sapphire": 1_250, "platinum": 1_650, "diamond": 2_400}

BORN: Final = date(1990, 5, 17)


def _earning_table(level: str) -> Scenario:
    return Scenario(
        f"{level.title()} earns {TIMES[level]} points for each RM1 of services and add-ons, rounded down, at once",
        "luxespa",
        (
            Joins(START),
            *climbed_to(level),
            Quotes(NEXT_DAY, "100", earns=OF_100[level], level=level, why=""),
            Buys(NEXT_DAY, "100", addons="20.50", earns=OF_120_50[level], bonus=0),
            HasPoints(
                NEXT_DAY,
                CLIMBING_EARNED[level] + OF_120_50[level],
                available=CLIMBING_EARNED[level] + OF_120_50[level],
                held=0,
                maturing=0,
                next_expiry=(None, 0),
            ),
        ),
        moves_up_to(level),
    )


def _birthday(level: str) -> Scenario:
    month, usual = 100 * BIRTHDAY_TIMES[level], OF_100[level]
    return Scenario(
        f"{level.title()} earns {BIRTHDAY_TIMES[level]} times in the month of the birthday, "
        "from its first day to its last",
        "luxespa",
        (
            Joins(START, birthday=BORN),
            *climbed_to(level),
            Buys(date(2024, 4, 30), "100", earns=usual),
            Buys(date(2024, 5, 1), "100", earns=month),
            Buys(date(2024, 5, 31), "100", earns=month),
            Buys(date(2024, 6, 1), "100", earns=usual),
        ),
        moves_up_to(level),
    )


def _packages(level: str) -> Scenario:
    extra = {"platinum": "10% extra", "diamond": "20% extra"}.get(level, "no extra")
    return Scenario(
        f"{level.title()} earns {extra} on packages, and on nothing beside them",
        "luxespa",
        (
            Joins(START),
            *climbed_to(level),
            Buys(NEXT_DAY, packages="1000", earns=PACKAGE_OF_1000[level], bonus=0),
            Buys(NEXT_DAY, "100", packages="1000", earns=PACKAGE_OF_1000[level] + OF_100[level]),
        ),
        moves_up_to(level),
    )


EARNING = (
    *[_earning_table(level) for level in LEVELS],
    *[_birthday(level) for level in LEVELS],
    *[_packages(level) for level in LEVELS],
    Scenario(
        "A facial of RM100 that is sold for RM80 earns 100 points: what counts is the price before discounts",
        "luxespa",
        (Buys(START, "100", treatments=1, earns=100), HasPoints(START, 100)),
        (ENROLLED,),
    ),
    Scenario(
        "Sen are rounded down once, after the multiplier: RM10.99 at Sapphire are 13 points, RM0.79 none",
        "luxespa",
        (
            *climbed_to("sapphire"),
            Buys(NEXT_DAY, "10.99", earns=13),
            Buys(NEXT_DAY, "0.79", earns=0),
            Buys(NEXT_DAY, "0.80", earns=1),
        ),
        moves_up_to("sapphire"),
    ),
    Scenario(
        "Products earn points and count toward no level: RM3,000 of them leave a customer at Crystal",
        "luxespa",
        (
            Buys(START, products="3000", earns=3_000, level="crystal"),
            Buys(NEXT_DAY, "2999.99", products="500", earns=3_499, level="crystal"),
            Buys(NEXT_DAY, "0.01", level="sapphire"),
            HasPoints(NEXT_DAY, 6_499),
        ),
        (ENROLLED, (NEXT_DAY, "THRESHOLD_REACHED", "sapphire")),
    ),
    Scenario(
        "Products may earn at a rate of their own: half a point for RM1, beside a whole one for services",
        "luxespa, retail at half a point",
        (
            Buys(START, products="101", earns=50),
            Buys(START, "101", products="101", earns=151),
        ),
        (ENROLLED,),
    ),
    Scenario(
        "Diamond in the birthday month earns 10 times on a package with its 20% extra: RM1,000 are 12,000 points",
        "luxespa",
        (
            Joins(START, birthday=BORN),
            *climbed_to("diamond"),
            Buys(date(2024, 5, 17), packages="1000", earns=12_000),
        ),
        moves_up_to("diamond"),
    ),
    Scenario(
        "A birthday on 29 February is in February of every year",
        "luxespa",
        (
            Joins(START, birthday=date(1992, 2, 29)),
            Buys(date(2025, 2, 28), "100", earns=200),
            Buys(date(2025, 3, 1), "100", earns=100),
        ),
        (ENROLLED,),
    ),
    Scenario(
        "Where birthdays multiply, Sapphire earns 1.25 x 3 times in that month",
        "luxespa, birthdays multiply",
        (
            Joins(START, birthday=BORN),
            *climbed_to("sapphire"),
            Buys(date(2024, 5, 17), "100", earns=375),
            Buys(date(2024, 6, 1), "100", earns=125),
        ),
        moves_up_to("sapphire"),
    ),
    Scenario(
        "A purchase is quoted as it is then recorded: RM3,000 would make Sapphire, and a quote leaves no trace",
        "luxespa",
        (
            Buys(START, "1"),
            Quotes(NEXT_DAY, "2999", earns=2_999, level="sapphire", why="THRESHOLD_REACHED"),
            Quotes(NEXT_DAY, "2999", earns=2_999, level="sapphire", why="THRESHOLD_REACHED"),
            HasPoints(NEXT_DAY, 1),
            LedgerShows(NEXT_DAY, (("PURCHASE", 1),)),
            Buys(date(2024, 3, 12), "2999", earns=2_999, level="sapphire", why="THRESHOLD_REACHED"),
        ),
        (ENROLLED, (date(2024, 3, 12), "THRESHOLD_REACHED", "sapphire")),
    ),
    Scenario(
        "New rates and bonuses hold from their day on: balances stay, and what is told late earns what it would have",
        "luxespa, halved",
        (
            Joins(START),
            Buys(date(2024, 6, 30), "100", earns=100),
            HasPoints(date(2024, 6, 30), 100, worth="10"),
            HasPoints(date(2024, 7, 1), 100, worth="5"),
            Buys(date(2024, 7, 2), "100", earns=50),
            Buys(date(2024, 6, 29), "100", told_on=date(2024, 7, 3), earns=100),
            HasPoints(date(2024, 7, 3), 250),
        ),
        (ENROLLED,),
    ),
)
