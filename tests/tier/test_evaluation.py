"""tier-evaluation: everybody is brought up to a day, and moved as a purchase would (DECISIONS, Meanings 25)."""

from dataclasses import replace
from datetime import date

from services.tier.policy_document import Level, Thresholds
from tests.tier.nights import JOINED, joined, story
from tests.tier.policies import SPA_LEVELS, with_spa
from tests.tier.world import TierWorld, purchase
from workers.jobs.tier_evaluation import TIER_EVALUATION

CRYSTAL, SAPPHIRE, PLATINUM = SPA_LEVELS
EDITED = date(2020, 5, 1)


def spent(world: TierWorld, spend_minor: int, on: date = JOINED) -> None:
    joined(world, with_spa())
    world.record(purchase("T1", "M1", on, spend_minor=spend_minor))
    world.today = EDITED


def cheaper(**entries: int) -> tuple[Level, ...]:
    """The levels, entered by less."""
    return tuple(
        replace(level, entry=Thresholds(entries[level.code]), fast_track=False)
        if level.code in entries
        else level
        for level in SPA_LEVELS
    )


def test_a_ladder_that_asks_for_less_promotes_one_level_a_day(tier_world: TierWorld) -> None:
    spent(tier_world, 200_000)
    assert tier_world.apply(with_spa(levels=cheaper(sapphire=100_000, platinum=200_000))) == []
    assert story(tier_world.run(TIER_EVALUATION, EDITED)) == [(EDITED, "THRESHOLD_REACHED", "sapphire")]
    before = tier_world.snapshot()
    assert tier_world.run(TIER_EVALUATION, EDITED) == []
    assert tier_world.snapshot() == before
    assert story(tier_world.run(TIER_EVALUATION, date(2020, 5, 2))) == [
        (date(2020, 5, 2), "THRESHOLD_REACHED", "platinum")
    ]


def test_who_keeps_the_level_by_a_lower_threshold_recovers(tier_world: TierWorld) -> None:
    spent(tier_world, 300_000)
    tier_world.today = date(2021, 2, 1)
    tier_world.record(purchase("T2", "M1", date(2020, 12, 1), spend_minor=100_000))
    tier_world.run_review(date(2021, 1, 10))
    kept = replace(SAPPHIRE, keep=Thresholds(100_000))
    assert tier_world.apply(with_spa(levels=(CRYSTAL, kept, PLATINUM))) == []
    assert story(tier_world.run(TIER_EVALUATION, date(2021, 2, 1))) == [
        (date(2021, 2, 1), "RECOVERED", "sapphire")
    ]


def test_what_fell_due_is_settled_first(tier_world: TierWorld) -> None:
    spent(tier_world, 300_000)
    tier_world.today = date(2021, 5, 1)
    assert story(tier_world.run(TIER_EVALUATION, date(2021, 5, 1))) == [
        (date(2021, 1, 10), "GRACE_ENTERED", "sapphire"),
        (date(2021, 4, 10), "GRACE_EXPIRED", "crystal"),
    ]


def test_what_left_the_window_promotes_nobody(tier_world: TierWorld) -> None:
    spent(tier_world, 200_000)
    tier_world.today = date(2021, 1, 10)
    assert tier_world.apply(with_spa(levels=cheaper(sapphire=100_000))) == []
    assert tier_world.changes(TIER_EVALUATION, date(2021, 1, 10)) == []


def test_nobody_is_promoted_to_a_level_without_entry_thresholds(tier_world: TierWorld) -> None:
    invited = Level("diamond", "Diamond", 20_000, by_invitation=True)
    joined(tier_world, with_spa(levels=(*SPA_LEVELS, invited)))
    for number in range(4):
        tier_world.record(purchase(f"T{number}", "M1", JOINED, spend_minor=10**9, visits=1_000))
    assert tier_world.moves("M1")[-1].to_level == "platinum"
