"""Executes one chunk of a run, once, however often it is asked to."""

from functools import partial
from typing import Final

import numpy as np
import structlog

from services.kernel.columns import taken
from services.runtime.database import Database, fetching
from services.runtime.faults import fault_point
from workers.job import AnyInquiry, AnyJob, Changes, Job, Parameters, Scope
from workers.progress import Connection
from workers.progress.chunks import ChunkState, ChunkTask, lock_chunk, mark_chunk_done, read_chunk
from workers.summary import NOTHING, Summary, summary_of

_ROUNDS: Final = 5

_log = structlog.get_logger(__name__)


class DecisionsNotApplied(Exception):
    """Decisions on locked rows were not applied: the job's `read` and `record` disagree on what guards a row."""


def execute_chunk(database: Database, job: AnyInquiry, run_id: str, number: int) -> ChunkState:
    """Reads, decides and records a chunk, unless that was done or its run was stopped: DONE or STOPPED.

    The bulk of the reading and deciding is done before the transaction. Its effects, and the mark that it is
    done, are committed together or not at all.
    """
    task = database.transact(lambda connection: read_chunk(connection, run_id, number))
    if task.state is not ChunkState.OPEN:
        return task.state
    rows = job.read(database.fetch_arrow, task.scope, task.as_of, task.parameters)
    decisions = job.decide(rows, task.as_of, task.parameters)
    summary = summary_of(job.changes(decisions))
    recording = partial(_record, job, task, decisions, summary, job.members_read(rows))
    state = database.transact(recording)
    fault_point("chunk.committed")
    return state


def changes_of(
    database: Database, job: AnyInquiry, scope: Scope, as_of: int, parameters: Parameters
) -> Changes:
    """The changes that would be made in a scope now."""
    rows = job.read(database.fetch_arrow, scope, as_of, parameters)
    changes: Changes = job.changes(job.decide(rows, as_of, parameters))
    return changes


def _record(
    job: AnyInquiry,
    task: ChunkTask,
    decisions: object,
    summary: Summary,
    members_read: int,
    connection: Connection,
) -> ChunkState:
    state = lock_chunk(connection, task.run_id, task.number)
    if state is not ChunkState.OPEN:
        return state
    fault_point("chunk.before_record")
    if isinstance(job, Job) and not task.preview:
        summary = _recorded(job, task, decisions, summary, connection)
    mark_chunk_done(connection, task.run_id, task.number, members_read, summary)
    fault_point("chunk.recorded")
    return ChunkState.DONE


def _recorded(
    job: AnyJob, task: ChunkTask, decisions: object, decided: Summary, connection: Connection
) -> Summary:
    """Records the decisions, and decides again where rows have changed since; what was applied in the end."""
    total = NOTHING
    for _ in range(_ROUNDS):
        changes: Changes = job.changes(decisions)
        if len(changes) == 0:
            return total
        applied = job.record(connection, decisions, task.run_id)
        total = total + decided
        if applied.all():
            return total
        missed = taken(changes, ~applied)
        total = total - summary_of(missed)
        _log.info("deciding again", run_id=task.run_id, chunk=task.number, changes=len(missed))
        members = np.unique(missed.member_id)
        scope = Scope(task.scope.first_shard, task.scope.last_shard, members, lock=True)
        rows = job.read(fetching(connection), scope, task.as_of, task.parameters)
        decisions = job.decide(rows, task.as_of, task.parameters)
        decided = summary_of(job.changes(decisions))
    raise DecisionsNotApplied(f"{job.name} did not apply all its decisions in {_ROUNDS} rounds")
