"""Runs: started once, and moved from state to state."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from services.kernel.calendar import day_date, day_number
from services.runtime.arrays import insert_rows
from workers.closing import JobProgress
from workers.job import Parameters
from workers.plan import ChunkPlan
from workers.progress.tables import BULK_CHUNK, BULK_RUN, RunState
from workers.summary import hash_of_chunks


@dataclass(frozen=True, slots=True)
class NewRun:
    """A run as it was planned."""

    run_id: str
    job: str
    as_of: int
    preview: bool
    parameters: Parameters
    chunks: Sequence[ChunkPlan]


def record_run(connection: sa.Connection, run: NewRun) -> None:
    """Adds a run and its chunks; a second active run of one job collides on a unique key."""
    connection.execute(
        sa.insert(BULK_RUN).values(
            run_id=run.run_id,
            job=run.job,
            as_of=day_date(run.as_of),
            preview=run.preview,
            state=RunState.RUNNING.value,
            parameters=dict(run.parameters),
            chunks=len(run.chunks),
        )
    )
    columns = {
        "run_id": [run.run_id] * len(run.chunks),
        "number": list(range(len(run.chunks))),
        "first_shard": [chunk.first_shard for chunk in run.chunks],
        "last_shard": [chunk.last_shard for chunk in run.chunks],
        "members_planned": [chunk.members for chunk in run.chunks],
    }
    connection.execute(insert_rows(BULK_CHUNK, columns))


def read_active_run(connection: sa.Connection, job: str) -> str | None:
    """The run of the job that is not finished, if there is one; previews do not count."""
    run = BULK_RUN.c
    active = sa.select(run.run_id).where(run.job == job, ~run.preview, run.state != RunState.FINISHED.value)
    return connection.scalar(active)


def read_last_as_of(connection: sa.Connection, job: str) -> int | None:
    """The latest day as of which the job was finished."""
    run = BULK_RUN.c
    finished = sa.select(sa.func.max(run.as_of)).where(
        run.job == job, ~run.preview, run.state == RunState.FINISHED.value
    )
    return _number(connection.scalar(finished))


def read_progress(connection: sa.Connection, jobs: Sequence[str]) -> dict[str, JobProgress]:
    """How far each of the jobs has come; previews do not count."""
    run = BULK_RUN.c
    is_finished = run.state == RunState.FINISHED.value
    found = connection.execute(
        sa.select(
            run.job,
            sa.func.max(run.as_of).filter(is_finished),
            sa.func.max(run.as_of).filter(~is_finished),
            sa.func.coalesce(sa.func.max(run.run_id).filter(~is_finished), ""),
        )
        .where(run.job.in_(jobs), ~run.preview)
        .group_by(run.job)
    )
    progress = {job: JobProgress(job) for job in jobs}
    for job, finished_on, active_on, active_run_id in found:
        progress[job] = JobProgress(job, _number(finished_on), _number(active_on), active_run_id)
    return progress


def read_running(connection: sa.Connection) -> list[tuple[str, str]]:
    """Run id and job of all that are to go on, oldest first."""
    run = BULK_RUN.c
    running = (
        sa.select(run.run_id, run.job).where(run.state == RunState.RUNNING.value).order_by(run.started_at)
    )
    return [(run_id, job) for run_id, job in connection.execute(running)]


def read_state(connection: sa.Connection, run_id: str) -> RunState:
    """The state of a run; UNSPECIFIED when there is no such run."""
    state = connection.scalar(sa.select(BULK_RUN.c.state).where(BULK_RUN.c.run_id == run_id))
    return RunState(state or 0)


def cancel_run(connection: sa.Connection, run_id: str) -> None:
    """Stops a run that is going on."""
    _move(connection, run_id, RunState.RUNNING, RunState.CANCELLED)


def fail_run(connection: sa.Connection, run_id: str, failure: str) -> None:
    """Stops a run that is going on, because of an error."""
    _move(connection, run_id, RunState.RUNNING, RunState.FAILED, failure)


def resume_run(connection: sa.Connection, run_id: str) -> None:
    """Lets a cancelled or failed run go on."""
    for state in (RunState.CANCELLED, RunState.FAILED):
        _move(connection, run_id, state, RunState.RUNNING)


def finish_run(connection: sa.Connection, run_id: str, finish: Callable[[Parameters], None]) -> bool:
    """Marks a run finished if it goes on and all of it is done; calls `finish` first, not for a preview."""
    run, chunk = BULK_RUN.c, BULK_CHUNK.c
    of_run = sa.select(run.state, run.preview, run.parameters).where(run.run_id == run_id).with_for_update()
    row = connection.execute(of_run).one()
    done = connection.execute(
        sa.select(chunk.done_at, chunk.changes_hash).where(chunk.run_id == run_id).order_by(chunk.number)
    ).all()
    if row.state != RunState.RUNNING or any(done_at is None for done_at, _ in done):
        return False
    if not row.preview:
        finish(row.parameters)
    plan_hash = hash_of_chunks([changes_hash for _, changes_hash in done])
    connection.execute(sa.update(BULK_RUN).where(run.run_id == run_id).values(plan_hash=plan_hash))
    _move(connection, run_id, RunState.RUNNING, RunState.FINISHED)
    return True


def _number(day: date | None) -> int | None:
    return None if day is None else day_number(day)


def _move(
    connection: sa.Connection, run_id: str, before: RunState, after: RunState, failure: str = ""
) -> None:
    stopped_at = sa.null() if after is RunState.RUNNING else sa.func.clock_timestamp()
    connection.execute(
        sa.update(BULK_RUN)
        .where(BULK_RUN.c.run_id == run_id, BULK_RUN.c.state == before.value)
        .values(state=after.value, stopped_at=stopped_at, failure=failure)
    )
