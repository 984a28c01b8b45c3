"""LuxeSpa: points pay, RM10 for 100 of them; what is held, taken and given back."""

from datetime import date
from typing import Final

from tests.scenarios.luxespa_climbing import ENROLLED, NEXT_DAY, START, THIRD_DAY
from tests.scenarios.points_words import Cancels, Captures, HasPoints, Holds, LedgerShows, PaysBack, Redeems
from tests.scenarios.story import Buys, Returns, Scenario, Stands

FOURTH_DAY: Final = date(2024, 3, 13)

REDEEMING = (
    Scenario(
        "100 points are worth RM10, and what is spent does not count less toward a level",
        "luxespa",
        (
            Buys(START, "250", earns=250),
            HasPoints(START, 250, worth="25"),
            Redeems(NEXT_DAY, 100, worth="10"),
            HasPoints(NEXT_DAY, 150, available=150),
            Stands(NEXT_DAY, "crystal", spend="250", points=250),
        ),
        (ENROLLED,),
    ),
    Scenario(
        "Points pay from 100 on, in hundreds, and never more than there are",
        "luxespa",
        (
            Buys(START, "250"),
            Redeems(NEXT_DAY, 50, refused="POINTS_BELOW_MINIMUM"),
            Redeems(NEXT_DAY, 150, refused="POINTS_MUST_FIT_STEP"),
            Redeems(NEXT_DAY, 300, refused="BALANCE_TOO_LOW"),
            HasPoints(NEXT_DAY, 250),
            Redeems(THIRD_DAY, 200, worth="20"),
            Redeems(THIRD_DAY, 100, refused="BALANCE_TOO_LOW"),
            HasPoints(THIRD_DAY, 50),
        ),
        (ENROLLED,),
    ),
    Scenario(
        "Held points cannot be spent twice; fewer may be taken than were held, and the rest is free again",
        "luxespa",
        (
            Buys(START, "500"),
            Holds(NEXT_DAY, 300),
            Holds(NEXT_DAY, 300, refused="BALANCE_TOO_LOW"),
            HasPoints(NEXT_DAY, 500, available=200, held=300),
            Cancels(THIRD_DAY, of=0),
            Holds(THIRD_DAY, 200),
            Captures(THIRD_DAY, of=1, points=300, refused="CAPTURE_ABOVE_HOLD"),
            Captures(THIRD_DAY, of=1, points=100, worth="10"),
            HasPoints(THIRD_DAY, 400, available=400, held=0),
        ),
        (ENROLLED,),
    ),
    Scenario(
        "A hold that is given up frees its points, and cannot be captured any more",
        "luxespa",
        (
            Buys(START, "100"),
            Holds(NEXT_DAY, 100),
            Cancels(NEXT_DAY, of=0),
            Captures(NEXT_DAY, of=0, refused="HOLD_ENDED"),
            HasPoints(NEXT_DAY, 100, available=100, held=0),
        ),
        (ENROLLED,),
    ),
    Scenario(
        "What was paid is given back in parts, never more than was taken",
        "luxespa",
        (
            Buys(START, "300"),
            Redeems(NEXT_DAY, 300),
            PaysBack(THIRD_DAY, of=0, points=100),
            PaysBack(THIRD_DAY, of=0, points=201, refused="REVERSAL_ABOVE_ORIGINAL"),
            PaysBack(THIRD_DAY, of=0),
            LedgerShows(
                THIRD_DAY,
                (
                    ("PURCHASE", 300),
                    ("REDEMPTION", -300),
                    ("REDEMPTION_REVERSAL", 100),
                    ("REDEMPTION_REVERSAL", 200),
                ),
            ),
            HasPoints(THIRD_DAY, 300, available=300),
        ),
        (ENROLLED,),
    ),
    Scenario(
        "Who spent points of a purchase that is then refunded owes them; the next purchase repays",
        "luxespa",
        (
            Buys(START, "300", earns=300),
            Redeems(NEXT_DAY, 300),
            Returns(THIRD_DAY, of=0, takes=300),
            HasPoints(THIRD_DAY, -300, available=0, worth="0"),
            Redeems(THIRD_DAY, 100, refused="BALANCE_TOO_LOW"),
            Buys(FOURTH_DAY, "450", earns=450),
            HasPoints(FOURTH_DAY, 150, available=150),
        ),
        (ENROLLED,),
    ),
    Scenario(
        "A hold that nobody captures ends by itself",
        "luxespa, held for a minute",
        (
            Buys(START, "100"),
            Holds(NEXT_DAY, 100),
            HasPoints(NEXT_DAY, 100, available=0, held=100),
            Captures(THIRD_DAY, of=0, refused="HOLD_EXPIRED"),
            HasPoints(THIRD_DAY, 100, available=100, held=0),
        ),
        (ENROLLED,),
    ),
)
