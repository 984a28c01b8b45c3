"""In the month of the birthday another multiplier holds (LuxeSpa, Step 5: Tier-Specific Points Earning Rules)."""

from dataclasses import replace
from datetime import date

import pytest
import sqlalchemy as sa

from services.runtime.program_messages import day_to_proto
from services.tier.policy_document import BirthdayRule
from tests.tier.celebrating_spa import BORN, LEVELS, TODAY, bought_for, celebrating, spa_with
from tests.tier.records import erase, merge, separate, update
from tests.tier.world import Result, TierWorld, purchase

FEBRUARY = (date(2025, 2, 1), date(2025, 2, 28))
AROUND = (date(2025, 1, 31), *FEBRUARY, date(2025, 3, 1))


def factors(result: Result) -> tuple[int, int, int, int]:
    """Points with the multipliers of level, birthday month and property."""
    multipliers = (result.level_multiplier_bp, result.birthday_multiplier_bp, result.property_multiplier_bp)
    return result.points, *multipliers


def birth_months(world: TierWorld) -> dict[str, int]:
    query = sa.text("SELECT member_id, birth_month FROM standing")
    rows = world.database.transact(lambda connection: connection.execute(query).all())
    return {row.member_id: row.birth_month for row in rows}


@pytest.mark.parametrize(
    ("level", "points"), [("crystal", 200), ("sapphire", 300), ("platinum", 500), ("diamond", 1_000)]
)
def test_a_birthday_earns_the_seeds_multiple_in_place_of_the_levels(
    tier_world: TierWorld, level: str, points: int
) -> None:
    spa = spa_with(tier_world, ("M1", level, BORN))
    [result] = bought_for(spa, "M1", FEBRUARY[:1])
    assert factors(result) == (points, 10_000, points * 100, 10_000)
    assert (result.level, result.tier_system) == (level, "spa")


def test_the_month_lasts_from_its_first_day_to_its_last_whatever_the_day_of_birth(
    tier_world: TierWorld,
) -> None:
    spa = spa_with(tier_world, ("M1", "sapphire", date(1990, 2, 14)))
    results = bought_for(spa, "M1", AROUND)
    assert [result.points for result in results] == [125, 300, 300, 125]
    assert [result.birthday_multiplier_bp for result in results] == [10_000, 30_000, 30_000, 10_000]
    assert [result.level_multiplier_bp for result in results] == [12_500, 10_000, 10_000, 12_500]


def test_who_was_born_on_29_february_has_a_birthday_month_every_year(tier_world: TierWorld) -> None:
    spa = spa_with(tier_world, ("M1", "crystal", BORN))
    days = (date(2024, 2, 29), date(2025, 2, 28), date(2025, 3, 1))
    assert [result.points for result in bought_for(spa, "M1", days)] == [200, 200, 100]


def test_a_program_may_multiply_the_birthday_with_the_level(tier_world: TierWorld) -> None:
    policy = celebrating(birthday=BirthdayRule.MULTIPLY)
    spa = spa_with(tier_world, ("M1", "sapphire", BORN), policy=policy)
    [result] = bought_for(spa, "M1", FEBRUARY[:1])
    assert factors(result) == (375, 12_500, 30_000, 10_000)


def test_the_property_comes_on_top_and_all_is_rounded_once(tier_world: TierWorld) -> None:
    spa = spa_with(tier_world, ("M1", "sapphire", BORN))
    item = purchase("T1", "M1", FEBRUARY[0], base_micropoints=1_350_000, property_id="app")
    [result] = spa.record(item)
    assert factors(result) == (8, 10_000, 30_000, 20_000), "1.35 x 3 x 2 = 8.1; 1 x 6 = 6"


def test_a_level_without_a_birthday_multiplier_keeps_its_own_in_that_month(tier_world: TierWorld) -> None:
    levels = (LEVELS[0], replace(LEVELS[1], birthday_multiplier_bp=None), *LEVELS[2:])
    spa = spa_with(tier_world, ("M1", "sapphire", BORN), policy=celebrating(levels=levels))
    [result] = bought_for(spa, "M1", FEBRUARY[:1])
    assert factors(result) == (125, 12_500, 10_000, 10_000)


def test_an_inactive_system_knows_no_birthday_and_no_package_bonus(tier_world: TierWorld) -> None:
    spa = spa_with(tier_world, ("M1", "diamond", BORN))
    spa.today = date(2025, 1, 15)
    assert spa.apply(celebrating(active=False)) == []
    spa.today = TODAY
    item = purchase("T1", "M1", FEBRUARY[0], base_points=100, package_micropoints=100 * 10**6)
    [result] = spa.record(item)
    assert (*factors(result), result.package_bonus_bp) == (100, 10_000, 10_000, 10_000, 0)


def test_birthday_points_qualify_like_all_others(tier_world: TierWorld) -> None:
    spa = spa_with(tier_world, ("M1", "crystal", BORN))
    bought_for(spa, "M1", FEBRUARY[:1])
    standing = spa.standing("M1", TODAY)
    assert not isinstance(standing, str)
    assert standing.counted.points == 200


def test_a_birthday_told_only_later_changes_nothing_that_was_bought(tier_world: TierWorld) -> None:
    spa = spa_with(tier_world, ("M1", "sapphire", None))
    item = purchase("T1", "M1", FEBRUARY[0], base_points=100)
    [before] = spa.record(item)
    update(spa, mask=["birthday"], birthday=BORN)
    [again] = spa.record(item)
    assert (before.points, again.points, again.replayed) == (125, 125, True)
    [after] = spa.record(purchase("T2", "M1", FEBRUARY[0], base_points=100))
    assert factors(after) == (300, 10_000, 30_000, 10_000)


def test_a_birthday_taken_from_the_record_earns_nothing_more(tier_world: TierWorld) -> None:
    spa = spa_with(tier_world, ("M1", "sapphire", BORN))
    update(spa, mask=["birthday"])
    assert [result.points for result in bought_for(spa, "M1", FEBRUARY[:1])] == [125]
    assert spa.broken_promises() == []


def test_changing_only_the_system_of_a_record_leaves_the_birthday(tier_world: TierWorld) -> None:
    spa = spa_with(tier_world, ("M1", "crystal", BORN))
    update(spa, tier_system="game")
    assert birth_months(spa) == {"M1": 2}


def test_each_of_two_merged_records_keeps_its_own_birthday(tier_world: TierWorld) -> None:
    spa = spa_with(tier_world, ("M1", "crystal", BORN), ("M2", "crystal", date(1990, 7, 1)))
    merge(spa, "M1", "M2")
    assert birth_months(spa) == {"M1": 2, "M2": 7}
    update(spa, "M2", mask=["birthday"], birthday=date(1990, 8, 1))
    separate(spa)
    assert birth_months(spa) == {"M1": 2, "M2": 8}
    assert spa.broken_promises() == []


def test_of_an_erased_member_no_month_of_birth_is_left_anywhere(tier_world: TierWorld) -> None:
    spa = spa_with(tier_world, ("M1", "crystal", BORN), ("M2", "crystal", date(1990, 7, 1)))
    merge(spa, "M1", "M2")
    erase(spa, "M2")
    assert birth_months(spa) == {"M1": 0, "M2": 0}
    assert "birth" not in str(spa.snapshot()["member_merge"])
    assert spa.broken_promises() == []


def test_another_multiplier_holds_from_the_first_day_of_its_revision_on(tier_world: TierWorld) -> None:
    spa = spa_with(tier_world, ("M1", "crystal", BORN))
    spa.today = FEBRUARY[0]
    levels = (replace(LEVELS[0], birthday_multiplier_bp=40_000), *LEVELS[1:])
    assert spa.apply(celebrating(levels=levels), FEBRUARY[1]) == []
    spa.today = TODAY
    days = (date(2025, 2, 27), FEBRUARY[1])
    assert [result.points for result in bought_for(spa, "M1", days)] == [200, 400]


def test_a_first_purchase_makes_a_member_without_a_birthday(tier_world: TierWorld) -> None:
    spa = spa_with(tier_world)
    [result] = bought_for(spa, "M7", FEBRUARY[:1])
    assert factors(result) == (100, 10_000, 10_000, 10_000)
    assert spa.standing("M7", TODAY).member.enrolled_on == day_to_proto(FEBRUARY[0])  # type: ignore[union-attr]
