"""Continuous maintenance: the level is lost when what counts no longer keeps it (DECISIONS, Meanings 7)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.tier.policy_document import Maintenance, Thresholds, TierPolicy
from tests.tier.nights import JOINED, joined, story, told_alike
from tests.tier.policies import SPA_LEVELS, with_spa
from tests.tier.world import TierWorld, purchase
from workers.jobs.tier_evaluation import TIER_EVALUATION
from workers.jobs.window_roll import WINDOW_ROLL

CRYSTAL, SAPPHIRE, PLATINUM = SPA_LEVELS
WITHOUT_GRACE = (CRYSTAL, replace(SAPPHIRE, grace_months=0), replace(PLATINUM, grace_months=0))
Begin = Callable[[TierWorld], object]


def continuous(levels: Any = WITHOUT_GRACE, **changed: Any) -> TierPolicy:
    return with_spa(maintenance=Maintenance.CONTINUOUS, levels=levels, **changed)


def bought(policy: TierPolicy, *purchases: tuple[date, int]) -> Begin:
    """M1 has bought on days for so much."""

    def begin(world: TierWorld) -> None:
        joined(world, policy)
        for number, (day, spend_minor) in enumerate(purchases):
            world.today = day
            world.record(purchase(f"T{number}", "M1", day, spend_minor=spend_minor))

    return begin


def test_the_level_is_lost_on_the_day_on_which_what_kept_it_leaves_the_window(tier_world: TierWorld) -> None:
    begin = bought(continuous(), (JOINED, 200_000), (date(2020, 3, 5), 100_000))
    days = [date(2021, 1, 9), date(2021, 1, 10), date(2021, 2, 1)]
    assert told_alike(tier_world, begin, days, date(2021, 2, 2))[1:] == [
        (date(2020, 3, 5), "THRESHOLD_REACHED", "sapphire"),
        (date(2021, 1, 10), "THRESHOLD_LOST", "crystal"),
    ]


@pytest.mark.parametrize(("on", "level"), [(date(2021, 1, 10), "sapphire"), (date(2021, 1, 11), "crystal")])
def test_a_purchase_of_the_very_day_keeps_the_level_and_one_of_the_next_does_not(
    tier_world: TierWorld, on: date, level: str
) -> None:
    bought(continuous(), (JOINED, 300_000), (date(2020, 6, 1), 250_000))(tier_world)
    tier_world.today = on
    [result] = tier_world.record(purchase("T9", "M1", on, spend_minor=50_000, base_points=100))
    assert (result.level, len(tier_world.changes(WINDOW_ROLL, on))) == (level, 0)


def test_what_falls_first_is_what_counts_whichever_threshold_keeps_longest(tier_world: TierWorld) -> None:
    keep = replace(WITHOUT_GRACE[1], keep=Thresholds(spend_minor=300_000, points=10))
    policy = continuous((CRYSTAL, keep, WITHOUT_GRACE[2]))

    def begin(world: TierWorld) -> None:
        bought(policy, (JOINED, 300_000))(world)
        world.today = date(2020, 2, 29)
        world.record(purchase("P", "M1", date(2020, 2, 29), base_points=10))

    days = [date(2021, 2, 28), date(2021, 3, 1)]
    assert told_alike(tier_world, begin, days, date(2021, 3, 2))[2:] == [
        (date(2021, 2, 28), "THRESHOLD_LOST", "crystal")
    ]


def test_who_fails_enters_grace_and_falls_no_further_within_a_year(tier_world: TierWorld) -> None:
    begin = bought(continuous(SPA_LEVELS), (JOINED, 1_000_000))
    days = [date(2021, 1, 10), date(2021, 7, 10), date(2022, 7, 9), date(2022, 7, 10), date(2022, 10, 10)]
    assert told_alike(tier_world, begin, days, date(2022, 10, 11))[2:] == [
        (date(2021, 1, 10), "GRACE_ENTERED", "platinum"),
        (date(2021, 7, 10), "GRACE_EXPIRED", "sapphire"),
        (date(2022, 7, 10), "GRACE_ENTERED", "sapphire"),
        (date(2022, 10, 10), "GRACE_EXPIRED", "crystal"),
    ]


def test_who_recovers_is_checked_again_at_once(tier_world: TierWorld) -> None:
    begin = bought(
        continuous(SPA_LEVELS), (JOINED, 300_000), (date(2020, 2, 20), 250_000), (date(2021, 1, 20), 50_000)
    )
    days = [date(2021, 1, 31), date(2021, 2, 20), date(2021, 3, 1)]
    assert told_alike(tier_world, begin, days, date(2021, 3, 2))[2:] == [
        (date(2021, 1, 10), "GRACE_ENTERED", "sapphire"),
        (date(2021, 1, 20), "RECOVERED", "sapphire"),
        (date(2021, 2, 20), "GRACE_ENTERED", "sapphire"),
    ]


def test_who_recovers_after_the_first_year_is_granted_no_other_one(tier_world: TierWorld) -> None:
    begin = bought(
        continuous(SPA_LEVELS),
        (JOINED, 1_000_000),
        (date(2021, 12, 1), 250_000),
        (date(2022, 8, 1), 50_000),
    )
    assert told_alike(tier_world, begin, [date(2022, 12, 1)], date(2022, 12, 2))[4:] == [
        (date(2022, 7, 10), "GRACE_ENTERED", "sapphire"),
        (date(2022, 8, 1), "RECOVERED", "sapphire"),
        (date(2022, 12, 1), "GRACE_ENTERED", "sapphire"),
    ]


def test_an_edit_that_raises_what_keeps_the_level_is_felt_on_its_first_day(tier_world: TierWorld) -> None:
    raised = replace(WITHOUT_GRACE[1], entry=Thresholds(spend_minor=400_000))

    def begin(world: TierWorld) -> None:
        bought(continuous(), (JOINED, 300_000))(world)
        assert world.apply(continuous((CRYSTAL, raised, WITHOUT_GRACE[2])), date(2020, 5, 1)) == []

    days = [date(2020, 4, 30), date(2020, 5, 1)]
    assert told_alike(tier_world, begin, days, date(2020, 5, 2))[2:] == [
        (date(2020, 5, 1), "THRESHOLD_LOST", "crystal")
    ]


def test_an_edit_that_shortens_the_window_is_felt_on_its_first_day(tier_world: TierWorld) -> None:
    def begin(world: TierWorld) -> None:
        bought(continuous(), (JOINED, 300_000))(world)
        assert world.apply(continuous(window_months=2), date(2020, 5, 1)) == []

    days = [date(2020, 4, 30), date(2020, 5, 1)]
    assert told_alike(tier_world, begin, days, date(2020, 5, 2))[2:] == [
        (date(2020, 5, 1), "THRESHOLD_LOST", "crystal")
    ]


def test_checks_begin_when_the_policy_begins_to_check(tier_world: TierWorld) -> None:
    def begin(world: TierWorld) -> None:
        bought(with_spa(maintenance=Maintenance.NONE), (JOINED, 300_000))(world)
        assert world.apply(continuous(), date(2021, 5, 1)) == []

    days = [date(2021, 4, 30), date(2021, 5, 1)]
    assert told_alike(tier_world, begin, days, date(2021, 5, 2))[2:] == [
        (date(2021, 5, 1), "THRESHOLD_LOST", "crystal")
    ]


def test_nobody_is_checked_while_the_system_is_inactive(tier_world: TierWorld) -> None:
    def begin(world: TierWorld) -> None:
        bought(continuous(), (JOINED, 300_000))(world)
        assert world.apply(continuous(active=False), date(2020, 12, 1)) == []
        assert world.apply(continuous(), date(2021, 3, 1)) == []

    days = [date(2021, 1, 10), date(2021, 2, 28), date(2021, 3, 1)]
    assert told_alike(tier_world, begin, days, date(2021, 3, 2))[2:] == [
        (date(2021, 3, 1), "THRESHOLD_LOST", "crystal")
    ]


def test_grace_of_a_continuous_system_lapses_while_it_is_inactive_and_begins_again(
    tier_world: TierWorld,
) -> None:
    def begin(world: TierWorld) -> None:
        bought(continuous(SPA_LEVELS), (JOINED, 300_000))(world)
        assert world.apply(continuous(SPA_LEVELS, active=False), date(2021, 2, 1)) == []
        assert world.apply(continuous(SPA_LEVELS), date(2021, 6, 1)) == []

    days = [date(2021, 1, 10), date(2021, 4, 10), date(2021, 6, 1)]
    assert told_alike(tier_world, begin, days, date(2021, 6, 2))[2:] == [
        (date(2021, 1, 10), "GRACE_ENTERED", "sapphire"),
        (date(2021, 4, 10), "GRACE_LAPSED", "sapphire"),
        (date(2021, 6, 1), "GRACE_ENTERED", "sapphire"),
    ]


def test_who_keeps_the_level_is_not_even_read(tier_world: TierWorld) -> None:
    bought(continuous(), (JOINED, 300_000))(tier_world)
    assert tier_world.looks_at(WINDOW_ROLL, date(2021, 1, 9)) == 0
    assert tier_world.looks_at(WINDOW_ROLL, date(2021, 1, 10)) == 1


def test_a_level_entered_without_being_kept_is_lost_by_the_same_evaluation(tier_world: TierWorld) -> None:
    dear = replace(WITHOUT_GRACE[1], keep=Thresholds(spend_minor=400_000))
    policy = continuous((CRYSTAL, replace(dear, entry=Thresholds(900_000)), WITHOUT_GRACE[2]))
    bought(policy, (JOINED, 300_000))(tier_world)
    tier_world.today = date(2020, 5, 1)
    assert tier_world.apply(continuous((CRYSTAL, dear, WITHOUT_GRACE[2]))) == []
    assert [reason for _, reason, _ in story(tier_world.run(TIER_EVALUATION, date(2020, 5, 1)))] == [
        "THRESHOLD_REACHED",
        "THRESHOLD_LOST",
    ]
    assert tier_world.changes(TIER_EVALUATION, date(2020, 5, 1)) == []
