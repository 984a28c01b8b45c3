"""LuxeSpa: what reaches a customer in grace, month by month, and never after grace has ended."""

from datetime import date

from tests.scenarios.luxespa_climbing import YEAR_LATER, climbed_to, moves_up_to
from tests.scenarios.luxespa_keeping import GRACE_ENDS
from tests.scenarios.story import Buys, JobRun, ReviewRun, Scenario, Stands

TOUCHED = {
    "sapphire": (date(2025, 4, 10), date(2025, 5, 10), date(2025, 6, 3)),
    "platinum": (date(2025, 6, 10), date(2025, 7, 10), date(2025, 8, 10), date(2025, 9, 3)),
    "diamond": (date(2025, 9, 10), date(2025, 11, 10), date(2026, 1, 10), date(2026, 2, 10)),
}


def _touched(level: str) -> Scenario:
    days = TOUCHED[level]
    return Scenario(
        f"{level.title()} in grace is told on its months; what would fall on the last day comes 7 days before",
        "luxespa",
        (
            *climbed_to(level),
            ReviewRun(YEAR_LATER),
            *[JobRun(day, "grace-touchpoints") for day in days],
            Stands(days[-1], level, in_grace_until=GRACE_ENDS[level]),
        ),
        (
            *moves_up_to(level),
            (YEAR_LATER, "GRACE_ENTERED", level),
            *[(day, "GRACE_TOUCHED", level) for day in days],
        ),
    )


TOUCHES = (
    *[_touched(level) for level in TOUCHED],
    Scenario(
        "Who recovers is told nothing more",
        "luxespa",
        (
            *climbed_to("sapphire"),
            ReviewRun(YEAR_LATER),
            JobRun(date(2025, 4, 10), "grace-touchpoints"),
            Buys(date(2025, 5, 9), "3000", why="RECOVERED"),
            JobRun(date(2025, 5, 10), "grace-touchpoints"),
            JobRun(date(2025, 6, 3), "grace-touchpoints"),
            Stands(date(2025, 6, 10), "sapphire"),
        ),
        (
            *moves_up_to("sapphire"),
            (YEAR_LATER, "GRACE_ENTERED", "sapphire"),
            (date(2025, 4, 10), "GRACE_TOUCHED", "sapphire"),
            (date(2025, 5, 9), "RECOVERED", "sapphire"),
        ),
    ),
    Scenario(
        "Messages that no run told in time are told in the order of their days",
        "luxespa",
        (
            *climbed_to("sapphire"),
            ReviewRun(YEAR_LATER),
            JobRun(date(2025, 5, 20), "grace-touchpoints"),
            Stands(date(2025, 5, 20), "sapphire", in_grace_until=GRACE_ENDS["sapphire"]),
        ),
        (
            *moves_up_to("sapphire"),
            (YEAR_LATER, "GRACE_ENTERED", "sapphire"),
            *[(day, "GRACE_TOUCHED", "sapphire") for day in TOUCHED["sapphire"][:2]],
        ),
    ),
)
