"""Engage: balances that no change of a multiplier touches, and awards that do not qualify."""

from datetime import date
from typing import Final

from tests.scenarios.engage import BOUGHT, ENROLLED, FEBRUARY, JOINED, RESETS, climbed_to, moves_up_to
from tests.scenarios.points_words import Awarded, HasPoints, LedgerShows, Redeems
from tests.scenarios.story import Buys, Joins, ReviewRun, Scenario, SetsProperty, Stands

MARCH: Final = date(2024, 3, 5)

POINTS = (
    Scenario(
        "A customer of each level earns by its multiplier: 1, 1.5, 2 and 3 points for a pound",
        "engage",
        (
            *(
                Buys(BOUGHT, amount, earns=earned)
                for amount, earned in (("50", 50), ("67", 100), ("125", 250))
            ),
            Buys(BOUGHT, "10", earns=30, level="gold"),
            HasPoints(BOUGHT, 430, available=430),
        ),
        ((BOUGHT, "ENROLLED", "blue"), *moves_up_to("gold")[1:]),
    ),
    Scenario(
        "A raised multiplier leaves the balance as it is and multiplies from its day on: 230 points, then 2 for 1",
        "engage, bronze raised to 2",
        (
            *climbed_to("bronze"),
            Buys(FEBRUARY, "120", earns=180, level="silver"),
            HasPoints(date(2024, 2, 28), 230),
            HasPoints(date(2024, 3, 1), 230),
            ReviewRun(RESETS[2]),
            Buys(date(2024, 4, 1), "10", earns=20, level="bronze"),
            HasPoints(date(2024, 4, 1), 250),
        ),
        (
            *moves_up_to("bronze"),
            (FEBRUARY, "THRESHOLD_REACHED", "silver"),
            (RESETS[2], "RESET_FAILED", "bronze"),
        ),
    ),
    Scenario(
        "An award is no way to advance: 49 points earned and 100 awarded leave a customer at Blue",
        "engage",
        (
            Joins(JOINED),
            Awarded(BOUGHT, 100, "video"),
            Buys(BOUGHT, "49", earns=49, level="blue"),
            HasPoints(BOUGHT, 149),
            Stands(BOUGHT, "blue", points=49),
        ),
        (ENROLLED,),
    ),
    Scenario(
        "An award is no way to be safe at the reset: only what purchases earned since counts",
        "engage",
        (
            *climbed_to("bronze"),
            Awarded(FEBRUARY, 1_000, "video"),
            Buys(FEBRUARY, "16", earns=24),
            ReviewRun(RESETS[1]),
            HasPoints(RESETS[1], 1_074),
            LedgerShows(RESETS[1], (("PURCHASE", 50), ("PURCHASE", 24), ("AWARD", 1_000))),
        ),
        (*moves_up_to("bronze"), (RESETS[1], "RESET_FAILED", "blue")),
    ),
    Scenario(
        "Where a program gives points no value, they cannot be redeemed",
        "engage",
        (
            *climbed_to("bronze"),
            Redeems(FEBRUARY, 50, refused="REDEMPTION_NOT_OFFERED"),
            HasPoints(FEBRUARY, 50, worth="0"),
        ),
        moves_up_to("bronze"),
    ),
    Scenario(
        "An app multiplier raised to 5 holds from then on, and the balance stays as it is",
        "engage, app raised to 5",
        (
            Joins(JOINED),
            Buys(BOUGHT, "10", in_property="app", earns=20),
            SetsProperty(FEBRUARY, "app", "5"),
            HasPoints(FEBRUARY, 20),
            Buys(MARCH, "1", in_property="app", earns=5),
            Buys(date(2024, 2, 14), "1", in_property="app", told_on=date(2024, 3, 6), earns=2),
            HasPoints(date(2024, 3, 6), 27),
        ),
        (ENROLLED,),
    ),
)
