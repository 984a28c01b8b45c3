"""LuxeSpa: fixed bonuses for treatments, renewals, friends and anniversaries; none of them qualifies."""

from datetime import date, timedelta
from typing import Final

from tests.scenarios.luxespa_climbing import (
    ENROLLED,
    LEVELS,
    NEXT_DAY,
    START,
    THIRD_DAY,
    YEAR_LATER,
    climbed_to,
    moves_up_to,
)
from tests.scenarios.luxespa_earning import CLIMBING_EARNED
from tests.scenarios.points_words import Awarded, HasPoints, LedgerShows, Redeems, Refers
from tests.scenarios.story import Buys, Event, Joins, Returns, ReviewRun, Scenario, Stands

REFERRAL: Final = {"crystal": 500, "sapphire": 800, "platinum": 1_500, "diamond": 3_000}
WORTH: Final = {"crystal": "50", "sapphire": "80", "platinum": "150", "diamond": "300"}
ANNIVERSARY: Final = {"crystal": 500, "sapphire": 1_000, "platinum": 3_000, "diamond": 5_000}


def _treatments(level: str, each: int, bonuses: dict[int, int], title: str) -> Scenario:
    """Treatments of RM10, one a day; the bonus of each that has one, by its number."""
    visits = tuple(
        Buys(
            START + timedelta(days=n),
            "10",
            treatments=1,
            earns=each + bonuses.get(n, 0),
            bonus=bonuses.get(n, 0),
        )
        for n in range(1, 11)
    )
    last = START + timedelta(days=10)
    return Scenario(
        title,
        "luxespa",
        (
            Joins(START),
            *climbed_to(level),
            *visits,
            HasPoints(last, CLIMBING_EARNED[level] + 10 * each + sum(bonuses.values())),
            Stands(last, level, since=START, treatments=10, points=CLIMBING_EARNED[level] + 10 * each),
        ),
        moves_up_to(level),
    )


def _friend(level: str) -> Scenario:
    points = REFERRAL[level]
    before = CLIMBING_EARNED[level]
    return Scenario(
        f"Who brings a friend at {level.title()} is given {points:,} points, worth RM{WORTH[level]}, "
        "by the friend's first treatment",
        "luxespa",
        (
            Joins(START),
            *climbed_to(level),
            Refers(NEXT_DAY, "friend"),
            Buys(NEXT_DAY, products="80", who="friend", friend_bonus=0),
            HasPoints(NEXT_DAY, before),
            Buys(THIRD_DAY, "100", treatments=1, earns=100, who="friend", friend_bonus=points),
            HasPoints(THIRD_DAY, before + points),
            Buys(date(2024, 3, 13), "100", treatments=1, who="friend", friend_bonus=0),
            HasPoints(date(2024, 3, 13), before + points, who=""),
            Redeems(date(2024, 3, 14), points, worth=WORTH[level]),
            HasPoints(date(2024, 3, 14), before),
        ),
        moves_up_to(level),
    )


def _anniversary(level: str) -> Scenario:
    points, before = ANNIVERSARY[level], CLIMBING_EARNED[level]
    return Scenario(
        f"The {points:,} bonus points of {level.title()}'s first anniversary are in the account at once, "
        "and do not qualify",
        "luxespa",
        (
            Joins(START),
            *climbed_to(level),
            Awarded(date(2024, 9, 10), points, "anniversary-1"),
            HasPoints(date(2024, 9, 10), before + points, available=before + points),
            Stands(date(2024, 9, 10), level, since=START, points=before),
        ),
        moves_up_to(level),
    )


def _renewed(level: str, bought: str, earned: int, bonus: int) -> Scenario:
    said = f"brings {bonus:,} points, which do not qualify" if bonus else "brings no points"
    after = CLIMBING_EARNED[level] + earned
    paid: tuple[Event, ...] = (HasPoints(YEAR_LATER, after + bonus),)
    return Scenario(
        f"The renewal of {level.title()} {said}",
        "luxespa",
        (
            *climbed_to(level),
            Buys(NEXT_DAY, bought, earns=earned),
            HasPoints(YEAR_LATER - timedelta(days=1), after),
            ReviewRun(YEAR_LATER),
            *paid,
            Stands(YEAR_LATER, level, since=START, points=earned),
        ),
        (*moves_up_to(level), (YEAR_LATER, "RENEWED", level)),
    )


BONUSES = (
    _treatments("crystal", 10, {}, "Crystal earns no bonus by treatments"),
    _treatments(
        "sapphire",
        12,
        {5: 100, 10: 100},
        "Sapphire earns 100 bonus points by every 5th treatment: the 5th and the 10th",
    ),
    _treatments(
        "platinum",
        15,
        {3: 200, 6: 200, 9: 200},
        "Platinum earns 200 bonus points by every 3rd treatment: the 3rd, the 6th and the 9th",
    ),
    _treatments(
        "diamond",
        20,
        dict.fromkeys(range(1, 11), 500),
        "Diamond earns 500 bonus points by every treatment",
    ),
    Scenario(
        "Treatments are numbered for life: with three as Crystal, the second as Sapphire is the 5th",
        "luxespa",
        (
            Buys(START, "10", treatments=3, bonus=0),
            Buys(START, "2990", level="sapphire"),
            Buys(NEXT_DAY, "10", treatments=1, bonus=0),
            Buys(NEXT_DAY, "10", treatments=1, bonus=100),
        ),
        (ENROLLED, (START, "THRESHOLD_REACHED", "sapphire")),
    ),
    Scenario(
        "A purchase of twelve treatments holds the 5th and the 10th, and gives both bonuses",
        "luxespa",
        (*climbed_to("sapphire"), Buys(NEXT_DAY, "120", treatments=12, earns=350, bonus=200)),
        moves_up_to("sapphire"),
    ),
    Scenario(
        "The level held before a purchase grants its bonus: the 15 treatments that make Sapphire give none",
        "luxespa",
        (
            Buys(START, "150", treatments=15, earns=150, bonus=0, level="sapphire"),
            Buys(NEXT_DAY, "50", treatments=5, earns=162, bonus=100),
        ),
        (ENROLLED, (START, "THRESHOLD_REACHED", "sapphire")),
    ),
    _renewed("diamond", "25000", 50_000, 5_000),
    _renewed("platinum", "10000", 15_000, 0),
    _renewed("sapphire", "3000", 3_750, 0),
    *[_friend(level) for level in LEVELS],
    *[_anniversary(level) for level in LEVELS],
    Scenario(
        "A friend is brought before the first treatment, or not at all",
        "luxespa",
        (
            Joins(START),
            Buys(START, "100", treatments=1, who="friend"),
            Refers(NEXT_DAY, "friend", refused="REFERRAL_TOO_LATE"),
            Buys(NEXT_DAY, "100", treatments=1, who="friend", friend_bonus=0),
            HasPoints(NEXT_DAY, 0),
        ),
        (ENROLLED,),
    ),
    Scenario(
        "The bonus for a friend goes with the friend's refunded treatment, and comes again with the next one",
        "luxespa",
        (
            Joins(START),
            Refers(START, "friend"),
            Buys(NEXT_DAY, "100", treatments=1, who="friend", friend_bonus=500),
            Returns(THIRD_DAY, of=0, takes=100, friend_bonus=500),
            HasPoints(THIRD_DAY, 0),
            Buys(date(2024, 3, 13), "100", treatments=1, who="friend", friend_bonus=500),
            LedgerShows(
                date(2024, 3, 13),
                (("REFERRAL_BONUS", 500), ("REFERRAL_REVERSAL", -500), ("REFERRAL_BONUS", 500)),
            ),
        ),
        (ENROLLED,),
    ),
)
