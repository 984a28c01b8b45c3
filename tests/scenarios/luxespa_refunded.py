"""LuxeSpa: refunds take back points and, where nothing else supports them, promotions and recoveries."""

from datetime import date

from tests.scenarios.luxespa_climbing import (
    ENROLLED,
    NEXT_DAY,
    SAPPHIRE,
    START,
    YEAR_LATER,
    climbed_to,
    moves_up_to,
)
from tests.scenarios.story import Buys, Returns, ReviewRun, Scenario, Stands, Stood

REFUNDED, DAY_AFTER = date(2024, 4, 1), date(2024, 4, 2)

REFUNDS = (
    Scenario(
        "The refund of the purchase that made Sapphire undoes it, since the day on which Crystal began",
        "luxespa",
        (
            Buys(START, "100"),
            Buys(NEXT_DAY, "2900", level="sapphire"),
            Returns(REFUNDED, of=1, takes=2_900, level="crystal", why="PROMOTION_UNDONE"),
            Stands(REFUNDED, "crystal", since=START, spend="100"),
            Stood(REFUNDED, NEXT_DAY, "sapphire"),
        ),
        (
            ENROLLED,
            (NEXT_DAY, "THRESHOLD_REACHED", "sapphire"),
            (REFUNDED, "PROMOTION_UNDONE", "crystal"),
        ),
    ),
    Scenario(
        "A refund after which the rest still reaches Sapphire undoes nothing",
        "luxespa",
        (
            Buys(START, "3000", level="sapphire"),
            Buys(NEXT_DAY, "3000"),
            Returns(REFUNDED, of=0, takes=3_000, level="sapphire", why=""),
            Stands(REFUNDED, "sapphire", since=START, spend="3000"),
        ),
        (ENROLLED, SAPPHIRE),
    ),
    Scenario(
        "What a refund takes away can be bought again",
        "luxespa",
        (
            Buys(START, "3000", level="sapphire"),
            Returns(REFUNDED, of=0, amount="0.01", takes=0, level="crystal", why="PROMOTION_UNDONE"),
            Buys(DAY_AFTER, "0.01", level="sapphire", why="THRESHOLD_REACHED"),
            Stands(DAY_AFTER, "sapphire", since=DAY_AFTER),
        ),
        (
            ENROLLED,
            SAPPHIRE,
            (REFUNDED, "PROMOTION_UNDONE", "crystal"),
            (DAY_AFTER, "THRESHOLD_REACHED", "sapphire"),
        ),
    ),
    Scenario(
        "Refunds in parts take back exactly the points that the purchase gave",
        "luxespa",
        (
            *climbed_to("sapphire"),
            Buys(NEXT_DAY, "33.33", earns=41, treatments=2),
            Returns(REFUNDED, of=1, amount="11.11", treatments=1, takes=13),
            Returns(date(2024, 4, 2), of=1, amount="11.11", takes=14),
            Returns(date(2024, 4, 3), of=1, takes=14),
            Stands(date(2024, 4, 3), "sapphire", spend="3000", treatments=0, points=3_000),
        ),
        moves_up_to("sapphire"),
    ),
    Scenario(
        "The refund of what restored Sapphire puts the customer back in grace",
        "luxespa",
        (
            *climbed_to("sapphire"),
            ReviewRun(YEAR_LATER),
            Buys(date(2025, 4, 1), "3000", why="RECOVERED"),
            Returns(date(2025, 4, 2), of=1, level="sapphire", why="RECOVERY_UNDONE"),
            Stands(date(2025, 4, 2), "sapphire", since=START, in_grace_until=date(2025, 6, 10)),
        ),
        (
            *moves_up_to("sapphire"),
            (YEAR_LATER, "GRACE_ENTERED", "sapphire"),
            (date(2025, 4, 1), "RECOVERED", "sapphire"),
            (date(2025, 4, 2), "RECOVERY_UNDONE", "sapphire"),
        ),
    ),
    Scenario(
        "Where promotions are kept, the next review decides",
        "luxespa, promotions kept",
        (
            Buys(START, "3000", level="sapphire"),
            Returns(REFUNDED, of=0, level="sapphire", why=""),
            ReviewRun(YEAR_LATER),
            Stands(YEAR_LATER, "sapphire", since=START, in_grace_until=date(2025, 6, 10)),
        ),
        (ENROLLED, SAPPHIRE, (YEAR_LATER, "GRACE_ENTERED", "sapphire")),
    ),
)
