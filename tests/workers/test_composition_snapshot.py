"""composition-snapshot through the engine: previewed, run once, and never counted twice."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

import services.tier
from carat.tier.v1 import member_pb2
from services.kernel.calendar import day_number
from services.runtime.database import Database
from services.runtime.migrate import migrate
from services.runtime.program_messages import day_to_proto
from tests.tier.policies import POLICY
from tests.tier.snapshots import counted, recorded
from tests.tier.world import TierWorld, purchase
from tests.workers.conftest import AUGUST_31, ended
from workers.engine import Engine
from workers.executor import Executor
from workers.jobs import JOBS
from workers.operations import Operations
from workers.progress.reports import Run
from workers.progress.tables import RunState

DAY = date(2026, 8, 30)
COUNTS = {
    ("COUNTED", "", "game/bronze"): 12,
    ("COUNTED", "", "spa/crystal"): 19,
    ("COUNTED", "", "spa/sapphire"): 1,
}


@pytest.fixture
def tier(fresh_database: Callable[[], Database]) -> TierWorld:
    """Twenty members of the spa, of whom one is Sapphire, and twelve of the game."""
    database = fresh_database()
    migrate(database, Path(str(services.tier.__file__)).parent / "migrations")
    world = TierWorld(database)
    assert world.apply(POLICY) == []
    joined = day_to_proto(date(2026, 1, 10))
    world.enrol(
        *(
            member_pb2.Member(
                member_id=f"M{number}", enrolled_on=joined, tier_system="spa" if number < 20 else "game"
            )
            for number in range(32)
        )
    )
    world.record(purchase("T1", "M1", date(2026, 2, 1), spend_minor=300_000))
    return world


@pytest.fixture
def operations(tier: TierWorld, executor: Executor) -> Iterator[Operations]:
    engine = Engine(JOBS, {"tier": tier.database}, executor)
    yield Operations(engine, AUGUST_31)
    engine.stop()


def run(operations: Operations, preview: bool = False) -> Run:
    started = operations.start("composition-snapshot", day_number(DAY), preview)
    done = ended(operations, started.run_id)
    assert (done.state, done.failure) == (RunState.FINISHED, "")
    return done


def test_a_preview_counts_what_the_run_then_records(tier: TierWorld, operations: Operations) -> None:
    preview = run(operations, preview=True)
    assert recorded(tier, DAY) == {}
    made = run(operations)
    assert (made.members_read, dict(made.changes)) == (32, COUNTS)
    assert (dict(preview.changes), preview.plan_hash) == (COUNTS, made.plan_hash)
    assert recorded(tier, DAY) == counted(tier, DAY)


def test_a_second_run_of_a_day_changes_nothing(tier: TierWorld, operations: Operations) -> None:
    run(operations)
    before = tier.snapshot()
    again = run(operations)
    assert (again.chunks, list(again.changes)) == (0, [])
    assert tier.snapshot() == before


def test_what_a_run_counted_is_listed_by_system_and_level(tier: TierWorld, operations: Operations) -> None:
    changes, _ = operations.list_changes(run(operations).run_id, "")
    assert dict(zip(changes.after.tolist(), changes.members.tolist(), strict=True)) == {
        level: members for (_, _, level), members in COUNTS.items()
    }
    assert set(changes.effective_on.tolist()) == {day_number(DAY)}
