"""Lifetime: the highest level held long enough is neither demoted nor left (DECISIONS, Meanings 11)."""

from dataclasses import replace
from datetime import date

from services.tier.policy_document import Level, Maintenance, Thresholds, TierPolicy
from tests.tier.nights import JOINED, joined, story, told_alike
from tests.tier.policies import GAME_LEVELS, SPA_LEVELS, with_game, with_spa
from tests.tier.world import TierWorld, purchase
from workers.jobs.tenure import TENURE

CRYSTAL, SAPPHIRE, PLATINUM = SPA_LEVELS


def for_life(years: int = 2, **changed: object) -> TierPolicy:
    """Platinum is held for life after so many years; its grace is of 18 months."""
    top = replace(PLATINUM, lifetime_years=years, grace_months=18)
    return with_spa(levels=(CRYSTAL, SAPPHIRE, top), **changed)


def platinum(world: TierWorld, policy: TierPolicy, on: date = JOINED) -> None:
    joined(world, policy, on)
    world.record(purchase("T1", "M1", on, spend_minor=1_000_000))
    assert world.moves("M1")[-1].to_level == "platinum"


def test_tenure_reached_during_grace_ends_grace_however_late_the_grace_job(tier_world: TierWorld) -> None:
    days = [date(2021, 1, 10), date(2022, 1, 10), date(2022, 7, 10), date(2022, 9, 1)]
    assert told_alike(tier_world, lambda world: platinum(world, for_life()), days, date(2022, 9, 2))[2:] == [
        (date(2021, 1, 10), "GRACE_ENTERED", "platinum"),
        (date(2022, 1, 10), "LIFETIME_GRANTED", "platinum"),
        (date(2022, 1, 10), "RENEWED", "platinum"),
    ]


def test_tenure_comes_before_the_end_of_grace_of_the_same_day(tier_world: TierWorld) -> None:
    levels = (CRYSTAL, SAPPHIRE, replace(PLATINUM, lifetime_years=2, grace_months=12))
    policy = with_spa(levels=levels)
    days = [date(2021, 1, 10), date(2022, 1, 10)]
    assert told_alike(tier_world, lambda world: platinum(world, policy), days, date(2022, 1, 11))[3:] == [
        (date(2022, 1, 10), "LIFETIME_GRANTED", "platinum"),
        (date(2022, 1, 10), "RENEWED", "platinum"),
    ]


def test_a_lifetime_member_is_renewed_year_after_year_without_buying(tier_world: TierWorld) -> None:
    days = [date(year, 1, 10) for year in range(2021, 2027)]
    reasons = [
        reason
        for _, reason, _ in told_alike(
            tier_world, lambda world: platinum(world, for_life()), days, date(2026, 6, 1)
        )
    ]
    assert reasons[2:] == ["GRACE_ENTERED", "LIFETIME_GRANTED", *["RENEWED"] * 5]


def test_one_day_short_of_the_years_is_not_for_life(tier_world: TierWorld) -> None:
    platinum(tier_world, for_life())
    tier_world.today = date(2022, 6, 1)
    assert tier_world.looks_at(TENURE, date(2022, 1, 9)) == 0
    assert tier_world.looks_at(TENURE, date(2022, 1, 10)) == 1


def test_a_level_of_leap_day_is_for_life_on_28_february(tier_world: TierWorld) -> None:
    begin = date(2020, 2, 29)
    days = [date(2021, 2, 28), date(2022, 2, 28)]
    told = told_alike(tier_world, lambda world: platinum(world, for_life(), begin), days, date(2022, 3, 1))
    assert told[2:] == [
        (date(2021, 2, 28), "GRACE_ENTERED", "platinum"),
        (date(2022, 2, 28), "LIFETIME_GRANTED", "platinum"),
        (date(2022, 2, 28), "RENEWED", "platinum"),
    ]


def test_years_are_not_counted_for_a_level_that_is_no_longer_the_highest(tier_world: TierWorld) -> None:
    platinum(tier_world, for_life(2, maintenance=Maintenance.NONE))
    diamond = Level("diamond", "Diamond", 20_000, Thresholds(5_000_000), lifetime_years=2)
    top = (CRYSTAL, SAPPHIRE, PLATINUM, diamond)
    tier_world.today = date(2021, 12, 1)
    assert tier_world.apply(with_spa(levels=top, maintenance=Maintenance.NONE)) == []
    tier_world.today = date(2023, 1, 1)
    assert tier_world.run(TENURE, date(2023, 1, 1)) == []


def test_tenure_reached_while_the_system_is_inactive_waits_until_it_is_active(tier_world: TierWorld) -> None:
    def begin(world: TierWorld) -> None:
        platinum(world, for_life(maintenance=Maintenance.NONE))
        world.today = date(2021, 12, 1)
        assert world.apply(for_life(maintenance=Maintenance.NONE, active=False)) == []
        assert world.apply(for_life(maintenance=Maintenance.NONE), date(2022, 3, 1)) == []

    days = [date(2022, 1, 10), date(2022, 3, 1)]
    assert told_alike(tier_world, begin, days, date(2022, 3, 2))[2:] == [
        (date(2022, 3, 1), "LIFETIME_GRANTED", "platinum")
    ]


def test_an_edit_that_asks_for_fewer_years_grants_on_its_first_day(tier_world: TierWorld) -> None:
    platinum(tier_world, for_life(10, maintenance=Maintenance.NONE))
    tier_world.today = date(2023, 5, 1)
    assert tier_world.apply(for_life(3, maintenance=Maintenance.NONE)) == []
    assert story(tier_world.run(TENURE, date(2023, 5, 1))) == [
        (date(2023, 5, 1), "LIFETIME_GRANTED", "platinum")
    ]


def test_resets_that_are_passed_do_not_keep_the_tenure_job_from_granting(tier_world: TierWorld) -> None:
    bronze, silver = GAME_LEVELS
    policy = with_game(levels=(bronze, replace(silver, keep=None, lifetime_years=1)))
    joined(tier_world, replace(policy, default_system="game"), date(2024, 1, 10))
    tier_world.record(purchase("T1", "M1", date(2024, 1, 10), base_points=1_000))
    tier_world.today = date(2025, 6, 1)
    assert story(tier_world.run(TENURE, date(2025, 6, 1))) == [
        (date(2025, 1, 10), "LIFETIME_GRANTED", "silver")
    ]


def test_a_reset_that_would_be_failed_is_left_to_the_review(tier_world: TierWorld) -> None:
    bronze, silver = GAME_LEVELS
    policy = with_game(levels=(bronze, replace(silver, lifetime_years=1)))
    joined(tier_world, replace(policy, default_system="game"), date(2024, 1, 10))
    tier_world.record(purchase("T1", "M1", date(2024, 1, 10), base_points=1_000))
    tier_world.today = date(2025, 6, 1)
    assert tier_world.run(TENURE, date(2025, 6, 1)) == []
    assert story(tier_world.run_review(date(2025, 6, 1))) == [(date(2024, 2, 29), "RESET_FAILED", "bronze")]
