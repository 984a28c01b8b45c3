"""LuxeSpa: what staff do by hand, and how reviews respect it."""

from datetime import date

from tests.scenarios.luxespa_climbing import ENROLLED, NEXT_DAY, START, YEAR_LATER, climbed_to, moves_up_to
from tests.scenarios.luxespa_keeping import SECOND_ANNIVERSARY
from tests.scenarios.story import Buys, ReviewRun, Scenario, StaffLocks, StaffMoves, Stands

BY_HAND = (
    Scenario(
        "Staff move a customer to Platinum; a fresh membership year begins",
        "luxespa",
        (
            Buys(START, "100"),
            StaffMoves(NEXT_DAY, "platinum"),
            Stands(NEXT_DAY, "platinum", since=NEXT_DAY, next_review=date(2025, 3, 11)),
            Buys(NEXT_DAY.replace(day=12), "100", earns=150, level="platinum"),
        ),
        (ENROLLED, (NEXT_DAY, "MOVED_BY_STAFF", "platinum")),
    ),
    Scenario(
        "A lock over the anniversary passes the review over; the next one is held",
        "luxespa",
        (
            *climbed_to("sapphire"),
            StaffLocks(NEXT_DAY, until=date(2025, 3, 11)),
            ReviewRun(YEAR_LATER),
            Stands(YEAR_LATER, "sapphire", next_review=SECOND_ANNIVERSARY, locked_until=date(2025, 3, 11)),
            ReviewRun(SECOND_ANNIVERSARY),
            Stands(SECOND_ANNIVERSARY, "sapphire", in_grace_until=date(2026, 6, 10)),
        ),
        (
            *moves_up_to("sapphire"),
            (NEXT_DAY, "LOCKED", "sapphire"),
            (SECOND_ANNIVERSARY, "GRACE_ENTERED", "sapphire"),
        ),
    ),
    Scenario(
        "Who was moved down and locked is not promoted before the lock ends",
        "luxespa",
        (
            *climbed_to("sapphire"),
            StaffMoves(NEXT_DAY, "crystal", locked_until=date(2024, 6, 1)),
            Buys(date(2024, 5, 31), "10000", level="crystal", why=""),
            Buys(date(2024, 6, 1), "0.01", level="platinum", why="FAST_TRACKED"),
        ),
        (
            *moves_up_to("sapphire"),
            (NEXT_DAY, "MOVED_BY_STAFF", "crystal"),
            (date(2024, 6, 1), "FAST_TRACKED", "platinum"),
        ),
    ),
    Scenario(
        "Staff name a level that there is, another than the one held",
        "luxespa",
        (
            *climbed_to("sapphire"),
            StaffMoves(NEXT_DAY, "gold", refused="LEVEL_UNKNOWN"),
            StaffMoves(NEXT_DAY, "sapphire", refused="LEVEL_MUST_BE_ANOTHER"),
            StaffLocks(NEXT_DAY, until=NEXT_DAY, refused="LOCK_MUST_END_LATER"),
        ),
        moves_up_to("sapphire"),
    ),
)
