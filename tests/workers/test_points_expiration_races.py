"""points-expiration while members act, and when what runs it is killed: every point goes once, none too many."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from services.kernel.calendar import day_number
from services.points.ledger_columns import EntryKind
from services.points.recording.entries import NewEntry, lines_of
from services.points.recording.expirations import Expired, Expiring
from services.points.store.lines import record_lines
from services.runtime.database import Database
from tests.workers.conftest import PATIENCE_SECONDS, ended, eventually
from tests.workers.expiring_ledger import (
    DUE,
    EARNED,
    apply,
    balances,
    expirations,
    gets,
    holds,
    left_behind,
    operations_on,
    policy_of,
    run_of,
    spends,
    with_points,
)
from workers.chunk import execute_chunk
from workers.inline import InlineExecutor
from workers.job import Parameters
from workers.jobs.points_expiration import POINTS_EXPIRATION, decide_expired
from workers.progress.runs import cancel_run, read_running
from workers.progress.tables import RunState

ROOT = Path(__file__).parents[2]


@pytest.fixture
def points(fresh_database: Callable[[], Database]) -> Database:
    """A Points database where points expire a year after they were earned."""
    return with_points(fresh_database())


@pytest.mark.parametrize("meanwhile", ["spends", "earns", "holds"])
def test_an_account_that_changed_while_the_run_decided_is_decided_again(
    points: Database, meanwhile: str
) -> None:
    acts: dict[str, Callable[[], None]] = {
        "spends": lambda: spends(points, "amy", 30, DUE),
        "earns": lambda: gets(points, "amy", 50, EARNED - timedelta(days=5)),
        "holds": lambda: holds(points, "amy", 30, datetime(2026, 8, 5, tzinfo=UTC)),
    }
    raced: list[str] = []

    def decide(rows: Expiring, as_of: int, parameters: Parameters) -> Expired:
        decided = decide_expired(rows, as_of, parameters)
        if not raced:
            raced.append(meanwhile)
            acts[meanwhile]()
        return decided

    gets(points, "amy", 100, EARNED)
    gets(points, "bo", 8, EARNED)
    operations = operations_on(points, InlineExecutor(), replace(POINTS_EXPIRATION, decide=decide))
    run = run_of(operations, DUE)
    expected = {"spends": [(DUE, 70)], "earns": [(date(2026, 7, 27), 50), (DUE, 100)], "holds": [(DUE, 70)]}
    assert [row[1:] for row in expirations(points) if row[0] == "amy"] == expected[meanwhile]
    assert [row[1:] for row in expirations(points) if row[0] == "bo"] == [(DUE, 8)]
    assert sum(rows for _, rows in run.changes) == len(expirations(points))
    recorded, _ = operations.list_changes(run.run_id, "")
    assert len(recorded) == len(expirations(points))
    operations.engine.stop()


def test_a_run_that_is_resumed_after_the_policy_changed_goes_by_the_revisions_it_was_planned_with(
    points: Database,
) -> None:
    gets(points, "amy", 100, EARNED)

    def cancelled(rows: Expiring, as_of: int, parameters: Parameters) -> Expired:
        points.transact(lambda c: cancel_run(c, read_running(c)[0][0]))
        return decide_expired(rows, as_of, parameters)

    stopped = operations_on(points, InlineExecutor(), replace(POINTS_EXPIRATION, decide=cancelled))
    run_id = stopped.start("points-expiration", day_number(DUE), preview=False).run_id
    assert ended(stopped, run_id).state is RunState.CANCELLED
    stopped.wait(run_id)
    assert expirations(points) == []
    apply(points, None, on=DUE)
    operations = operations_on(points, InlineExecutor())
    operations.resume(run_id)
    assert ended(operations, run_id).state is RunState.FINISHED
    assert expirations(points) == [("amy", DUE, 100)]


@pytest.mark.faults
@pytest.mark.parametrize("point", ["chunk.before_record", "chunk.recorded", "chunk.committed"])
def test_an_engine_killed_at_any_point_takes_every_point_once_when_it_is_started_again(
    points: Database, point: str
) -> None:
    for number in range(20):
        gets(points, f"M{number}", 10 + number, EARNED)
    assert expiring_process(points, str(day_number(DUE)), CARAT_FAULT=f"{point}:1") == -signal.SIGKILL
    assert len(expirations(points)) == (20 if point == "chunk.committed" else 0)
    assert expiring_process(points) == 0
    assert sorted(expirations(points)) == sorted((f"M{number}", DUE, 10 + number) for number in range(20))
    assert set(balances(points).values()) == {0}


def expiring_process(database: Database, *day: str, **environment: str) -> int:
    url = database.url.render_as_string(hide_password=False)
    paths = os.pathsep.join(map(str, (ROOT, ROOT / "protos")))
    command = [sys.executable, "-m", "tests.workers.expiring_process", url, *day]
    whole = {**os.environ, "PYTHONPATH": paths, **environment}
    return subprocess.run(command, cwd=ROOT, env=whole, check=False, timeout=PATIENCE_SECONDS).returncode


def test_what_another_transaction_has_yet_to_commit_is_waited_for_and_decided_with(points: Database) -> None:
    gets(points, "amy", 100, EARNED)
    operations = operations_on(points, InlineExecutor())
    policy = policy_of(points)
    spent = NewEntry("spent", EntryKind.REDEMPTION, "amy", -30, day_number(DUE))
    waiting = sa.text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND wait_event_type = 'Lock' AND query LIKE '%FOR UPDATE OF account%'"
    )
    with points.engine.connect() as connection:
        record_lines(connection, lines_of([spent], policy))
        run_id = operations.start("points-expiration", day_number(DUE), preview=False).run_id
        eventually(lambda: points.transact(lambda c: c.scalar(waiting)), lambda found: found == 1)
        connection.commit()
    assert ended(operations, run_id).state is RunState.FINISHED
    assert expirations(points) == [("amy", DUE, 70)]
    assert balances(points) == {"amy": 0}
    operations.engine.stop()


def test_a_chunk_executed_again_takes_nothing_more(points: Database) -> None:
    gets(points, "amy", 100, EARNED)
    operations = operations_on(points, InlineExecutor())
    run = run_of(operations, DUE)
    before = left_behind(points)
    for number in range(run.chunks):
        execute_chunk(points, POINTS_EXPIRATION, run.run_id, number)
    assert left_behind(points) == before
    operations.engine.stop()
