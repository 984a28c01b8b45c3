"""Closing a day: every job of it, in order, and of every day missed before; begun again wherever it was left."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from services.runtime.database import Database
from tests.workers.closing_jobs import JOBS, closed, left_behind, operations_on, staggered
from tests.workers.conftest import DUE_ON, PATIENCE_SECONDS, closed_gate, wait_for_chunks_at_the_gate
from workers.closing import CLOSING_ORDER, JobProgress, Step, next_step, ran_later
from workers.operations import Operations
from workers.progress.reports import read_runs
from workers.progress.tables import RunState

ROOT = Path(__file__).parents[2]
REVIEW, TENURE = "tier-review", "tenure"


def planned(as_of: int, *jobs: JobProgress) -> list[Step]:
    """All steps, each job finishing its own."""
    progress, steps = list(jobs), []
    while (step := next_step(as_of, progress)) is not None:
        steps.append(step)
        progress = [JobProgress(job.job, step.day) if job.job == step.job else job for job in progress]
    return steps


def test_where_nothing_ever_ran_only_the_day_asked_for_is_closed() -> None:
    assert planned(9, JobProgress("a"), JobProgress("b")) == [Step(9, "a"), Step(9, "b")]


def test_missed_days_are_caught_up_one_at_a_time_each_in_the_order_of_the_jobs() -> None:
    assert planned(9, JobProgress("a", 7), JobProgress("b", 7)) == [
        Step(8, "a"),
        Step(8, "b"),
        Step(9, "a"),
        Step(9, "b"),
    ]


def test_what_a_job_did_of_the_days_by_itself_it_does_not_again() -> None:
    assert planned(9, JobProgress("a", 8), JobProgress("b", 7)) == [Step(8, "b"), Step(9, "a"), Step(9, "b")]


def test_a_job_that_is_new_joins_on_the_last_day_that_the_others_have_come_to() -> None:
    assert planned(9, JobProgress("a", 8), JobProgress("new")) == [
        Step(8, "new"),
        Step(9, "a"),
        Step(9, "new"),
    ]


def test_a_run_that_was_stopped_goes_on_as_of_its_own_day_first() -> None:
    stopped = JobProgress("b", 5, active_on=7, active_run_id="b-7")
    assert planned(8, JobProgress("a", 7), stopped) == [Step(7, "b", "b-7"), Step(8, "a"), Step(8, "b")]


def test_a_first_closing_that_was_stopped_goes_on_with_the_jobs_not_reached_yet() -> None:
    assert planned(9, JobProgress("a", 8), JobProgress("b", None, 8, "b-8"), JobProgress("c")) == [
        Step(8, "b", "b-8"),
        Step(8, "c"),
        Step(9, "a"),
        Step(9, "b"),
        Step(9, "c"),
    ]


def test_of_a_closed_day_nothing_is_left() -> None:
    assert planned(9, JobProgress("a", 9), JobProgress("b", 9)) == []


@pytest.mark.parametrize(
    "later", [JobProgress("b", 10), JobProgress("b", 8, active_on=10, active_run_id="b-10")]
)
def test_a_day_lies_before_what_ran_as_of_a_later_one(later: JobProgress) -> None:
    assert ran_later(9, [JobProgress("a", 9), later]) is later
    assert ran_later(10, [JobProgress("a", 9), later]) is None


def test_reviews_come_before_what_counts_is_rolled_on_then_points_expire_and_benefits_are_last() -> None:
    assert CLOSING_ORDER.index(REVIEW) < CLOSING_ORDER.index("window-roll")
    assert CLOSING_ORDER[-2] == "points-expiration"
    assert CLOSING_ORDER[-1] == "allowance-refresh"


@pytest.fixture
def accounts(fresh_database: Callable[[], Database]) -> Database:
    return staggered(fresh_database())


def test_a_day_is_closed_by_its_jobs_in_their_order_and_by_no_others(accounts: Database) -> None:
    assert closed(operations_on(accounts), DUE_ON) == [(REVIEW, 0), (TENURE, 0)]


def test_a_day_closed_again_changes_nothing_at_all(accounts: Database) -> None:
    operations = operations_on(accounts)
    closed(operations, DUE_ON)
    before = left_behind(accounts)
    assert closed(operations, DUE_ON) == []
    assert left_behind(accounts) == before


def test_days_missed_are_closed_first_one_at_a_time(accounts: Database) -> None:
    operations = operations_on(accounts)
    closed(operations, DUE_ON)
    assert closed(operations, DUE_ON + 2) == [(REVIEW, 1), (TENURE, 1), (REVIEW, 2), (TENURE, 2)]


def test_days_caught_up_end_as_days_closed_in_time(
    accounts: Database, fresh_database: Callable[[], Database]
) -> None:
    in_time = staggered(fresh_database())
    for day in range(DUE_ON, DUE_ON + 3):
        closed(operations_on(in_time), day)
    operations = operations_on(accounts)
    closed(operations, DUE_ON)
    closed(operations, DUE_ON + 2)
    assert left_behind(accounts) == left_behind(in_time)


def test_a_run_that_was_cancelled_is_gone_on_with(accounts: Database) -> None:
    operations = operations_on(accounts)
    with closed_gate(accounts):
        run_id = operations.start(TENURE, DUE_ON, preview=False).run_id
        wait_for_chunks_at_the_gate(accounts, 1)
        operations.cancel(run_id)
    operations.wait(run_id)
    assert operations.get(run_id).state is RunState.CANCELLED
    assert closed(operations, DUE_ON + 1) == [(REVIEW, 0), (TENURE, 0), (REVIEW, 1), (TENURE, 1)]
    assert len(runs_of(operations)) == 4


def test_a_preview_closes_nothing(accounts: Database) -> None:
    operations = operations_on(accounts)
    operations.wait(operations.start(REVIEW, DUE_ON, preview=True).run_id)
    assert closed(operations, DUE_ON) == [(REVIEW, 0), (TENURE, 0)]


def test_a_new_job_begins_where_the_others_have_come_to(accounts: Database) -> None:
    closed(operations_on(accounts, {REVIEW: JOBS[REVIEW]}), DUE_ON)
    assert closed(operations_on(accounts), DUE_ON + 1) == [(TENURE, 0), (REVIEW, 1), (TENURE, 1)]


@pytest.mark.faults
@pytest.mark.parametrize("point", ["chunk.before_record:13", "chunk.recorded:3", "chunk.committed:20"])
def test_an_engine_killed_while_a_day_is_closed_and_the_call_repeated_end_like_an_undisturbed_one(
    accounts: Database, fresh_database: Callable[[], Database], point: str
) -> None:
    undisturbed = staggered(fresh_database())
    closed(operations_on(undisturbed), DUE_ON + 1)
    assert closing_process(accounts, DUE_ON + 1, CARAT_FAULT=point) == -signal.SIGKILL
    assert left_behind(accounts) != left_behind(undisturbed)
    assert closing_process(accounts, DUE_ON + 1) == 0
    assert left_behind(accounts) == left_behind(undisturbed)


def closing_process(database: Database, day: int, **environment: str) -> int:
    url = database.url.render_as_string(hide_password=False)
    paths = os.pathsep.join(map(str, (ROOT, ROOT / "protos")))
    command = [sys.executable, "-m", "tests.workers.closing_jobs", url, str(day)]
    whole = {**os.environ, "PYTHONPATH": paths, **environment}
    return subprocess.run(command, cwd=ROOT, env=whole, check=False, timeout=PATIENCE_SECONDS).returncode


def runs_of(operations: Operations) -> list[str]:
    database = operations.engine.databases["tier"]
    return [run.run_id for run in database.transact(lambda c: read_runs(c, 100, None))]
