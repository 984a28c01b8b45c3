"""Levels edited with members standing on them: inserted, renamed, re-thresholded, for good or for a while."""

from dataclasses import replace
from datetime import date

import pytest

from services.runtime.program_messages import day_to_proto
from services.tier.policy_document import Thresholds
from tests.tier.edited_spa import (
    CRYSTAL,
    PEARL,
    PLATINUM,
    SAPPHIRE,
    SUMMER,
    WITH_PEARL,
    apply_in_summer,
    cancelled,
    earned,
    level_of,
    spa_of_two,
)
from tests.tier.policies import AUTOMATIC, with_sapphire, with_spa
from tests.tier.world import TierWorld, purchase, reason_name


@pytest.fixture
def world(tier_world: TierWorld) -> TierWorld:
    """See spa_of_two."""
    return spa_of_two(tier_world)


def test_thresholds_of_a_range_promote_within_it_alone(world: TierWorld) -> None:
    assert apply_in_summer(world, with_sapphire(entry=Thresholds(300_000, 1))) == []
    earned(world, date(2025, 6, 30), "M2")
    assert level_of(world, "M2") == "crystal"
    earned(world, SUMMER[0], "M2")
    assert level_of(world, "M2") == "sapphire"
    assert level_of(world, "M2", date(2025, 12, 1)) == "sapphire"


def test_a_level_inserted_below_a_member_leaves_the_member_standing_one_rank_higher(world: TierWorld) -> None:
    assert world.apply(WITH_PEARL, SUMMER[0]) == []
    before, after = world.standing("M1", date(2025, 6, 30)), world.standing("M1", SUMMER[0])
    assert not isinstance(before, str)
    assert not isinstance(after, str)
    assert [(each.level, each.rank, each.level_since) for each in (before, after)] == [
        ("sapphire", rank, day_to_proto(date(2025, 2, 1))) for rank in (1, 2)
    ]
    assert world.feed()[-1].to_level == "sapphire"


def test_who_reaches_an_inserted_level_enters_it_from_its_first_day_on(world: TierWorld) -> None:
    assert world.apply(WITH_PEARL, SUMMER[0]) == []
    world.today = SUMMER[0]
    [before] = world.record(purchase("T2", "M2", date(2025, 6, 30), spend_minor=90_000))
    [after] = world.record(purchase("T3", "M2", SUMMER[0], spend_minor=10_000))
    assert (before.level_after, after.level_after) == ("crystal", "pearl")


def test_a_renamed_level_keeps_its_members_and_moves_nobody(world: TierWorld) -> None:
    moves = world.feed()
    assert world.apply(with_sapphire(name="Blue Sapphire"), SUMMER[0]) == []
    world.today = SUMMER[0]
    assert level_of(world, "M1") == "sapphire"
    assert world.feed() == moves


def test_a_raised_threshold_demotes_at_the_review_and_not_before(world: TierWorld) -> None:
    raised = with_sapphire(entry=Thresholds(500_000, 15), keep=None, grace_months=0)
    assert world.apply(raised, SUMMER[0]) == []
    world.today = date(2026, 2, 2)
    assert level_of(world, "M1", date(2026, 1, 31)) == "sapphire"
    assert [move.to_level for move in world.run_review(date(2026, 2, 1))] == ["crystal"]


def test_members_join_by_the_terms_of_the_range_that_their_first_purchase_falls_in(world: TierWorld) -> None:
    assert apply_in_summer(world, AUTOMATIC) == []
    world.today = date(2025, 9, 1)
    answers = [
        reason_name(world.record(purchase(f"N-{day}", "NEW", day, visits=1))[0].reason)
        for day in (date(2025, 6, 30), SUMMER[0])
    ]
    assert answers == ["MEMBER_UNKNOWN", ""]


def test_levels_keep_their_numbers_when_what_named_them_is_cancelled_or_left_aside(world: TierWorld) -> None:
    current = world.book.current
    assert world.apply(WITH_PEARL, SUMMER[0]) == []
    ruby = replace(PLATINUM, code="ruby", name="Ruby", entry=Thresholds(2_000_000, 50))
    with_both = with_spa(levels=(CRYSTAL, PEARL, SAPPHIRE, PLATINUM, ruby))
    assert world.apply(with_both, SUMMER[1]) == []
    codes = ["crystal", "sapphire", "platinum", "pearl", "ruby"]
    assert current(world.database.fetch_arrow).level_codes[0] == codes
    assert current(world.database.fetch_arrow, 1).level_codes[0] == codes
    cancelled(world, 2)
    assert current(world.database.fetch_arrow).level_codes[0] == codes
