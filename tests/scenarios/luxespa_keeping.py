"""LuxeSpa: how a customer keeps a level or loses it. Grace of 3 months for Sapphire, 6 for Platinum, 12 for Diamond."""

from datetime import date, timedelta

from tests.scenarios.luxespa_climbing import (
    ENROLLED,
    LEVELS,
    START,
    THRESHOLD,
    TREATMENTS,
    YEAR_LATER,
    climbed_to,
    moves_up_to,
)
from tests.scenarios.story import Buys, GraceRun, ReviewRun, Scenario, Stands

GRACE_ENDS = {"sapphire": date(2025, 6, 10), "platinum": date(2025, 9, 10), "diamond": date(2026, 3, 10)}
SECOND_ANNIVERSARY = date(2026, 3, 10)
NEXT_REVIEW_AFTER_RECOVERY = dict.fromkeys(GRACE_ENDS, SECOND_ANNIVERSARY)
ONE_DAY = timedelta(days=1)


def _below(level: str) -> str:
    return LEVELS[LEVELS.index(level) - 1]


def _kept(level: str, by: str, **bought: object) -> Scenario:
    amount, treatments = str(bought.get("amount", "1")), int(str(bought.get("treatments", 0)))
    return Scenario(
        f"{level.title()} is renewed by exactly {by} in the year, the anniversary itself included",
        "luxespa",
        (
            *climbed_to(level),
            Buys(YEAR_LATER, amount, treatments, level=level, why=""),
            ReviewRun(YEAR_LATER),
            Stands(YEAR_LATER, level, since=START, next_review=SECOND_ANNIVERSARY),
        ),
        (*moves_up_to(level), (YEAR_LATER, "RENEWED", level)),
    )


def _fallen_short(level: str, by: str, **bought: object) -> Scenario:
    amount, treatments = str(bought.get("amount", "1")), int(str(bought.get("treatments", 0)))
    return Scenario(
        f"{level.title()} falls into grace when the year is short of it by {by}",
        "luxespa",
        (
            *climbed_to(level),
            Buys(YEAR_LATER, amount, treatments, level=level, why=""),
            ReviewRun(YEAR_LATER),
            Stands(YEAR_LATER, level, since=START, in_grace_until=GRACE_ENDS[level]),
        ),
        (*moves_up_to(level), (YEAR_LATER, "GRACE_ENTERED", level)),
    )


def _expired(level: str) -> Scenario:
    ends = GRACE_ENDS[level]
    return Scenario(
        f"Grace of {level.title()} keeps the level to its last day, then the customer is {_below(level).title()}",
        "luxespa",
        (
            *climbed_to(level),
            ReviewRun(YEAR_LATER),
            GraceRun(ends - ONE_DAY),
            Stands(ends - ONE_DAY, level, since=START, in_grace_until=ends),
            GraceRun(ends),
            Stands(
                ends,
                _below(level),
                since=ends,
                next_review=None if level == "sapphire" else ends.replace(year=ends.year + 1),
            ),
        ),
        (*moves_up_to(level), (YEAR_LATER, "GRACE_ENTERED", level), (ends, "GRACE_EXPIRED", _below(level))),
    )


def _recovered(level: str) -> Scenario:
    last_day = GRACE_ENDS[level] - ONE_DAY
    return Scenario(
        f"{level.title()} is restored on the last day of grace, one sen not being enough, and keeps its anniversary",
        "luxespa",
        (
            *climbed_to(level),
            ReviewRun(YEAR_LATER),
            Buys(last_day, f"{THRESHOLD[level] - 1}.99", level=level, why=""),
            Buys(last_day, "0.01", level=level, why="RECOVERED"),
            Stands(last_day, level, since=START, next_review=NEXT_REVIEW_AFTER_RECOVERY[level]),
        ),
        (*moves_up_to(level), (YEAR_LATER, "GRACE_ENTERED", level), (last_day, "RECOVERED", level)),
    )


def _recovered_by_treatments(level: str) -> Scenario:
    day = date(2025, 5, 1)
    return Scenario(
        f"{level.title()} is restored by {TREATMENTS[level]} treatments during grace",
        "luxespa",
        (
            *climbed_to(level),
            ReviewRun(YEAR_LATER),
            Buys(day, "1", treatments=TREATMENTS[level] - 1, why=""),
            Buys(day, "1", treatments=1, why="RECOVERED"),
            Stands(day, level, since=START, next_review=SECOND_ANNIVERSARY),
        ),
        (*moves_up_to(level), (YEAR_LATER, "GRACE_ENTERED", level), (day, "RECOVERED", level)),
    )


LEAP_DAY = date(2024, 2, 29)

KEEPING = (
    *[_kept(level, f"RM{value:,}", amount=value) for level, value in THRESHOLD.items()],
    *[_kept(level, f"{count} treatments", treatments=count) for level, count in TREATMENTS.items()],
    *[_fallen_short(level, "one sen", amount=f"{value - 1}.99") for level, value in THRESHOLD.items()],
    *[_fallen_short(level, "one treatment", treatments=count - 1) for level, count in TREATMENTS.items()],
    *[_expired(level) for level in GRACE_ENDS],
    *[_recovered(level) for level in GRACE_ENDS],
    *[_recovered_by_treatments(level) for level in GRACE_ENDS],
    Scenario(
        "Spend in the middle of the year renews Sapphire, for one year",
        "luxespa",
        (
            *climbed_to("sapphire"),
            Buys(date(2024, 9, 1), "3000"),
            ReviewRun(YEAR_LATER),
            ReviewRun(SECOND_ANNIVERSARY),
            Stands(SECOND_ANNIVERSARY, "sapphire", since=START, in_grace_until=date(2026, 6, 10)),
        ),
        (
            *moves_up_to("sapphire"),
            (YEAR_LATER, "RENEWED", "sapphire"),
            (SECOND_ANNIVERSARY, "GRACE_ENTERED", "sapphire"),
        ),
    ),
    Scenario(
        "A Diamond customer who stays away comes down level by level, each with a full year and its own grace",
        "luxespa",
        (
            *climbed_to("diamond"),
            Stands(date(2027, 3, 9), "platinum", since=date(2026, 3, 10), next_review=date(2027, 3, 10)),
            Stands(date(2027, 9, 10), "sapphire", since=date(2027, 9, 10), next_review=date(2028, 9, 10)),
            Stands(date(2028, 12, 10), "crystal", since=date(2028, 12, 10)),
        ),
        (
            *moves_up_to("diamond"),
            (date(2025, 3, 10), "GRACE_ENTERED", "diamond"),
            (date(2026, 3, 10), "GRACE_EXPIRED", "platinum"),
            (date(2027, 3, 10), "GRACE_ENTERED", "platinum"),
            (date(2027, 9, 10), "GRACE_EXPIRED", "sapphire"),
            (date(2028, 9, 10), "GRACE_ENTERED", "sapphire"),
            (date(2028, 12, 10), "GRACE_EXPIRED", "crystal"),
            (date(2028, 12, 10), "INACTIVATED", "crystal"),
        ),
    ),
    Scenario(
        "Runs that come late decide as of the day on which each matter fell due",
        "luxespa",
        (*climbed_to("sapphire"), Buys(date(2025, 3, 11), "3000"), ReviewRun(date(2025, 12, 31))),
        (
            *moves_up_to("sapphire"),
            (YEAR_LATER, "GRACE_ENTERED", "sapphire"),
            (date(2025, 3, 11), "RECOVERED", "sapphire"),
        ),
    ),
    Scenario(
        "A purchase settles first what no run has settled, and earns at the level left",
        "luxespa",
        (
            *climbed_to("sapphire"),
            Buys(date(2025, 11, 10), "3000", earns=3_000, level="sapphire", why="THRESHOLD_REACHED"),
            Stands(date(2025, 11, 10), "sapphire", since=date(2025, 11, 10), next_review=date(2026, 11, 10)),
        ),
        (
            *moves_up_to("sapphire"),
            (YEAR_LATER, "GRACE_ENTERED", "sapphire"),
            (date(2025, 6, 10), "GRACE_EXPIRED", "crystal"),
            (date(2025, 11, 10), "THRESHOLD_REACHED", "sapphire"),
        ),
    ),
    Scenario(
        "A purchase on the day grace ends comes too late",
        "luxespa",
        (
            *climbed_to("sapphire"),
            ReviewRun(YEAR_LATER),
            Buys(date(2025, 6, 10), "100", earns=100, level="crystal", why=""),
        ),
        (
            *moves_up_to("sapphire"),
            (YEAR_LATER, "GRACE_ENTERED", "sapphire"),
            (date(2025, 6, 10), "GRACE_EXPIRED", "crystal"),
        ),
    ),
    Scenario(
        "In grace the customer earns as before",
        "luxespa",
        (
            *climbed_to("sapphire"),
            ReviewRun(YEAR_LATER),
            Buys(date(2025, 4, 1), "100", earns=125, level="sapphire"),
        ),
        (*moves_up_to("sapphire"), (YEAR_LATER, "GRACE_ENTERED", "sapphire")),
    ),
    Scenario(
        "In grace the customer may climb: Platinum reached, grace is over and a fresh year begins",
        "luxespa",
        (
            *climbed_to("sapphire"),
            ReviewRun(YEAR_LATER),
            Buys(date(2025, 4, 1), "10000", level="platinum"),
            Stands(date(2025, 4, 1), "platinum", since=date(2025, 4, 1), next_review=date(2026, 4, 1)),
        ),
        (
            *moves_up_to("sapphire"),
            (YEAR_LATER, "GRACE_ENTERED", "sapphire"),
            (date(2025, 4, 1), "RECOVERED", "sapphire"),
            (date(2025, 4, 1), "THRESHOLD_REACHED", "platinum"),
        ),
    ),
    Scenario(
        "Sapphire since 29 February is reviewed on 28 February, and on the 29th when there is one",
        "luxespa",
        (
            *climbed_to("sapphire", LEAP_DAY),
            Stands(date(2025, 2, 27), "sapphire", next_review=date(2025, 2, 28)),
            Buys(date(2025, 2, 28), "3000"),
            Buys(date(2026, 2, 28), "3000"),
            Buys(date(2027, 2, 28), "3000"),
            ReviewRun(date(2028, 2, 28)),
            Stands(date(2028, 2, 28), "sapphire", since=LEAP_DAY, next_review=LEAP_DAY.replace(year=2028)),
            ReviewRun(date(2028, 2, 29)),
            Stands(date(2028, 2, 29), "sapphire", in_grace_until=date(2028, 5, 29)),
        ),
        (
            *moves_up_to("sapphire", LEAP_DAY),
            (date(2025, 2, 28), "RENEWED", "sapphire"),
            (date(2026, 2, 28), "RENEWED", "sapphire"),
            (date(2027, 2, 28), "RENEWED", "sapphire"),
            (date(2028, 2, 29), "GRACE_ENTERED", "sapphire"),
        ),
    ),
    Scenario(
        "Grace that begins on 30 November ends on the last day of February",
        "luxespa",
        (
            *climbed_to("sapphire", date(2024, 11, 30)),
            ReviewRun(date(2025, 11, 30)),
            Stands(date(2026, 2, 27), "sapphire", in_grace_until=date(2026, 2, 28)),
            GraceRun(date(2026, 2, 28)),
        ),
        (
            *moves_up_to("sapphire", date(2024, 11, 30)),
            (date(2025, 11, 30), "GRACE_ENTERED", "sapphire"),
            (date(2026, 2, 28), "GRACE_EXPIRED", "crystal"),
        ),
    ),
    Scenario(
        "A Crystal customer is never reviewed",
        "luxespa",
        (Buys(START, "2000"), ReviewRun(YEAR_LATER), Stands(YEAR_LATER, "crystal", since=START)),
        (ENROLLED,),
    ),
)
