"""Inactivity: a mark on who stays away from the lowest level (DECISIONS, Meanings 13)."""

from datetime import date

from services.tier.policy_document import Maintenance, TierPolicy
from tests.tier.nights import JOINED, Story, joined, story, told_alike
from tests.tier.policies import with_spa
from tests.tier.world import TierWorld, purchase
from workers.jobs.inactivity import INACTIVITY

BECOMES_INACTIVE = date(2021, 1, 10)


def away(months: int = 12, **changed: object) -> TierPolicy:
    """Crystal members are inactive after so many months without a treatment."""
    return with_spa(inactive_months=months, **changed)


def lived(world: TierWorld, last: date, days: list[date], policy: TierPolicy | None = None) -> Story:
    return told_alike(world, lambda each: joined(each, policy or away()), days, last)[1:]


def test_who_stays_away_is_inactive_from_the_very_day_and_active_again_by_a_purchase(
    tier_world: TierWorld,
) -> None:
    days = [date(2021, 1, 9), BECOMES_INACTIVE]
    assert lived(tier_world, date(2021, 1, 11), days) == [
        (BECOMES_INACTIVE, "INACTIVATED", "crystal"),
        (date(2021, 1, 11), "REACTIVATED", "crystal"),
    ]


def test_a_treatment_of_the_day_itself_is_in_time(tier_world: TierWorld) -> None:
    joined(tier_world, away())
    tier_world.today = BECOMES_INACTIVE
    tier_world.record(purchase("T1", "M1", BECOMES_INACTIVE, visits=1))
    assert len(tier_world.moves("M1")) == 1
    assert tier_world.changes(INACTIVITY, BECOMES_INACTIVE) == []


def test_what_is_no_treatment_does_not_put_inactivity_off(tier_world: TierWorld) -> None:
    joined(tier_world, away())
    tier_world.today = date(2021, 6, 1)
    tier_world.record(purchase("T1", "M1", date(2020, 12, 1), spend_minor=100))
    assert [day for day, _, _ in story(tier_world.run(INACTIVITY, date(2021, 6, 1)))] == [BECOMES_INACTIVE]


def test_a_treatment_told_late_reactivates_and_counts_from_its_evaluation(tier_world: TierWorld) -> None:
    joined(tier_world, away())
    tier_world.today = date(2021, 6, 1)
    tier_world.run(INACTIVITY, date(2021, 6, 1))
    tier_world.record(purchase("T1", "M1", date(2020, 12, 1), visits=1))
    assert story(tier_world.moves("M1"))[-1] == (BECOMES_INACTIVE, "REACTIVATED", "crystal")
    assert tier_world.looks_at(INACTIVITY, date(2022, 1, 9)) == 0
    assert tier_world.looks_at(INACTIVITY, BECOMES_INACTIVE.replace(year=2022)) == 1


def test_who_stands_above_the_lowest_level_is_never_inactive(tier_world: TierWorld) -> None:
    joined(tier_world, away(maintenance=Maintenance.NONE))
    tier_world.record(purchase("T1", "M1", JOINED, spend_minor=300_000))
    tier_world.today = date(2025, 1, 1)
    assert tier_world.looks_at(INACTIVITY, date(2025, 1, 1)) == 0


def test_who_comes_down_is_not_inactive_before_entering_the_lowest_level(tier_world: TierWorld) -> None:
    def begin(world: TierWorld) -> None:
        joined(world, away(6))
        world.record(purchase("T1", "M1", JOINED, spend_minor=300_000, visits=1))

    days = [date(2021, 1, 10), date(2021, 4, 10)]
    assert told_alike(tier_world, begin, days, date(2021, 5, 1))[2:] == [
        (date(2021, 1, 10), "GRACE_ENTERED", "sapphire"),
        (date(2021, 4, 10), "GRACE_EXPIRED", "crystal"),
        (date(2021, 4, 10), "INACTIVATED", "crystal"),
        (date(2021, 5, 1), "REACTIVATED", "crystal"),
    ]


def test_inactivity_waits_while_the_system_is_inactive(tier_world: TierWorld) -> None:
    def begin(world: TierWorld) -> None:
        joined(world, away())
        world.today = date(2020, 12, 1)
        assert world.apply(away(active=False)) == []
        assert world.apply(away(), date(2021, 3, 1)) == []

    days = [BECOMES_INACTIVE, date(2021, 3, 1)]
    assert told_alike(tier_world, begin, days, date(2021, 3, 2))[1:] == [
        (date(2021, 3, 1), "INACTIVATED", "crystal"),
        (date(2021, 3, 2), "REACTIVATED", "crystal"),
    ]


def test_an_edit_that_begins_to_mark_marks_on_its_first_day(tier_world: TierWorld) -> None:
    joined(tier_world, away(0))
    tier_world.today = date(2023, 5, 1)
    assert tier_world.apply(away()) == []
    assert story(tier_world.run(INACTIVITY, date(2023, 5, 1))) == [
        (date(2023, 5, 1), "INACTIVATED", "crystal")
    ]
