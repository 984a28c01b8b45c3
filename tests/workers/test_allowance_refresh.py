"""allowance-refresh on the Benefits service's own tables: a new period opens what each level is owed, once."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

import services.benefits
from services.benefits.columns import Holders, Openings, texts
from services.benefits.policy_document import AllowanceRule, BenefitsPolicy, Period
from services.benefits.recording.policies import apply_policy
from services.benefits.store.allowances import record_level_entered
from services.benefits.store.holders import record_stays
from services.benefits.tables import ALLOWANCE
from services.kernel.calendar import day_number
from services.kernel.columns import taken
from services.kernel.program import Program
from services.kernel.shards import shard_of
from services.runtime.clock import Clock
from services.runtime.database import Database
from services.runtime.migrate import migrate
from tests.workers.conftest import AUGUST_31, ended
from workers.engine import Engine
from workers.executor import Executor
from workers.inline import InlineExecutor
from workers.job import Parameters
from workers.jobs import JOBS
from workers.jobs.allowance_refresh import HeldLevels, decide_refresh
from workers.operations import Operations
from workers.progress.reports import Run
from workers.progress.tables import RunState
from workers.refusals import Reason, RunRefused

PROGRAM = Program("LUXESPA-PRIVILEGE", "LuxeSpa Privilege", "MYR", "Asia/Kuala_Lumpur", "LUXE-POINTS")
FACIAL = AllowanceRule("express-facial", "Express facial", "luxespa", "platinum", 1, Period.MONTHLY, 150_00)
TREATMENT = AllowanceRule(
    "treatment", "Treatment", "luxespa", "diamond", 2, Period.EVERY_14_DAYS, 300_00, date(2026, 7, 6), True
)
JULY_1, JULY_6, AUGUST_1 = (day_number(date(2026, *day)) for day in ((7, 1), (7, 6), (8, 1)))

HOLDERS = Holders(
    shard=shard_of(["amy", "bo", "chen"]),
    member_id=texts(["amy", "bo", "chen"]),
    tier_system=texts(["luxespa"] * 3),
    level=texts(["platinum", "diamond", "crystal"]),
    since=np.full(3, day_number(date(2026, 1, 10)), dtype=np.int32),
    version=np.ones(3, dtype=np.int64),
)


@pytest.fixture
def benefits(fresh_database: Callable[[], Database]) -> Database:
    """A Benefits database with a Platinum, a Diamond and a Crystal member, and no policy yet."""
    database = fresh_database()
    migrate(database, Path(str(services.benefits.__file__)).parent / "migrations")
    database.transact(lambda c: record_stays(c, HOLDERS))
    return database


def apply(database: Database, *rules: AllowanceRule, on: date = date(2026, 6, 1)) -> None:
    clock = Clock(datetime(on.year, on.month, on.day, 4, tzinfo=UTC))
    policy = BenefitsPolicy(rules)
    applied = database.transact(lambda c: apply_policy(c, PROGRAM, policy, None, clock, validate_only=False))
    assert applied.violations == []


@pytest.fixture
def refresh(benefits: Database, executor: Executor) -> Iterator[Callable[..., Run]]:
    engine = Engine(JOBS, {"benefits": benefits}, executor)
    operations = Operations(engine, AUGUST_31)

    def run(as_of: int, preview: bool = False) -> Run:
        started = operations.start("allowance-refresh", as_of, preview)
        done = ended(operations, started.run_id)
        assert (done.state, done.failure) == (RunState.FINISHED, "")
        return done

    yield run
    engine.stop()


def counted(run: Run) -> dict[str, int]:
    assert {(kind.reason, kind.before) for kind, _ in run.changes} <= {("ALLOWANCE_OPENED", "")}
    return {kind.after: members for kind, members in run.changes}


def opened(database: Database) -> list[tuple[str, str, date]]:
    columns = (ALLOWANCE.c.member_id, ALLOWANCE.c.code, ALLOWANCE.c.period_start)
    return [
        tuple(row)
        for row in database.transact(lambda c: c.execute(sa.select(*columns).order_by(*columns)).all())
    ]


def test_a_new_period_opens_what_each_level_is_owed(benefits: Database, refresh: Callable[..., Run]) -> None:
    apply(benefits, FACIAL, TREATMENT)
    assert counted(refresh(JULY_6)) == {"express-facial": 1, "treatment": 1}
    assert opened(benefits) == [
        ("amy", "express-facial", date(2026, 7, 1)),
        ("bo", "treatment", date(2026, 7, 6)),
    ]


def test_a_period_is_opened_once_and_the_next_one_after_it(
    benefits: Database, refresh: Callable[..., Run]
) -> None:
    apply(benefits, FACIAL)
    assert counted(refresh(JULY_1)) == {"express-facial": 1}
    assert counted(refresh(JULY_6)) == {}
    assert counted(refresh(AUGUST_1)) == {"express-facial": 1}
    assert [start for *_, start in opened(benefits)] == [date(2026, 7, 1), date(2026, 8, 1)]


def test_a_preview_opens_nothing_and_foresees_the_run(
    benefits: Database, refresh: Callable[..., Run]
) -> None:
    apply(benefits, FACIAL, TREATMENT)
    preview = refresh(JULY_6, preview=True)
    assert opened(benefits) == []
    assert refresh(JULY_6).plan_hash == preview.plan_hash


def test_a_program_without_allowances_has_nothing_to_refresh(
    benefits: Database, refresh: Callable[..., Run]
) -> None:
    apply(benefits)
    assert refresh(JULY_6).chunks == 0


def test_without_a_program_there_is_nothing_to_go_by(benefits: Database, refresh: Callable[..., Run]) -> None:
    with pytest.raises(RunRefused) as refused:
        refresh(JULY_6)
    assert refused.value.reason is Reason.POLICY_REQUIRED


def test_the_changes_of_a_run_are_those_it_recorded(benefits: Database) -> None:
    apply(benefits, FACIAL, TREATMENT)
    operations = Operations(Engine(JOBS, {"benefits": benefits}, InlineExecutor()), AUGUST_31)
    preview = ended(operations, operations.start("allowance-refresh", JULY_6, preview=True).run_id)
    foreseen, _ = operations.list_changes(preview.run_id, "")
    run = ended(operations, operations.start("allowance-refresh", JULY_6, preview=False).run_id)
    recorded, _ = operations.list_changes(run.run_id, "")
    assert foreseen.member_id.tolist() == recorded.member_id.tolist() == ["amy", "bo"]
    assert foreseen.after.tolist() == recorded.after.tolist() == ["express-facial", "treatment"]
    assert foreseen.effective_on.tolist() == recorded.effective_on.tolist() == [JULY_1, JULY_6]


def test_a_member_demoted_while_the_run_decides_is_decided_again(benefits: Database) -> None:
    apply(benefits, FACIAL, TREATMENT)
    amy = taken(HOLDERS, np.array([0], dtype=np.intp))
    job = JOBS["allowance-refresh"]

    def demote(rows: HeldLevels, as_of: int, parameters: Parameters) -> Openings:
        if len(rows.holders) == 2:
            benefits.transact(lambda c: record_stays(c, demoted))
            benefits.transact(lambda c: record_level_entered(c, demoted))
        return decide_refresh(rows, as_of, parameters)

    demoted = replace(
        amy, level=texts(["crystal"]), since=np.array([JULY_1], dtype=np.int32), version=amy.version + 1
    )
    raced = {job.name: replace(job, decide=demote)}
    operations = Operations(Engine(raced, {"benefits": benefits}, InlineExecutor()), AUGUST_31)
    run = ended(operations, operations.start("allowance-refresh", JULY_6, preview=False).run_id)
    assert counted(run) == {"treatment": 1}
    assert [member for member, *_ in opened(benefits)] == ["bo"]
