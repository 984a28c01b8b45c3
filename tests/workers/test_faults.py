"""What is killed in the middle of a run loses nothing and does nothing twice."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from services.runtime.database import Database
from services.runtime.postgres import EmbeddedPostgres
from tests.workers.conftest import (
    DUE_ON,
    PATIENCE_SECONDS,
    FinalState,
    KeptOpen,
    closed_gate,
    ended,
    eventually,
    final_state,
    wait_for_chunks_at_the_gate,
)
from tests.workers.counting_job import INTEREST_JOB, open_accounts
from workers.chunk import execute_chunk
from workers.conductor import RayExecutor
from workers.executor import Executor
from workers.operations import Operations
from workers.progress.chunks import ChunkState, read_open_chunks
from workers.progress.reports import read_runs
from workers.progress.tables import RunState

pytestmark = pytest.mark.faults

StartOperations = Callable[..., Operations]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def undisturbed(fresh_database: Callable[[], Database], start_operations: StartOperations) -> FinalState:
    """What a run leaves behind that nobody disturbs."""
    database = fresh_database()
    open_accounts(database, DUE_ON)
    operations = start_operations(database)
    run = ended(operations, operations.start("interest", DUE_ON, preview=False).run_id)
    assert run.state is RunState.FINISHED
    return final_state(database)


def engine_process(database: Database, what: str, **environment: str) -> int:
    url = database.url.render_as_string(hide_password=False)
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "protos"))),
    } | environment
    command = [sys.executable, "-m", "tests.workers.engine_process", url, what]
    return subprocess.run(
        command, cwd=ROOT, env=environment, check=False, timeout=PATIENCE_SECONDS
    ).returncode


def chunks_done(database: Database) -> int:
    (run,) = database.transact(lambda c: read_runs(c, 10, None))
    return run.chunks_done


@pytest.mark.parametrize(
    ("point", "done"), [("chunk.before_record", 2), ("chunk.recorded", 2), ("chunk.committed", 3)]
)
def test_an_engine_killed_at_any_point_goes_on_when_it_is_started_again(
    database: Database, undisturbed: FinalState, point: str, done: int
) -> None:
    assert engine_process(database, "start", CARAT_FAULT=f"{point}:3") == -signal.SIGKILL
    assert chunks_done(database) == done
    assert engine_process(database, "go_on") == 0
    assert final_state(database) == undisturbed


@pytest.mark.ray
def test_a_killed_actor_is_replaced_and_its_chunk_done_by_another(
    database: Database,
    undisturbed: FinalState,
    start_operations: StartOperations,
    ray_executor: RayExecutor,
) -> None:
    pids = ray_executor.actor_pids()
    operations = start_operations(database, KeptOpen(ray_executor))
    with closed_gate(database):
        run_id = operations.start("interest", DUE_ON, preview=False).run_id
        wait_for_chunks_at_the_gate(database, len(pids))
        os.kill(pids[0], signal.SIGKILL)
    assert ended(operations, run_id).state is RunState.FINISHED
    assert final_state(database) == undisturbed
    assert pids[0] not in eventually(ray_executor.actor_pids, lambda seen: len(seen) == len(pids))


@pytest.mark.parametrize("executor", ["inline", pytest.param("ray", marks=pytest.mark.ray)], indirect=True)
def test_a_run_survives_the_death_of_the_database(
    bulk_postgres: EmbeddedPostgres,
    database: Database,
    undisturbed: FinalState,
    executor: Executor,
    start_operations: StartOperations,
) -> None:
    operations = start_operations(database, executor)
    with closed_gate(database) as gate:
        run_id = operations.start("interest", DUE_ON, preview=False).run_id
        wait_for_chunks_at_the_gate(database, 1)
        kill_postmaster(database)
        gate.invalidate()
    bulk_postgres.start()
    assert ended(operations, run_id).state is RunState.FINISHED
    assert final_state(database) == undisturbed


def kill_postmaster(database: Database) -> None:
    folder = Path(str(database.transact(lambda c: c.scalar(sa.text("SHOW data_directory")))))
    pid = int((folder / "postmaster.pid").read_text().split()[0])
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: Path(f"/proc/{pid}").exists(), lambda alive: not alive)


def test_a_chunk_executed_again_does_nothing(database: Database, start_operations: StartOperations) -> None:
    operations = start_operations(database)
    run = ended(operations, operations.start("interest", DUE_ON, preview=False).run_id)
    before = final_state(database)
    for number in range(run.chunks):
        assert execute_chunk(database, INTEREST_JOB, run.run_id, number) is ChunkState.DONE
    assert final_state(database) == before


def test_a_chunk_that_two_execute_at_once_is_done_once(
    database: Database, undisturbed: FinalState, start_operations: StartOperations
) -> None:
    operations = start_operations(database)
    others = [start_operations(database) for _ in range(3)]
    with closed_gate(database):
        run_id = operations.start("interest", DUE_ON, preview=False).run_id
        for other in others:
            other.resume(run_id)
        wait_for_chunks_at_the_gate(database, 1)
    for one in (operations, *others):
        assert ended(one, run_id).state is RunState.FINISHED
    assert final_state(database) == undisturbed


def test_a_chunk_of_a_cancelled_run_is_not_recorded(
    database: Database, start_operations: StartOperations
) -> None:
    operations = start_operations(database)
    with closed_gate(database):
        run_id = operations.start("interest", DUE_ON, preview=False).run_id
        wait_for_chunks_at_the_gate(database, 1)
        operations.cancel(run_id)
    operations.wait(run_id)
    left = database.transact(lambda c: read_open_chunks(c, run_id))
    before = final_state(database)
    assert execute_chunk(database, INTEREST_JOB, run_id, left[0]) is ChunkState.STOPPED
    assert final_state(database) == before
