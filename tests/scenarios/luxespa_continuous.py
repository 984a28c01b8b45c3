"""LuxeSpa with continuous maintenance: a level is lost on the day on which what counts no longer supports it."""

from datetime import date

from tests.scenarios.luxespa_climbing import START, YEAR_LATER, climbed_to, moves_up_to
from tests.scenarios.story import Buys, GraceRun, JobRun, Scenario, Stands

PROGRAM = "luxespa, continuous"

CONTINUOUS = (
    Scenario(
        "Grace begins on the very day on which spend leaves the window and the rest falls short",
        PROGRAM,
        (
            *climbed_to("sapphire"),
            JobRun(date(2025, 3, 9), "window-roll"),
            Stands(date(2025, 3, 9), "sapphire", since=START),
            JobRun(YEAR_LATER, "window-roll"),
            Stands(YEAR_LATER, "sapphire", since=START, in_grace_until=date(2025, 6, 10), spend="0"),
            GraceRun(date(2025, 6, 10)),
            Stands(date(2025, 6, 10), "crystal", since=date(2025, 6, 10)),
        ),
        (
            *moves_up_to("sapphire"),
            (YEAR_LATER, "GRACE_ENTERED", "sapphire"),
            (date(2025, 6, 10), "GRACE_EXPIRED", "crystal"),
        ),
    ),
    Scenario(
        "A purchase on the day itself keeps the level, and is what counts from then on",
        PROGRAM,
        (
            *climbed_to("sapphire"),
            Buys(YEAR_LATER, "3000", level="sapphire", why=""),
            JobRun(YEAR_LATER, "window-roll"),
            Stands(YEAR_LATER, "sapphire", since=START, spend="3000"),
        ),
        moves_up_to("sapphire"),
    ),
    Scenario(
        "A purchase the day after finds grace entered, and recovers",
        PROGRAM,
        (*climbed_to("sapphire"), Buys(date(2025, 3, 11), "3000", level="sapphire", why="RECOVERED")),
        (
            *moves_up_to("sapphire"),
            (YEAR_LATER, "GRACE_ENTERED", "sapphire"),
            (date(2025, 3, 11), "RECOVERED", "sapphire"),
        ),
    ),
    Scenario(
        "A level reached by coming down is checked from a year later on",
        PROGRAM,
        (
            *climbed_to("platinum"),
            JobRun(YEAR_LATER, "window-roll"),
            GraceRun(date(2025, 9, 10)),
            JobRun(date(2026, 9, 9), "window-roll"),
            Stands(date(2026, 9, 9), "sapphire", since=date(2025, 9, 10)),
            JobRun(date(2026, 9, 10), "window-roll"),
            Stands(date(2026, 9, 10), "sapphire", in_grace_until=date(2026, 12, 10)),
        ),
        (
            *moves_up_to("platinum"),
            (YEAR_LATER, "GRACE_ENTERED", "platinum"),
            (date(2025, 9, 10), "GRACE_EXPIRED", "sapphire"),
            (date(2026, 9, 10), "GRACE_ENTERED", "sapphire"),
        ),
    ),
)
