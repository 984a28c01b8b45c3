"""LuxeSpa: how a customer climbs. Sapphire RM3,000 or 15 treatments, Platinum 10,000 or 30, Diamond 25,000 or 60."""

from datetime import date, timedelta

from tests.scenarios.story import Buys, Event, Scenario, Stands

START = date(2024, 3, 10)
YEAR_LATER = date(2025, 3, 10)
NEXT_DAY, THIRD_DAY = START + timedelta(days=1), START + timedelta(days=2)

ENROLLED = (START, "ENROLLED", "crystal")
SAPPHIRE = (START, "THRESHOLD_REACHED", "sapphire")
PLATINUM = (START, "THRESHOLD_REACHED", "platinum")
DIAMOND = (START, "THRESHOLD_REACHED", "diamond")
CLIMB = (ENROLLED, SAPPHIRE, PLATINUM, DIAMOND)

LEVELS = ("crystal", "sapphire", "platinum", "diamond")
SPEND_UP_TO = {
    "crystal": (),
    "sapphire": ("3000",),
    "platinum": ("3000", "7000"),
    "diamond": ("3000", "7000", "15000"),
}
THRESHOLD = {"sapphire": 3_000, "platinum": 10_000, "diamond": 25_000}
TREATMENTS = {"sapphire": 15, "platinum": 30, "diamond": 60}


def climbed_to(level: str, on: date = START) -> tuple[Event, ...]:
    """The purchases of one day that make a newcomer hold a level."""
    return tuple(Buys(on, amount) for amount in SPEND_UP_TO[level])


def moves_up_to(level: str, on: date = START) -> tuple[tuple[date, str, str], ...]:
    """The moves of that."""
    return tuple((on, reason, to) for _, reason, to in CLIMB[: LEVELS.index(level) + 1])


def weekly(visits: int, amount: str) -> tuple[Event, ...]:
    """One treatment a week at an amount."""
    return tuple(Buys(START + timedelta(weeks=week), amount, treatments=1) for week in range(visits))


def _one_sen_short(level: str) -> Scenario:
    below = LEVELS[LEVELS.index(level) - 1]
    missing = THRESHOLD[level] - THRESHOLD.get(below, 0)
    first = () if below == "crystal" else climbed_to(below)
    entry = () if first else (Buys(START, "0.01", level="crystal"),)
    short = f"{missing - 1}.99" if first else f"{missing - 1}.98"
    return Scenario(
        f"One sen short of {level.title()} stays {below.title()}; the missing sen promotes",
        "luxespa",
        (*first, *entry, Buys(NEXT_DAY, short, level=below, why=""), Buys(THIRD_DAY, "0.01", level=level)),
        (*moves_up_to(below), (THIRD_DAY, "THRESHOLD_REACHED", level)),
    )


def _one_treatment_short(level: str) -> Scenario:
    below = LEVELS[LEVELS.index(level) - 1]
    held = TREATMENTS.get(below, 0)
    first = tuple(Buys(START, "1", treatments=15) for _ in range(LEVELS.index(below)))
    entry = () if first else (Buys(START, "1", level="crystal"),)
    short = TREATMENTS[level] - held - 1
    return Scenario(
        f"One treatment short of {level.title()} stays {below.title()}; the missing one promotes",
        "luxespa",
        (
            *first,
            *entry,
            Buys(NEXT_DAY, "1", treatments=short, level=below, why=""),
            Buys(THIRD_DAY, "1", treatments=1, level=level),
        ),
        (*moves_up_to(below), (THIRD_DAY, "THRESHOLD_REACHED", level)),
    )


CLIMBING = (
    Scenario(
        "Customer A: 35 facials at RM200 are Platinum by treatments, not by RM7,000",
        "luxespa",
        (
            *weekly(35, "200"),
            Stands(START + timedelta(weeks=34), "platinum", spend="7000", treatments=35),
        ),
        (
            ENROLLED,
            (START + timedelta(weeks=14), "THRESHOLD_REACHED", "sapphire"),
            (START + timedelta(weeks=29), "THRESHOLD_REACHED", "platinum"),
        ),
    ),
    Scenario(
        "Customer B: 8 procedures at RM1,500 are Platinum by RM12,000, not by treatments",
        "luxespa",
        (*weekly(8, "1500"), Stands(START + timedelta(weeks=7), "platinum", spend="12000", treatments=8)),
        (
            ENROLLED,
            (START + timedelta(weeks=1), "THRESHOLD_REACHED", "sapphire"),
            (START + timedelta(weeks=6), "THRESHOLD_REACHED", "platinum"),
        ),
    ),
    Scenario(
        "A Crystal customer who spends RM10,000 at once jumps to Platinum",
        "luxespa",
        (Buys(START, "10000", level="platinum", why="FAST_TRACKED"),),
        (ENROLLED, (START, "FAST_TRACKED", "platinum")),
    ),
    Scenario(
        "One move an evaluation: RM25,000 at once make Platinum, the next purchase Diamond",
        "luxespa",
        (
            Buys(START, "25000", level="platinum", why="FAST_TRACKED"),
            Buys(NEXT_DAY, "0.01", level="diamond", why="THRESHOLD_REACHED"),
        ),
        (ENROLLED, (START, "FAST_TRACKED", "platinum"), (NEXT_DAY, "THRESHOLD_REACHED", "diamond")),
    ),
    *[_one_sen_short(level) for level in THRESHOLD],
    *[_one_treatment_short(level) for level in TREATMENTS],
    Scenario(
        "A purchase that promotes earns at the old rate, the next one at the new: 1, 1.25, 1.5, 2",
        "luxespa",
        (
            Buys(START, "3000", earns=3_000, level="sapphire"),
            Buys(START, "7000", earns=8_750, level="platinum"),
            Buys(START, "15000", earns=22_500, level="diamond"),
            Buys(START, "1.50", earns=3, level="diamond"),
        ),
        CLIMB,
    ),
    Scenario(
        "Spend of the day before still counts a year later less one day",
        "luxespa",
        (Buys(START, "2000"), Buys(YEAR_LATER - timedelta(days=1), "1000", level="sapphire")),
        (ENROLLED, (YEAR_LATER - timedelta(days=1), "THRESHOLD_REACHED", "sapphire")),
    ),
    Scenario(
        "Spend leaves the window on the very day a year later",
        "luxespa",
        (
            Buys(START, "2000"),
            Buys(YEAR_LATER, "1000", level="crystal", why=""),
            Stands(YEAR_LATER, "crystal", spend="1000"),
        ),
        (ENROLLED,),
    ),
    Scenario(
        "Treatments of 29 February leave on 28 February",
        "luxespa",
        (
            Buys(date(2024, 2, 29), "1", treatments=14),
            Stands(date(2025, 2, 27), "crystal", treatments=14),
            Buys(date(2025, 2, 28), "1", treatments=14, level="crystal"),
            Stands(date(2025, 2, 28), "crystal", treatments=14),
        ),
        ((date(2024, 2, 29), "ENROLLED", "crystal"),),
    ),
    Scenario(
        "A purchase told late counts on its own day, and promotes today",
        "luxespa",
        (
            Buys(START, "1000"),
            Buys(date(2024, 9, 1), "1000"),
            Buys(date(2024, 8, 1), "1000", told_on=date(2024, 9, 2), level="sapphire"),
            Stands(date(2025, 8, 1), "sapphire", since=date(2024, 9, 1), spend="1000"),
        ),
        (ENROLLED, (date(2024, 9, 1), "THRESHOLD_REACHED", "sapphire")),
    ),
    Scenario(
        "A purchase sent twice counts once",
        "luxespa",
        (
            Buys(START, "2999.99", earns=2_999, level="crystal"),
            Buys(NEXT_DAY, "2999.99", again=0, earns=2_999, level="crystal"),
            Stands(NEXT_DAY, "crystal", spend="2999.99"),
        ),
        (ENROLLED,),
    ),
)
