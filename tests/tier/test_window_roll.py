"""window-roll: what leaves the window leaves the sums of those who buy nothing, too."""

from dataclasses import replace
from datetime import date

from services.tier.policy_document import Maintenance
from tests.tier.nights import JOINED, joined
from tests.tier.policies import with_game, with_spa
from tests.tier.world import TierWorld, purchase
from workers.jobs.window_roll import WINDOW_ROLL

LEAVES = date(2021, 1, 10)


def crystal(world: TierWorld) -> None:
    joined(world, with_spa())
    world.record(purchase("T1", "M1", JOINED, spend_minor=1_000))
    world.today = date(2021, 6, 1)


def counted(world: TierWorld) -> tuple[int, int]:
    """Spend as stored, and the version of the row."""
    [row] = world.snapshot()["standing"]
    return row.spend, row.version


def test_what_leaves_the_window_is_subtracted_without_a_move(tier_world: TierWorld) -> None:
    crystal(tier_world)
    assert tier_world.changes(WINDOW_ROLL, LEAVES) == [("M1", "WINDOW_ROLLED", "crystal", "crystal")]
    assert tier_world.run(WINDOW_ROLL, LEAVES) == []
    assert counted(tier_world) == (0, 2)
    assert tier_world.broken_promises() == []


def test_a_second_run_reads_nobody_and_changes_nothing(tier_world: TierWorld) -> None:
    crystal(tier_world)
    tier_world.run(WINDOW_ROLL, LEAVES)
    before = tier_world.snapshot()
    assert tier_world.looks_at(WINDOW_ROLL, LEAVES) == 0
    tier_world.run(WINDOW_ROLL, LEAVES)
    assert tier_world.snapshot() == before


def test_who_loses_nothing_is_not_read(tier_world: TierWorld) -> None:
    crystal(tier_world)
    tier_world.record(purchase("T2", "M1", date(2020, 2, 1), spend_minor=500))
    assert tier_world.looks_at(WINDOW_ROLL, date(2021, 1, 9)) == 0
    tier_world.run(WINDOW_ROLL, LEAVES)
    assert counted(tier_world)[0] == 500
    assert tier_world.looks_at(WINDOW_ROLL, date(2021, 1, 31)) == 0
    assert tier_world.looks_at(WINDOW_ROLL, date(2021, 2, 1)) == 1


def test_a_purchase_told_late_is_found_however_old(tier_world: TierWorld) -> None:
    crystal(tier_world)
    tier_world.run(WINDOW_ROLL, LEAVES)
    tier_world.record(purchase("T2", "M1", date(2021, 1, 10), spend_minor=500))
    tier_world.today = date(2025, 1, 1)
    tier_world.run(WINDOW_ROLL, date(2025, 1, 1))
    assert counted(tier_world)[0] == 0
    assert tier_world.looks_at(WINDOW_ROLL, date(2025, 1, 1)) == 0


def test_what_had_left_a_shorter_window_returns_to_a_longer_one(tier_world: TierWorld) -> None:
    crystal(tier_world)
    tier_world.run(WINDOW_ROLL, LEAVES)
    assert tier_world.apply(with_spa(window_months=24)) == []
    assert tier_world.changes(WINDOW_ROLL, date(2021, 6, 1)) == [
        ("M1", "WINDOW_ROLLED", "crystal", "crystal")
    ]
    tier_world.run(WINDOW_ROLL, date(2021, 6, 1))
    assert counted(tier_world)[0] == 1_000
    assert tier_world.looks_at(WINDOW_ROLL, date(2021, 6, 1)) == 0


def test_a_window_that_moved_on_brings_what_fell_due_with_it(tier_world: TierWorld) -> None:
    joined(tier_world, with_spa())
    tier_world.record(purchase("T1", "M1", JOINED, spend_minor=300_000))
    tier_world.today = date(2021, 6, 1)
    changes = tier_world.changes(WINDOW_ROLL, date(2021, 6, 1))
    assert [kind for _, kind, _, _ in changes] == ["GRACE_ENTERED", "GRACE_EXPIRED"]


def test_a_new_counting_period_costs_nothing(tier_world: TierWorld) -> None:
    joined(tier_world, replace(with_game(), default_system="game"), date(2024, 1, 10))
    tier_world.record(purchase("T1", "M1", date(2024, 1, 10), base_points=1_000))
    tier_world.today = date(2024, 4, 1)
    assert tier_world.looks_at(WINDOW_ROLL, date(2024, 1, 31)) == 0


def test_who_is_evaluated_later_is_left_alone(tier_world: TierWorld) -> None:
    joined(tier_world, with_spa(maintenance=Maintenance.NONE))
    tier_world.today = date(2022, 1, 1)
    tier_world.record(purchase("T1", "M1", date(2020, 12, 1), spend_minor=1_000))
    tier_world.record(purchase("T2", "M1", date(2022, 1, 1), spend_minor=1_000))
    assert tier_world.looks_at(WINDOW_ROLL, date(2021, 3, 1)) == 0
