"""Chunks: what each has to do, and the mark that it is done."""

from dataclasses import dataclass
from enum import Enum, auto

import sqlalchemy as sa

from services.kernel.calendar import day_number
from services.runtime.database import Database, DatabaseUnavailable
from workers.job import Parameters, Scope
from workers.progress.tables import BULK_CHUNK, BULK_RUN, RunState
from workers.summary import Summary


class ChunkState(Enum):
    """Whether a chunk waits to be recorded."""

    OPEN = auto()
    DONE = auto()
    STOPPED = auto()
    """Not done, and its run is not going on: it was cancelled or has failed."""


@dataclass(frozen=True, slots=True)
class ChunkTask:
    """One chunk as it is handed to whoever executes it."""

    run_id: str
    number: int
    state: ChunkState
    preview: bool
    as_of: int
    parameters: Parameters
    scope: Scope


def read_chunk(connection: sa.Connection, run_id: str, number: int) -> ChunkTask:
    """The chunk and what its run was planned with."""
    run, chunk = BULK_RUN.c, BULK_CHUNK.c
    columns = (
        run.preview,
        run.as_of,
        run.parameters,
        run.state,
        chunk.first_shard,
        chunk.last_shard,
        chunk.done_at,
    )
    joined = sa.select(*columns).where(
        run.run_id == chunk.run_id, chunk.run_id == run_id, chunk.number == number
    )
    row = connection.execute(joined).one()
    return ChunkTask(
        run_id=run_id,
        number=number,
        state=_state(row.done_at is not None, row.state),
        preview=row.preview,
        as_of=day_number(row.as_of),
        parameters=row.parameters,
        scope=Scope(row.first_shard, row.last_shard),
    )


def lock_chunk(connection: sa.Connection, run_id: str, number: int) -> ChunkState:
    """Keeps others from recording the chunk until this transaction ends; tells whether it waits to be."""
    chunk = BULK_CHUNK.c
    done_at = connection.scalar(
        sa.select(chunk.done_at).where(chunk.run_id == run_id, chunk.number == number).with_for_update()
    )
    # A statement of its own: joined to the lock it would show the run as it was before the wait.
    state = connection.scalar(sa.select(BULK_RUN.c.state).where(BULK_RUN.c.run_id == run_id))
    return _state(done_at is not None, state)


def mark_chunk_done(
    connection: sa.Connection, run_id: str, number: int, members_read: int, summary: Summary
) -> None:
    """Notes that the chunk is done, and what it did; belongs in the transaction of its effects."""
    counts = [
        [*kind, members, summary.points_before[kind], summary.points_after[kind]]
        for kind, members in sorted(summary.counts.items())
    ]
    connection.execute(
        sa.update(BULK_CHUNK)
        .where(BULK_CHUNK.c.run_id == run_id, BULK_CHUNK.c.number == number)
        .values(
            members_read=members_read,
            counts=counts,
            changes_hash=summary.plan_hash,
            done_at=sa.func.clock_timestamp(),
        )
    )


def read_open_chunks(connection: sa.Connection, run_id: str) -> list[int]:
    """The numbers of the chunks that are not done."""
    chunk = BULK_CHUNK.c
    waiting = (
        sa.select(chunk.number).where(chunk.run_id == run_id, chunk.done_at.is_(None)).order_by(chunk.number)
    )
    return list(connection.scalars(waiting))


def answers(database: Database) -> bool:
    """Whether the database can be reached now."""
    try:
        database.transact(lambda connection: connection.execute(sa.select(sa.literal(1))))
    except DatabaseUnavailable:
        return False
    return True


def _state(is_done: bool, run_state: int | None) -> ChunkState:
    if is_done:
        return ChunkState.DONE
    return ChunkState.OPEN if run_state == RunState.RUNNING else ChunkState.STOPPED
