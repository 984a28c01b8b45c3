"""LuxeSpa: what refunds and credit notes take back of points and bonuses."""

from datetime import date, timedelta
from typing import Final

from tests.scenarios.luxespa_climbing import ENROLLED, NEXT_DAY, START, THIRD_DAY, climbed_to, moves_up_to
from tests.scenarios.points_words import Credits, HasPoints, LedgerShows
from tests.scenarios.story import Buys, Event, Returns, Scenario, Stands

FOURTH_DAY: Final = date(2024, 3, 13)


def _bought_and_given_back(times: int) -> tuple[Event, ...]:
    """RM3,000 with five treatments, bought and refunded the same day, again and again."""
    return tuple(
        event
        for number in range(times)
        for event in (
            Buys(START + timedelta(days=number), "3000", treatments=5, earns=3_000, level="sapphire"),
            Returns(START + timedelta(days=number), of=number, takes=3_000, why="PROMOTION_UNDONE"),
        )
    )


def _climbs_and_falls(times: int) -> tuple[tuple[date, str, str], ...]:
    return tuple(
        (START + timedelta(days=number), reason, level)
        for number in range(times)
        for reason, level in (("THRESHOLD_REACHED", "sapphire"), ("PROMOTION_UNDONE", "crystal"))
    )


TAKEN_BACK = (
    Scenario(
        "The bonus of a treatment goes with that treatment, the last of a purchase first",
        "luxespa",
        (
            *climbed_to("sapphire"),
            Buys(NEXT_DAY, "120", treatments=12, earns=350, bonus=200),
            Returns(THIRD_DAY, of=1, treatments=2, takes=0),
            Returns(THIRD_DAY, of=1, amount="10", treatments=1, takes=112),
            Returns(FOURTH_DAY, of=1, takes=238),
            HasPoints(FOURTH_DAY, 3_000),
            Stands(FOURTH_DAY, "sapphire", since=START, spend="3000", treatments=0, points=3_000),
        ),
        moves_up_to("sapphire"),
    ),
    Scenario(
        "Three refunds of a third take exactly what the purchase gave, and a fourth nothing",
        "luxespa",
        (
            *climbed_to("sapphire"),
            Buys(NEXT_DAY, "33.33", earns=41),
            Returns(THIRD_DAY, of=1, amount="11.11", takes=13),
            Returns(THIRD_DAY, of=1, amount="11.11", takes=14),
            Returns(THIRD_DAY, of=1, amount="11.12", refused="REVERSAL_ABOVE_ORIGINAL"),
            Returns(THIRD_DAY, of=1, amount="11.11", takes=14),
            Returns(FOURTH_DAY, of=1, refused="REVERSAL_ABOVE_ORIGINAL"),
            HasPoints(FOURTH_DAY, 3_000),
        ),
        moves_up_to("sapphire"),
    ),
    Scenario(
        "Buying and giving back again and again mints nothing",
        "luxespa",
        (
            *_bought_and_given_back(4),
            HasPoints(START + timedelta(days=3), 0, available=0),
            Stands(START + timedelta(days=3), "crystal", spend="0", points=0),
        ),
        (ENROLLED, *_climbs_and_falls(4)),
    ),
    Scenario(
        "A credit note without a receipt takes back the latest purchases first, and as little as it needs of them",
        "luxespa",
        (
            Buys(START, "100", treatments=1),
            Buys(NEXT_DAY, "100", treatments=1),
            Buys(THIRD_DAY, "50"),
            Credits(FOURTH_DAY, "120", treatments=1, takes=((2, 50), (1, 70))),
            HasPoints(FOURTH_DAY, 130),
            Stands(FOURTH_DAY, "crystal", spend="130", treatments=1, points=130),
        ),
        (ENROLLED,),
    ),
    Scenario(
        "A credit note above what is left of the purchases before it takes nothing at all",
        "luxespa",
        (
            Buys(START, "100"),
            Credits(NEXT_DAY, "100.01", refused="CREDIT_ABOVE_PURCHASES"),
            Credits(NEXT_DAY, "60", takes=((0, 60),)),
            Credits(THIRD_DAY, "40.01", refused="CREDIT_ABOVE_PURCHASES"),
            Credits(THIRD_DAY, "40", takes=((0, 40),)),
            LedgerShows(
                THIRD_DAY, (("PURCHASE", 100), ("PURCHASE_REVERSAL", -60), ("PURCHASE_REVERSAL", -40))
            ),
            HasPoints(THIRD_DAY, 0),
        ),
        (ENROLLED,),
    ),
)
