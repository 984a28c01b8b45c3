"""Batches of purchases: each counts once, in order, and the first answer is given for ever."""

from dataclasses import replace
from datetime import date

import pytest

from carat.tier.v1 import member_pb2
from services.runtime.program_messages import day_to_proto
from services.tier.policy_document import Level, Property, Thresholds
from tests.tier.policies import AUTOMATIC, GAME_LEVELS, POLICY, with_game, with_spa
from tests.tier.world import Item, TierWorld, members_of_one_shard, purchase

JOINED = date(2024, 1, 10)
BOUGHT = date(2024, 3, 1)


@pytest.fixture
def world(tier_world: TierWorld) -> TierWorld:
    """A program whose members join by their first purchase."""
    assert tier_world.apply(AUTOMATIC) == []
    return tier_world


def visit(number: int, member_id: str = "M1", on: date = BOUGHT, spend_minor: int = 20_000) -> Item:
    """One treatment, by default at RM200."""
    return purchase(
        f"{member_id}-{number}",
        member_id,
        on,
        spend_minor=spend_minor,
        visits=1,
        base_points=spend_minor // 100,
    )


def test_several_purchases_of_a_member_in_one_batch_are_priced_and_numbered_in_order(
    world: TierWorld,
) -> None:
    results = world.record(*(visit(number) for number in range(17)))
    assert [result.treatment_ordinal for result in results] == list(range(1, 18))
    assert [result.points for result in results] == [200] * 15 + [250] * 2
    assert [result.level_after for result in results][13:16] == ["crystal", "sapphire", "sapphire"]


def test_a_batch_answers_as_the_same_purchases_one_by_one(world: TierWorld) -> None:
    members = members_of_one_shard(7, 3)
    items = [visit(number, member, spend_minor=70_000) for number in range(16) for member in members]
    one_by_one = [world.record(item)[0] for item in items]
    stories = [[(move.effective_on, move.to_level) for move in world.moves(member)] for member in members]
    world.clear()
    world.apply(AUTOMATIC)
    assert world.record(*items) == one_by_one
    assert stories == [
        [(move.effective_on, move.to_level) for move in world.moves(member)] for member in members
    ]
    assert world.broken_promises() == []


def test_a_repeated_purchase_gets_its_first_answer_even_after_the_policy_was_edited(world: TierWorld) -> None:
    [first] = world.record(visit(1))
    assert world.apply(replace(AUTOMATIC, properties=(Property("app", "App", 30_000),))) == []
    before = world.snapshot()
    [again] = world.record(visit(1))
    first.replayed = True
    assert again == first
    assert world.snapshot() == before


def test_the_first_purchase_that_nothing_speaks_against_makes_the_member(world: TierWorld) -> None:
    results = world.record(visit(1, on=JOINED, spend_minor=-1), visit(2), visit(3, on=JOINED), visit(4))
    assert [result.treatment_ordinal for result in results] == [0, 1, 0, 2]
    [enrolled] = world.moves("M1")
    assert (enrolled.effective_on, enrolled.transaction_id) == (day_to_proto(BOUGHT), "M1-2")


def test_a_system_and_a_property_exist_from_the_day_of_their_revision_on(tier_world: TierWorld) -> None:
    tier_world.today = BOUGHT
    with_club = with_spa()
    club = replace(with_club.systems[0], external_id="club")
    later = replace(
        with_club,
        systems=(*with_club.systems, club),
        properties=(*POLICY.properties, Property("kiosk", "Kiosk")),
    )
    assert tier_world.apply(POLICY) == []
    assert tier_world.apply(later, date(2024, 3, 2)) == []
    tier_world.today = date(2024, 3, 5)

    def joining(member_id: str, on: date) -> member_pb2.Member:
        return member_pb2.Member(member_id=member_id, enrolled_on=day_to_proto(on), tier_system="club")

    assert tier_world.enrol(joining("M1", BOUGHT), joining("M2", date(2024, 3, 2))) == [
        ("TIER_SYSTEM_UNKNOWN", False),
        ("", True),
    ]
    in_kiosk = [purchase(f"T{day}", "M2", date(2024, 3, day), property_id="kiosk") for day in (1, 2)]
    assert [result.reason for result in tier_world.record(*in_kiosk)] == [9, 0]


def test_a_purchase_of_a_day_before_the_level_existed_earns_once(tier_world: TierWorld) -> None:
    bronze, silver = GAME_LEVELS
    tier_world.today = BOUGHT
    policy = replace(with_game(), default_system="game")
    assert tier_world.apply(policy) == []
    tier_world.enrol(member_pb2.Member(member_id="M1", enrolled_on=day_to_proto(JOINED)))
    pearl = Level("pearl", "Pearl", 18_000, Thresholds(points=10), Thresholds(points=5))
    game = replace(policy.systems[1], levels=(bronze, pearl, silver))
    assert tier_world.apply(replace(policy, systems=(policy.systems[0], game)), date(2024, 3, 2)) == []
    tier_world.today = date(2024, 3, 5)
    earned = tier_world.record(
        purchase("T1", "M1", date(2024, 3, 2), base_points=10),
        purchase("T2", "M1", date(2024, 3, 2), base_points=10),
        purchase("T3", "M1", date(2024, 3, 1), base_points=10),
    )
    assert [(each.level, each.points) for each in earned] == [("bronze", 15), ("pearl", 18), ("pearl", 10)]


def test_a_longer_window_counts_again_what_had_left_the_shorter_one(tier_world: TierWorld) -> None:
    tier_world.today = BOUGHT
    short, long = (
        replace(with_spa(window_months=months), enrolment=AUTOMATIC.enrolment) for months in (1, 12)
    )
    assert tier_world.apply(short) == []
    tier_world.record(*(visit(number) for number in range(14)))
    tier_world.today = date(2024, 5, 1)
    [alone] = tier_world.record(visit(14, on=date(2024, 5, 1)))
    assert tier_world.apply(long, date(2024, 5, 2)) == []
    tier_world.today = date(2024, 5, 2)
    [together] = tier_world.record(visit(15, on=date(2024, 5, 2)))
    assert (alone.level_after, together.level_after) == ("crystal", "sapphire")
    assert tier_world.moves("M1")[-1].counted_visits == 16
