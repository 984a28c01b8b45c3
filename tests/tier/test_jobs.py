"""The jobs of the night: in whatever order and however late they come, they decide the same."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from carat.tier.v1 import member_pb2, move_pb2
from services.runtime.program_messages import day_from_proto, day_to_proto
from services.tier.policy_document import Level, Maintenance, Thresholds, TierPolicy
from tests.tier.policies import GAME_LEVELS, POLICY, SPA_LEVELS, with_game, with_spa
from tests.tier.world import TierWorld, purchase

JOINED = date(2024, 1, 10)
Story = list[tuple[date | None, str, str]]


def story(moves: list[move_pb2.Move]) -> Story:
    """Day, reason and level of each move."""
    return [
        (
            day_from_proto(move.effective_on),
            move_pb2.MoveReason.Name(move.reason).removeprefix("MOVE_REASON_"),
            move.to_level,
        )
        for move in moves
    ]


def joined(world: TierWorld, policy: TierPolicy, tier_system: str) -> TierWorld:
    """M1 has joined a system of the policy."""
    assert world.apply(policy) == []
    member = member_pb2.Member(member_id="M1", enrolled_on=day_to_proto(JOINED), tier_system=tier_system)
    assert world.enrol(member) == [("", True)]
    return world


@pytest.fixture
def silver_with_grace(tier_world: TierWorld) -> TierWorld:
    """M1 is Silver since 10 January; Silver and Gold have a month of grace after a failed monthly reset."""
    bronze, silver = GAME_LEVELS
    silver = replace(silver, grace_months=1, entry=Thresholds(points=100), keep=Thresholds(points=50))
    gold = Level("gold", "Gold", 30_000, Thresholds(points=200), Thresholds(points=150), grace_months=1)
    world = joined(tier_world, with_game(levels=(bronze, silver, gold)), "game")
    world.record(purchase("T1", "M1", JOINED, base_points=100), purchase("T2", "M1", JOINED, base_points=100))
    assert world.moves("M1")[-1].to_level == "gold"
    return world


NIGHTS: list[list[Callable[[TierWorld, date], object]]] = [
    [TierWorld.run_review, TierWorld.run_grace],
    [TierWorld.run_grace, TierWorld.run_review, TierWorld.run_grace],
]


@pytest.mark.parametrize("night", NIGHTS)
def test_a_reset_that_waited_for_the_end_of_grace_is_held_with_it(
    silver_with_grace: TierWorld, night: list[Callable[[TierWorld, date], object]]
) -> None:
    for job in night:
        job(silver_with_grace, date(2024, 5, 15))
    assert story(silver_with_grace.moves("M1"))[3:] == [
        (date(2024, 2, 29), "GRACE_ENTERED", "gold"),
        (date(2024, 3, 29), "GRACE_EXPIRED", "silver"),
        (date(2024, 3, 31), "GRACE_ENTERED", "silver"),
        (date(2024, 4, 30), "GRACE_EXPIRED", "bronze"),
    ]


@pytest.mark.parametrize("as_of", [date(2024, 2, 29), date(2024, 3, 31), date(2024, 12, 31)])
def test_a_job_run_again_changes_nothing(silver_with_grace: TierWorld, as_of: date) -> None:
    assert silver_with_grace.run_review(as_of)
    before = silver_with_grace.snapshot()
    assert silver_with_grace.run_review(as_of) == []
    assert silver_with_grace.snapshot() == before


def test_a_reset_that_was_passed_leaves_no_trace_on_the_member(tier_world: TierWorld) -> None:
    world = joined(tier_world, POLICY, "game")
    world.record(purchase("T1", "M1", JOINED, base_points=1_000))
    before = world.snapshot()
    world.run_review(date(2024, 1, 31))
    after = world.snapshot()
    assert {name for name in before if before[name] != after[name]} == {"tier_system_state"}


def test_a_reset_on_the_first_day_of_a_revision_is_that_revisions(tier_world: TierWorld) -> None:
    tier_world.today = JOINED
    world = joined(tier_world, POLICY, "game")
    world.record(purchase("T1", "M1", JOINED, base_points=1_000))
    assert world.apply(with_game(active=False), date(2024, 2, 29)) == []
    assert world.apply(POLICY, date(2024, 3, 31)) == []
    moves = world.run_review(date(2024, 4, 1))
    assert story(moves) == [(date(2024, 3, 31), "RESET_FAILED", "bronze")]
    assert moves[0].counted_points == 0


def test_a_purchase_told_late_counts_in_its_own_period_after_a_late_run(tier_world: TierWorld) -> None:
    bronze, silver = GAME_LEVELS
    gold = Level("gold", "Gold", 30_000, Thresholds(points=1_500), Thresholds(points=1_000))
    stories: list[Story] = []
    for runs in ([date(2024, 2, 29), date(2024, 3, 31)], [date(2024, 3, 31)]):
        tier_world.clear()
        world = joined(tier_world, with_game(levels=(bronze, replace(silver, keep=None), gold)), "game")
        world.record(purchase("T1", "M1", JOINED, base_points=1_000), purchase("T2", "M1", JOINED))
        assert world.moves("M1")[-1].to_level == "gold"
        for day in runs:
            world.run_review(day)
        world.record(purchase("T3", "M1", date(2024, 3, 5), base_points=1_000))
        stories.append(story(world.moves("M1")))
    assert stories[0] == stories[1]
    assert stories[0][-1] == (date(2024, 3, 5), "THRESHOLD_REACHED", "gold")


def test_who_rose_while_nothing_was_reviewed_is_reviewed_once_the_policy_does(tier_world: TierWorld) -> None:
    tier_world.today = JOINED
    world = joined(tier_world, with_spa(maintenance=Maintenance.NONE), "spa")
    world.record(purchase("T1", "M1", JOINED, spend_minor=300_000))
    assert world.apply(POLICY, date(2025, 6, 1)) == []
    assert world.run_review(date(2026, 1, 9)) == []
    assert story(world.run_review(date(2026, 1, 10))) == [(date(2026, 1, 10), "GRACE_ENTERED", "sapphire")]


def test_grace_that_ends_when_nothing_is_reviewed_any_more_lapses_and_keeps_the_level(
    tier_world: TierWorld,
) -> None:
    tier_world.today = JOINED
    world = joined(tier_world, POLICY, "spa")
    world.record(purchase("T1", "M1", JOINED, spend_minor=300_000))
    world.run_review(date(2025, 1, 10))
    world.today = date(2025, 2, 1)
    assert world.apply(with_spa(maintenance=Maintenance.NONE)) == []
    assert story(world.run_grace(date(2025, 4, 10))) == [(date(2025, 4, 10), "GRACE_LAPSED", "sapphire")]
    standing = world.standing("M1", date(2025, 4, 10))
    assert not isinstance(standing, str)
    assert (standing.level, standing.HasField("grace")) == (SPA_LEVELS[1].code, False)
