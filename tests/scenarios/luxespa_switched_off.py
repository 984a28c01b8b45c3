"""LuxeSpa switched off from 1 June 2024 to the end of 2025: nobody moves, nothing is made up for."""

from datetime import date

from tests.scenarios.luxespa_climbing import START, YEAR_LATER, climbed_to, moves_up_to
from tests.scenarios.luxespa_keeping import SECOND_ANNIVERSARY
from tests.scenarios.story import Buys, GraceRun, ReviewRun, Scenario, Stands

SWITCHED_OFF = (
    Scenario(
        "In a system that is switched off everybody earns once and nobody climbs",
        "luxespa, switched off",
        (
            *climbed_to("sapphire"),
            Buys(date(2024, 7, 1), "10000", earns=10_000, level="sapphire", why=""),
            Stands(date(2024, 7, 1), "sapphire", since=START),
        ),
        moves_up_to("sapphire"),
    ),
    Scenario(
        "A review that falls due while the system is off is passed over; the next anniversary holds one again",
        "luxespa, switched off",
        (
            *climbed_to("sapphire"),
            ReviewRun(YEAR_LATER),
            Stands(YEAR_LATER, "sapphire", since=START),
            Stands(date(2026, 2, 1), "sapphire", since=START, next_review=SECOND_ANNIVERSARY),
            ReviewRun(SECOND_ANNIVERSARY),
            Stands(SECOND_ANNIVERSARY, "sapphire", in_grace_until=date(2026, 6, 10)),
        ),
        (*moves_up_to("sapphire"), (SECOND_ANNIVERSARY, "GRACE_ENTERED", "sapphire")),
    ),
    Scenario(
        "Grace that ends while the system is off lapses: the level is kept",
        "luxespa, switched off",
        (
            *climbed_to("sapphire", date(2023, 5, 1)),
            ReviewRun(date(2024, 5, 1)),
            GraceRun(date(2024, 8, 1)),
            Stands(date(2024, 8, 1), "sapphire", since=date(2023, 5, 1)),
            Stands(date(2026, 2, 1), "sapphire", since=date(2023, 5, 1), next_review=date(2026, 5, 1)),
        ),
        (
            *moves_up_to("sapphire", date(2023, 5, 1)),
            (date(2024, 5, 1), "GRACE_ENTERED", "sapphire"),
            (date(2024, 8, 1), "GRACE_LAPSED", "sapphire"),
        ),
    ),
)
