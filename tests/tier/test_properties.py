"""Multipliers of digital properties: edited at once, never retroactively, whatever the revisions do."""

from dataclasses import replace
from datetime import date

import pytest

from carat.tier.v1 import member_pb2, policy_pb2, property_pb2
from services.runtime.program_messages import day_to_proto
from services.runtime.refusal import Refused
from services.tier.policy_document import BirthdayRule, Property, TierPolicy
from services.tier.refusals import Reason
from tests.tier.calls import asked
from tests.tier.policies import POLICY, SPA_LEVELS, with_sapphire, with_spa
from tests.tier.world import TierWorld, purchase

TODAY = date(2025, 6, 1)
YESTERDAY = date(2025, 5, 31)
LATER = date(2025, 7, 1)
WEB = Property("web", "Web")


@pytest.fixture
def world(tier_world: TierWorld) -> TierWorld:
    """M1 is Crystal, at a multiplier of 1; purchases in the app count double."""
    tier_world.today = TODAY
    assert tier_world.apply(POLICY) == []
    joined = member_pb2.Member(member_id="M1", enrolled_on=day_to_proto(date(2025, 1, 10)))
    assert tier_world.enrol(joined) == [("", True)]
    return tier_world


def with_app(multiplier_bp: int | None, *others: Property) -> TierPolicy:
    return replace(POLICY, properties=(Property("app", "App", multiplier_bp), *others))


def earned(world: TierWorld, on: date, transaction_id: str, property_id: str = "app") -> int:
    """The points for a purchase of RM100."""
    item = purchase(transaction_id, "M1", on, base_points=100, property_id=property_id)
    [result] = world.record(item)
    assert result.reason == 0
    return result.points


def update(world: TierWorld, multiplier_bp: int, property_id: str = "app") -> policy_pb2.Property:
    request = property_pb2.UpdatePropertyRequest(property_id=property_id, multiplier_bp=multiplier_bp)
    edited: policy_pb2.Property = asked(world, "UpdateProperty", request).property
    return edited


def listed(world: TierWorld) -> dict[str, int]:
    told = asked(world, "ListProperties", property_pb2.ListPropertiesRequest()).properties
    return {item.id: item.multiplier_bp for item in told}


def test_an_edit_multiplies_what_is_recorded_from_now_on_and_dated_from_today_on(world: TierWorld) -> None:
    assert earned(world, TODAY, "T1") == 200
    assert update(world, 30_000).multiplier_bp == 30_000
    assert earned(world, TODAY, "T2") == 300
    assert earned(world, YESTERDAY, "T3") == 200
    assert listed(world) == {"app": 30_000}


def test_what_was_recorded_keeps_its_points_when_it_is_sent_again(world: TierWorld) -> None:
    assert earned(world, TODAY, "T1") == 200
    update(world, 30_000)
    before = world.snapshot()
    assert earned(world, TODAY, "T1") == 200
    assert world.snapshot() == before


def test_of_several_edits_on_one_day_the_newest_holds(world: TierWorld) -> None:
    for multiplier_bp in (30_000, 50_000, 10_000):
        update(world, multiplier_bp)
    assert earned(world, TODAY, "T1") == 100
    world.today = LATER
    update(world, 40_000)
    assert [earned(world, day, f"T-{day}") for day in (YESTERDAY, TODAY, LATER)] == [200, 100, 400]


def test_a_purchase_in_no_property_is_never_multiplied(world: TierWorld) -> None:
    update(world, 30_000)
    assert earned(world, TODAY, "T1", "") == 100


def test_a_file_changes_a_multiplier_at_once_though_its_levels_wait(world: TierWorld) -> None:
    pending = replace(with_sapphire(multiplier_bp=20_000), properties=with_app(30_000).properties)
    assert world.apply(pending, LATER) == []
    assert earned(world, TODAY, "T1") == 300
    assert listed(world) == {"app": 30_000}


def test_what_a_range_makes_of_a_multiplier_lasts(world: TierWorld) -> None:
    assert world.applied(with_app(30_000), effective_until=LATER).violations == []
    world.today = LATER
    assert earned(world, LATER, "T1") == 300


def test_a_multiplier_that_only_validating_would_change_stays(world: TierWorld) -> None:
    before = world.snapshot()
    told = world.applied(with_app(30_000), validate_only=True)
    assert (told.changed, told.violations) == (True, [])
    assert world.snapshot() == before


def test_applying_the_unchanged_file_leaves_what_staff_made_of_a_multiplier(world: TierWorld) -> None:
    update(world, 30_000)
    assert not world.applied(POLICY).changed
    assert world.apply(with_sapphire(multiplier_bp=20_000)) == []
    assert earned(world, TODAY, "T1") == 300


def test_a_multiplier_that_the_file_changes_overrules_staff(world: TierWorld) -> None:
    update(world, 30_000)
    assert world.apply(with_app(15_000)) == []
    assert earned(world, TODAY, "T1") == 150


def test_a_file_in_force_changes_nothing_whatever_a_pending_one_made_of_its_multipliers(
    world: TierWorld,
) -> None:
    assert world.apply(with_app(30_000), LATER) == []
    before = world.snapshot()
    assert not world.applied(POLICY).changed
    assert world.snapshot() == before


def test_a_multiplier_left_out_is_one(world: TierWorld) -> None:
    assert world.apply(with_app(None, WEB)) == []
    assert listed(world) == {"app": 10_000, "web": 10_000}
    assert [earned(world, TODAY, "T1"), earned(world, TODAY, "T2", "web")] == [100, 100]


def test_a_new_property_has_its_multiplier_since_its_first_day(world: TierWorld) -> None:
    assert world.apply(with_app(20_000, replace(WEB, multiplier_bp=40_000)), LATER) == []
    world.today = date(2025, 8, 1)
    update(world, 50_000, "web")
    assert [earned(world, day, f"T-{day}", "web") for day in (LATER, world.today)] == [400, 500]


@pytest.mark.parametrize(
    ("property_id", "multiplier_bp", "reason"),
    [
        ("kiosk", 20_000, Reason.PROPERTY_UNKNOWN),
        ("", 20_000, Reason.PROPERTY_UNKNOWN),
        ("web", 20_000, Reason.PROPERTY_UNKNOWN),
        ("app", 9_999, Reason.MULTIPLIER_BELOW_ONE),
        ("app", 0, Reason.MULTIPLIER_BELOW_ONE),
        ("app", -10_000, Reason.MULTIPLIER_BELOW_ONE),
        ("app", 1_000_001, Reason.MULTIPLIER_ABOVE_LIMIT),
    ],
)
def test_an_edit_is_refused(world: TierWorld, property_id: str, multiplier_bp: int, reason: Reason) -> None:
    # The web shop opens later.
    assert world.apply(with_app(20_000, WEB), LATER) == []
    before = world.snapshot()
    with pytest.raises(Refused) as refused:
        update(world, multiplier_bp, property_id)
    assert refused.value.reason == reason
    assert world.snapshot() == before


def test_multipliers_of_one_and_of_a_hundred_are_allowed(world: TierWorld) -> None:
    for multiplier_bp in (1_000_000, 10_000):
        assert update(world, multiplier_bp).multiplier_bp == multiplier_bp


def test_an_edit_to_what_holds_already_writes_nothing(world: TierWorld) -> None:
    before = world.snapshot()
    assert update(world, 20_000).multiplier_bp == 20_000
    assert world.snapshot() == before


def summary(world: TierWorld, tier_system: str = "") -> list[tuple[str, str, int]]:
    request = property_pb2.GetMultiplierSummaryRequest(tier_system=tier_system)
    told = asked(world, "GetMultiplierSummary", request).multipliers
    return [(each.level, each.property_id, each.effective_multiplier_bp) for each in told]


def test_bronze_at_one_and_a_half_in_an_app_of_two_earns_threefold(world: TierWorld) -> None:
    assert summary(world, "game") == [
        ("bronze", "", 15_000),
        ("bronze", "app", 30_000),
        ("silver", "", 20_000),
        ("silver", "app", 40_000),
    ]
    update(world, 12_500)
    assert summary(world, "game")[1] == ("bronze", "app", 18_750)
    assert len(summary(world)) == 10


def test_an_inactive_system_multiplies_by_one_and_its_properties_as_ever(world: TierWorld) -> None:
    spa, game = POLICY.systems
    assert world.apply(replace(POLICY, systems=(spa, replace(game, active=False)))) == []
    assert summary(world, "game") == [
        ("bronze", "", 10_000),
        ("bronze", "app", 20_000),
        ("silver", "", 10_000),
        ("silver", "app", 20_000),
    ]


@pytest.mark.parametrize(
    ("rule", "active", "told"),
    [
        (BirthdayRule.REPLACE, True, [(30_000, 1_000), (60_000, 1_000)]),
        (BirthdayRule.MULTIPLY, True, [(37_500, 1_000), (75_000, 1_000)]),
        (BirthdayRule.REPLACE, False, [(10_000, 0), (20_000, 0)]),
    ],
)
def test_the_summary_tells_of_birthdays_and_packages(
    world: TierWorld, rule: BirthdayRule, active: bool, told: list[tuple[int, int]]
) -> None:
    sapphire = replace(SPA_LEVELS[1], birthday_multiplier_bp=30_000, package_bonus_bp=1_000)
    levels = (SPA_LEVELS[0], sapphire, SPA_LEVELS[2])
    assert world.apply(with_spa(levels=levels, birthday=rule, active=active)) == []
    request = property_pb2.GetMultiplierSummaryRequest(tier_system="spa")
    lines = asked(world, "GetMultiplierSummary", request).multipliers
    bonuses = [(line.birthday_month_multiplier_bp, line.package_bonus_bp) for line in lines]
    assert bonuses[2:4] == told
    assert bonuses[0] == (10_000, 0)


def test_the_summary_of_an_unknown_system_is_refused(world: TierWorld) -> None:
    with pytest.raises(Refused) as refused:
        summary(world, "gold")
    assert refused.value.reason == Reason.TIER_SYSTEM_UNKNOWN


def test_the_summary_rounds_toward_zero_for_showing_only(world: TierWorld) -> None:
    assert world.apply(with_sapphire(multiplier_bp=10_001)) == []
    update(world, 10_001)
    assert summary(world, "spa")[3] == ("sapphire", "app", 10_002)
