"""Locks: nothing takes the level away, or nothing promotes, until a day (DECISIONS, Meanings 22)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from services.runtime.program_messages import day_from_proto
from services.tier.policy_document import Level, Maintenance, Thresholds
from tests.tier.nights import JOINED, joined, lock, story, told_alike
from tests.tier.policies import GAME_LEVELS, SPA_LEVELS, with_game, with_spa
from tests.tier.world import TierWorld, purchase
from workers.jobs.tier_evaluation import TIER_EVALUATION
from workers.jobs.tier_review import TIER_REVIEW

Begin = Callable[[TierWorld], object]


def sapphire(
    kept_until: date, maintenance: Maintenance = Maintenance.ANNIVERSARY, grace_months: int = 3
) -> Begin:
    """M1 is Sapphire since joining, and locked there until a day."""
    crystal, level, platinum = SPA_LEVELS

    def begin(world: TierWorld) -> None:
        levels = (crystal, replace(level, grace_months=grace_months), platinum)
        joined(world, with_spa(maintenance=maintenance, levels=levels))
        world.record(purchase("T1", "M1", JOINED, spend_minor=300_000))
        lock(world, kept_until=kept_until)

    return begin


def test_an_anniversary_within_a_lock_is_passed_over(tier_world: TierWorld) -> None:
    days = [date(2021, 1, 10), date(2021, 1, 11), date(2021, 6, 1), date(2022, 1, 10)]
    assert told_alike(tier_world, sapphire(date(2021, 1, 11)), days, date(2022, 1, 11))[2:] == [
        (date(2022, 1, 10), "GRACE_ENTERED", "sapphire")
    ]


def test_a_lock_that_ends_on_the_anniversary_does_not_keep_it_off(tier_world: TierWorld) -> None:
    days = [date(2021, 1, 9), date(2021, 1, 10)]
    assert told_alike(tier_world, sapphire(date(2021, 1, 10)), days, date(2021, 1, 11))[2:] == [
        (date(2021, 1, 10), "GRACE_ENTERED", "sapphire")
    ]


def test_the_review_job_does_not_read_who_is_locked(tier_world: TierWorld) -> None:
    sapphire(date(2021, 3, 1))(tier_world)
    tier_world.today = date(2021, 2, 1)
    assert tier_world.looks_at(TIER_REVIEW, date(2021, 2, 1)) == 0


def test_grace_that_would_end_within_a_lock_ends_with_it(tier_world: TierWorld) -> None:
    def begin(world: TierWorld) -> None:
        sapphire(date(2020, 2, 1))(world)
        world.today = date(2021, 2, 1)
        world.run_review(date(2021, 2, 1))
        lock(world, kept_until=date(2021, 5, 1))

    days = [date(2021, 4, 10), date(2021, 4, 30), date(2021, 5, 1)]
    assert told_alike(tier_world, begin, days, date(2021, 5, 2))[2:] == [
        (date(2021, 1, 10), "GRACE_ENTERED", "sapphire"),
        (date(2021, 5, 1), "GRACE_EXPIRED", "crystal"),
    ]


def test_who_recovers_while_grace_waits_for_the_end_of_a_lock_stays(tier_world: TierWorld) -> None:
    sapphire(date(2020, 2, 1))(tier_world)
    tier_world.today = date(2021, 4, 20)
    tier_world.run_review(date(2021, 2, 1))
    lock(tier_world, kept_until=date(2021, 5, 1))
    tier_world.record(purchase("T2", "M1", date(2021, 4, 20), spend_minor=300_000))
    assert story(tier_world.moves("M1"))[-1] == (date(2021, 4, 20), "RECOVERED", "sapphire")


def test_a_continuous_check_waits_for_the_end_of_a_lock(tier_world: TierWorld) -> None:
    begin = sapphire(date(2021, 3, 1), Maintenance.CONTINUOUS, grace_months=0)
    days = [date(2021, 1, 10), date(2021, 2, 28), date(2021, 3, 1)]
    assert told_alike(tier_world, begin, days, date(2021, 3, 2))[2:] == [
        (date(2021, 3, 1), "THRESHOLD_LOST", "crystal")
    ]


def test_resets_within_a_lock_are_passed_over(tier_world: TierWorld) -> None:
    bronze, silver = GAME_LEVELS
    gold = Level("gold", "Gold", 30_000, Thresholds(points=2_000), Thresholds(points=1_500))
    game = replace(with_game(levels=(bronze, silver, gold)), default_system="game")

    def begin(world: TierWorld) -> None:
        joined(world, game, date(2024, 1, 10))
        world.record(purchase("T1", "M1", date(2024, 1, 10), base_points=1_000))
        lock(world, kept_until=date(2024, 3, 31))

    days = [date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 30), date(2024, 3, 31)]
    assert told_alike(tier_world, begin, days, date(2024, 4, 1))[2:] == [
        (date(2024, 3, 31), "RESET_FAILED", "bronze")
    ]


def test_a_lock_that_came_with_a_move_down_stops_promotions_until_its_day(tier_world: TierWorld) -> None:
    joined(tier_world, with_spa())
    lock(tier_world, held_until=date(2020, 3, 1))
    tier_world.today = date(2020, 3, 1)
    tier_world.record(purchase("T1", "M1", date(2020, 2, 29), spend_minor=300_000))
    assert tier_world.changes(TIER_EVALUATION, date(2020, 2, 29)) == []
    assert len(tier_world.moves("M1")) == 1
    tier_world.record(purchase("T2", "M1", date(2020, 3, 1)))
    assert story(tier_world.moves("M1"))[1:] == [(date(2020, 3, 1), "THRESHOLD_REACHED", "sapphire")]


@pytest.mark.parametrize("day", [date(2020, 1, 11), date(2021, 2, 1)])
def test_a_lock_may_last_until_the_last_day_of_all(tier_world: TierWorld, day: date) -> None:
    joined(tier_world, with_spa())
    tier_world.record(purchase("T1", "M1", JOINED, spend_minor=300_000))
    lock(tier_world, kept_until=date.max)
    standing = tier_world.standing("M1", day)
    assert not isinstance(standing, str)
    assert (standing.level, standing.HasField("next_review")) == ("sapphire", False)
    assert day_from_proto(standing.locked_until) == date.max
