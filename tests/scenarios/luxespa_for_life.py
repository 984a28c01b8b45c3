"""LuxeSpa: Diamond for life after five consecutive years, given once to a family member."""

from datetime import date, timedelta

from tests.scenarios.luxespa_climbing import START, climbed_to, moves_up_to
from tests.scenarios.story import Buys, Event, Gifts, GraceRun, JobRun, KinJoins, ReviewRun, Scenario, Stands

ANNIVERSARIES = [START.replace(year=2024 + year) for year in range(7)]
FIFTH = ANNIVERSARIES[5]
ONE_DAY = timedelta(days=1)


def _diamond_renewed(years: int) -> tuple[Event, ...]:
    """Diamond, and RM25,000 at the end of each of so many years."""
    renewals = tuple(Buys(day - ONE_DAY, "25000") for day in ANNIVERSARIES[1 : years + 1])
    return (*climbed_to("diamond"), *renewals)


def _renewals(years: int) -> tuple[tuple[date, str, str], ...]:
    return tuple((day, "RENEWED", "diamond") for day in ANNIVERSARIES[1 : years + 1])


FOR_LIFE = (
    Scenario(
        "Five consecutive years at Diamond are Diamond for life, whatever is spent from then on",
        "luxespa",
        (
            *_diamond_renewed(5),
            JobRun(FIFTH, "tenure"),
            Stands(FIFTH, "diamond", since=START, for_life_since=FIFTH),
            ReviewRun(ANNIVERSARIES[6]),
            Stands(ANNIVERSARIES[6], "diamond", since=START, for_life_since=FIFTH),
        ),
        (
            *moves_up_to("diamond"),
            *_renewals(4),
            (FIFTH, "LIFETIME_GRANTED", "diamond"),
            (FIFTH, "RENEWED", "diamond"),
            (ANNIVERSARIES[6], "RENEWED", "diamond"),
        ),
    ),
    Scenario(
        "One day less than five years is not for life",
        "luxespa",
        (
            *_diamond_renewed(4),
            JobRun(FIFTH - ONE_DAY, "tenure"),
            Stands(FIFTH - ONE_DAY, "diamond", since=START),
        ),
        (*moves_up_to("diamond"), *_renewals(4)),
    ),
    Scenario(
        "A year in grace counts toward the five: for life on the very day on which grace would end",
        "luxespa",
        (
            *_diamond_renewed(3),
            ReviewRun(ANNIVERSARIES[4]),
            Stands(ANNIVERSARIES[4], "diamond", since=START, in_grace_until=FIFTH),
            GraceRun(FIFTH),
            Stands(FIFTH, "diamond", since=START, for_life_since=FIFTH),
        ),
        (
            *moves_up_to("diamond"),
            *_renewals(3),
            (ANNIVERSARIES[4], "GRACE_ENTERED", "diamond"),
            (FIFTH, "LIFETIME_GRANTED", "diamond"),
            (FIFTH, "RENEWED", "diamond"),
        ),
    ),
    Scenario(
        "Years at Diamond with a break in between do not add up",
        "luxespa",
        (
            *_diamond_renewed(1),
            Buys(date(2028, 3, 10), "25000"),
            Buys(date(2028, 3, 11), "25000"),
            JobRun(FIFTH, "tenure"),
            Stands(FIFTH, "diamond", since=date(2028, 3, 10)),
        ),
        (
            *moves_up_to("diamond"),
            *_renewals(1),
            (ANNIVERSARIES[2], "GRACE_ENTERED", "diamond"),
            (ANNIVERSARIES[3], "GRACE_EXPIRED", "platinum"),
            (ANNIVERSARIES[4], "THRESHOLD_REACHED", "diamond"),
            (FIFTH, "RENEWED", "diamond"),
        ),
    ),
    Scenario(
        "A lifetime member gives Diamond once to a family member, who does not hold it for life",
        "luxespa",
        (
            *_diamond_renewed(5),
            KinJoins(FIFTH),
            JobRun(FIFTH, "tenure"),
            Gifts(FIFTH + ONE_DAY, kin_level="diamond"),
            Gifts(FIFTH + 2 * ONE_DAY, refused="STATUS_ALREADY_GIFTED"),
        ),
        (
            *moves_up_to("diamond"),
            *_renewals(4),
            (FIFTH, "LIFETIME_GRANTED", "diamond"),
            (FIFTH, "RENEWED", "diamond"),
        ),
    ),
    Scenario(
        "Who does not hold Diamond for life cannot give it",
        "luxespa",
        (*climbed_to("diamond"), KinJoins(START), Gifts(START, refused="GIVER_MUST_BE_LIFETIME")),
        moves_up_to("diamond"),
    ),
)
