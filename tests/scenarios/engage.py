"""Engage: a ladder in points with a reset. Bronze 50 (kept by 25), Silver 150 (75), Gold 400 (200) points."""

from datetime import date

from tests.scenarios.story import Buys, Event, GraceRun, Joins, NextReset, ReviewRun, Scenario, Stands

JOINED = date(2024, 1, 2)
BOUGHT = date(2024, 1, 10)
FEBRUARY = date(2024, 2, 15)
RESETS = [date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 31), date(2024, 4, 30), date(2024, 5, 31)]

LEVELS = ("blue", "bronze", "silver", "gold")
PAID = ("50", "67", "125")
ENROLLED = (JOINED, "ENROLLED", "blue")


def climbed_to(level: str) -> tuple[Event, ...]:
    """Joins in January and reaches a level on the 10th: 50 x 1, 67 x 1.5 and 125 x 2 points."""
    return (Joins(JOINED), *(Buys(BOUGHT, amount) for amount in PAID[: LEVELS.index(level)]))


def moves_up_to(level: str) -> tuple[tuple[date, str, str], ...]:
    """The moves of that."""
    promotions = [(BOUGHT, "THRESHOLD_REACHED", each) for each in LEVELS[1 : LEVELS.index(level) + 1]]
    return ENROLLED, *promotions


def _kept(level: str, amount: str, points: int) -> Scenario:
    return Scenario(
        f"{level.title()} is safe at the reset with exactly {points} points earned since the one before",
        "engage",
        (
            *climbed_to(level),
            Buys(FEBRUARY, amount, earns=points),
            ReviewRun(RESETS[1]),
            Stands(RESETS[1], level, since=BOUGHT, points=0, next_review=RESETS[2]),
        ),
        moves_up_to(level),
    )


def _lost(level: str, amount: str, points: int) -> Scenario:
    below = LEVELS[LEVELS.index(level) - 1]
    return Scenario(
        f"{level.title()} is lost at the reset with {points} points, one short",
        "engage",
        (
            *climbed_to(level),
            Buys(FEBRUARY, amount, earns=points),
            ReviewRun(RESETS[1]),
            Stands(RESETS[1], below, since=RESETS[1], points=0),
        ),
        (*moves_up_to(level), (RESETS[1], "RESET_FAILED", below)),
    )


EARNING = (
    Scenario(
        "15 points x 1.5 are 22: what is behind the decimal point is dropped",
        "engage",
        (*climbed_to("bronze"), Buys(BOUGHT, "15", earns=22)),
        moves_up_to("bronze"),
    ),
    Scenario(
        "Bronze x 1.5 in the app x 2 earns 3 times",
        "engage",
        (*climbed_to("bronze"), Buys(BOUGHT, "1", in_property="app", earns=3)),
        moves_up_to("bronze"),
    ),
    Scenario(
        "Both multipliers are applied before anything is dropped: 15 x 1.5 x 1.25 are 28",
        "engage",
        (*climbed_to("bronze"), Buys(BOUGHT, "15", in_property="web", earns=28)),
        moves_up_to("bronze"),
    ),
    Scenario(
        "A lowest-level customer earns once, in the app twice",
        "engage",
        (Joins(JOINED), Buys(BOUGHT, "1.99", earns=1), Buys(BOUGHT, "1.99", in_property="app", earns=3)),
        (ENROLLED,),
    ),
    Scenario(
        "One point short of Bronze stays Blue; the missing point promotes",
        "engage",
        (
            Joins(JOINED),
            Buys(BOUGHT, "49.99", earns=49, level="blue", why=""),
            Buys(BOUGHT, "1", earns=1, level="bronze", why="THRESHOLD_REACHED"),
        ),
        moves_up_to("bronze"),
    ),
    Scenario(
        "A multiplier raised on 1 March leaves a February purchase that is told later at the old one",
        "engage, bronze raised to 2",
        (
            *climbed_to("bronze"),
            Buys(date(2024, 2, 20), "20", earns=30),
            Buys(date(2024, 2, 29), "10", told_on=date(2024, 3, 5), earns=15),
            Buys(date(2024, 3, 5), "10", earns=20),
        ),
        moves_up_to("bronze"),
    ),
)

RESETTING = (
    _kept("bronze", "17", 25),
    _lost("bronze", "16", 24),
    _kept("silver", "37.50", 75),
    _lost("silver", "37.49", 74),
    _kept("gold", "66.67", 200),
    _lost("gold", "66.66", 199),
    Scenario(
        "Resets anchored on 31 January fall on the last day of each month; who is idle comes down one by one",
        "engage",
        (
            *climbed_to("gold"),
            Stands(date(2024, 2, 28), "gold", next_review=RESETS[1]),
            Stands(date(2024, 3, 30), "silver", since=RESETS[1], next_review=RESETS[2]),
            Stands(date(2024, 4, 29), "bronze", since=RESETS[2], next_review=RESETS[3]),
            Stands(date(2024, 6, 1), "blue", since=RESETS[3]),
        ),
        (
            *moves_up_to("gold"),
            (RESETS[1], "RESET_FAILED", "silver"),
            (RESETS[2], "RESET_FAILED", "bronze"),
            (RESETS[3], "RESET_FAILED", "blue"),
        ),
    ),
    Scenario(
        "In a common year the reset of February falls on the 28th",
        "engage",
        (
            Joins(date(2025, 2, 3)),
            Buys(date(2025, 2, 27), "50"),
            Stands(date(2025, 2, 27), "bronze", points=50, next_review=date(2025, 2, 28)),
            ReviewRun(date(2025, 2, 28)),
            Stands(date(2025, 2, 28), "bronze", points=0, next_review=date(2025, 3, 31)),
        ),
        ((date(2025, 2, 3), "ENROLLED", "blue"), (date(2025, 2, 27), "THRESHOLD_REACHED", "bronze")),
    ),
    Scenario(
        "A new period counts from zero: 49 points of January and 49 of February do not add up",
        "engage",
        (
            Joins(JOINED),
            Buys(BOUGHT, "49"),
            Stands(BOUGHT, "blue", points=49),
            Buys(RESETS[0], "49", level="blue"),
            Stands(RESETS[0], "blue", points=49),
        ),
        (ENROLLED,),
    ),
    Scenario(
        "A purchase on the day of the reset belongs to the new period and comes too late for the old",
        "engage",
        (
            *climbed_to("bronze"),
            Buys(RESETS[1], "30", earns=30, level="blue", why=""),
            Stands(RESETS[1], "blue", since=RESETS[1], points=30),
        ),
        (*moves_up_to("bronze"), (RESETS[1], "RESET_FAILED", "blue")),
    ),
    Scenario(
        "The last day before the reset still counts",
        "engage",
        (*climbed_to("bronze"), Buys(date(2024, 2, 28), "17", earns=25), ReviewRun(RESETS[1])),
        moves_up_to("bronze"),
    ),
    Scenario(
        "Too small a purchase on the day before the reset does not save the level",
        "engage",
        (*climbed_to("bronze"), Buys(date(2024, 2, 28), "16", earns=24), ReviewRun(RESETS[1])),
        (*moves_up_to("bronze"), (RESETS[1], "RESET_FAILED", "blue")),
    ),
    Scenario(
        "The lowest level is never lost",
        "engage",
        (Joins(JOINED), ReviewRun(RESETS[0]), ReviewRun(RESETS[1]), Stands(RESETS[1], "blue", since=JOINED)),
        (ENROLLED,),
    ),
    Scenario(
        "Next Reset moves on with every reset performed",
        "engage",
        (
            Joins(JOINED),
            ReviewRun(RESETS[0]),
            NextReset(RESETS[0], shows=RESETS[1]),
            ReviewRun(RESETS[1]),
            NextReset(RESETS[1], shows=RESETS[2]),
            ReviewRun(date(2024, 4, 15)),
            NextReset(date(2024, 4, 15), shows=RESETS[3]),
        ),
        (ENROLLED,),
    ),
    Scenario(
        "A run that comes two months late holds both resets, each on its own day",
        "engage",
        (*climbed_to("silver"), ReviewRun(date(2024, 4, 15))),
        (*moves_up_to("silver"), (RESETS[1], "RESET_FAILED", "bronze"), (RESETS[2], "RESET_FAILED", "blue")),
    ),
    Scenario(
        "A purchase first settles the resets that no run has held, and earns at the level left",
        "engage",
        (*climbed_to("silver"), Buys(date(2024, 4, 15), "10", earns=10, level="blue", why="")),
        (*moves_up_to("silver"), (RESETS[1], "RESET_FAILED", "bronze"), (RESETS[2], "RESET_FAILED", "blue")),
    ),
    Scenario(
        "There is no grace in this ladder: its job finds nobody",
        "engage",
        (*climbed_to("bronze"), GraceRun(RESETS[1]), ReviewRun(RESETS[1])),
        (*moves_up_to("bronze"), (RESETS[1], "RESET_FAILED", "blue")),
    ),
    Scenario(
        "While the system is off, resets do not take place and everybody earns once; the app still doubles",
        "engage, switched off",
        (
            Joins(date(2024, 5, 2)),
            Buys(date(2024, 5, 10), "50", level="bronze"),
            ReviewRun(RESETS[4]),
            ReviewRun(date(2024, 7, 31)),
            Buys(date(2024, 8, 1), "400", earns=400, level="bronze", why=""),
            Buys(date(2024, 8, 1), "1", in_property="app", earns=2),
            Stands(date(2024, 8, 1), "bronze", since=date(2024, 5, 10), points=402),
        ),
        ((date(2024, 5, 2), "ENROLLED", "blue"), (date(2024, 5, 10), "THRESHOLD_REACHED", "bronze")),
    ),
    Scenario(
        "A yearly reset anchored on 29 February falls on the 28th of common years",
        "engage, yearly from 29 February",
        (
            Joins(date(2024, 3, 1)),
            Buys(date(2024, 12, 1), "50"),
            Stands(date(2024, 12, 1), "bronze", next_review=date(2025, 2, 28)),
            ReviewRun(date(2025, 2, 28)),
            NextReset(date(2025, 2, 28), shows=date(2026, 2, 28)),
            ReviewRun(date(2026, 2, 27)),
            Stands(date(2026, 2, 27), "bronze", points=0),
            ReviewRun(date(2026, 2, 28)),
            ReviewRun(date(2027, 2, 28)),
            NextReset(date(2027, 2, 28), shows=date(2028, 2, 29)),
        ),
        (
            (date(2024, 3, 1), "ENROLLED", "blue"),
            (date(2024, 12, 1), "THRESHOLD_REACHED", "bronze"),
            (date(2026, 2, 28), "RESET_FAILED", "blue"),
        ),
    ),
)
