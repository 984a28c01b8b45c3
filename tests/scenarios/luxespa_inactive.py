"""LuxeSpa: a Crystal customer without a treatment for 24 months is inactive; any purchase wakes the record."""

from datetime import date, timedelta

from tests.scenarios.luxespa_climbing import ENROLLED, START, climbed_to, moves_up_to
from tests.scenarios.story import Buys, JobRun, Scenario, Stands

TWO_YEARS_LATER = date(2026, 3, 10)
ONE_DAY = timedelta(days=1)

INACTIVE = (
    Scenario(
        "Crystal is inactive 24 months after the last treatment, not a day before",
        "luxespa",
        (
            Buys(START, "200", treatments=1),
            JobRun(TWO_YEARS_LATER - ONE_DAY, "inactivity"),
            Stands(TWO_YEARS_LATER - ONE_DAY, "crystal"),
            JobRun(TWO_YEARS_LATER, "inactivity"),
            Stands(TWO_YEARS_LATER + ONE_DAY, "crystal", inactive_since=TWO_YEARS_LATER),
        ),
        (ENROLLED, (TWO_YEARS_LATER, "INACTIVATED", "crystal")),
    ),
    Scenario(
        "One treatment every 24 months keeps Crystal active",
        "luxespa",
        (
            Buys(START, "200", treatments=1),
            Buys(TWO_YEARS_LATER, "200", treatments=1, why=""),
            JobRun(TWO_YEARS_LATER, "inactivity"),
            Stands(date(2028, 3, 9), "crystal"),
        ),
        (ENROLLED,),
    ),
    Scenario(
        "Retail products alone do not keep Crystal active, but any purchase reactivates",
        "luxespa",
        (
            Buys(START, "200", treatments=1),
            Buys(date(2025, 9, 1), "50"),
            Stands(TWO_YEARS_LATER + ONE_DAY, "crystal", inactive_since=TWO_YEARS_LATER),
            Buys(date(2026, 5, 1), "50", earns=50, why="REACTIVATED"),
            Stands(date(2028, 4, 30), "crystal"),
        ),
        (
            ENROLLED,
            (TWO_YEARS_LATER, "INACTIVATED", "crystal"),
            (date(2026, 5, 1), "REACTIVATED", "crystal"),
        ),
    ),
    Scenario(
        "A Sapphire customer who stays away becomes Crystal first, and inactive 24 months after the last treatment",
        "luxespa",
        (
            *climbed_to("sapphire"),
            JobRun(date(2025, 3, 10), "tier-review"),
            Stands(date(2025, 6, 11), "crystal", since=date(2025, 6, 10)),
            JobRun(TWO_YEARS_LATER, "inactivity"),
            Stands(TWO_YEARS_LATER + ONE_DAY, "crystal", inactive_since=TWO_YEARS_LATER),
        ),
        (
            *moves_up_to("sapphire"),
            (date(2025, 3, 10), "GRACE_ENTERED", "sapphire"),
            (date(2025, 6, 10), "GRACE_EXPIRED", "crystal"),
            (TWO_YEARS_LATER, "INACTIVATED", "crystal"),
        ),
    ),
)
