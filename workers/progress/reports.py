"""Runs as they are told to people: how far each has come and what it changed."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from services.kernel.calendar import day_number
from workers.job import Scope
from workers.progress.tables import BULK_CHUNK, BULK_RUN, RunState
from workers.summary import Kind

Position = tuple[datetime, str]
"""Where a run stands in the list of all: when it was started, and its id."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run as it stands; `points` are what the members of a kind earned before and after, where that is told."""

    run_id: str
    job: str
    as_of: int
    preview: bool
    state: RunState
    chunks: int
    chunks_done: int
    members_read: int
    changes: Sequence[tuple[Kind, int]]
    points: Mapping[Kind, tuple[int, int]]
    plan_hash: str
    failure: str
    started_at: datetime
    stopped_at: datetime | None

    @property
    def position(self) -> Position:
        """Where it stands in the list of all runs."""
        return self.started_at, self.run_id


def read_run(connection: sa.Connection, run_id: str) -> Run | None:
    """The run, if there is one."""
    return next(iter(_reported(connection, sa.select(BULK_RUN).where(BULK_RUN.c.run_id == run_id))), None)


def read_runs(connection: sa.Connection, limit: int, before: Position | None) -> list[Run]:
    """Runs, newest first, that were started before a position."""
    position = sa.tuple_(BULK_RUN.c.started_at, BULK_RUN.c.run_id)
    newest = sa.select(BULK_RUN).order_by(BULK_RUN.c.started_at.desc(), BULK_RUN.c.run_id.desc()).limit(limit)
    return _reported(connection, newest if before is None else newest.where(position < before))


def read_chunk_scope(connection: sa.Connection, run_id: str, number: int) -> Scope:
    """The shards of a chunk."""
    chunk = BULK_CHUNK.c
    shards = sa.select(chunk.first_shard, chunk.last_shard).where(
        chunk.run_id == run_id, chunk.number == number
    )
    return Scope(*connection.execute(shards).one())


def read_parameters(connection: sa.Connection, run_id: str) -> dict[str, object]:
    """What the run was planned with."""
    found: dict[str, object] = connection.execute(
        sa.select(BULK_RUN.c.parameters).where(BULK_RUN.c.run_id == run_id)
    ).scalar_one()
    return found


def _reported(connection: sa.Connection, runs: sa.Select[tuple[object, ...]]) -> list[Run]:
    rows = connection.execute(runs).all()
    run_ids = [row.run_id for row in rows]
    done = _chunks_done(connection, run_ids)
    changes = _changes(connection, run_ids)
    return [
        Run(
            run_id=row.run_id,
            job=row.job,
            as_of=day_number(row.as_of),
            preview=row.preview,
            state=RunState(row.state),
            chunks=row.chunks,
            chunks_done=done.get(row.run_id, (0, 0))[0],
            members_read=done.get(row.run_id, (0, 0))[1],
            changes=[(kind, members) for kind, (members, *_) in changes[row.run_id].items()],
            points={
                kind: (before, after)
                for kind, (_, before, after) in changes[row.run_id].items()
                if before or after
            },
            plan_hash=row.plan_hash,
            failure=row.failure,
            started_at=row.started_at,
            stopped_at=row.stopped_at,
        )
        for row in rows
    ]


def _chunks_done(connection: sa.Connection, run_ids: list[str]) -> dict[str, tuple[int, int]]:
    chunk = BULK_CHUNK.c
    done = (
        sa.select(chunk.run_id, sa.func.count(), sa.cast(sa.func.sum(chunk.members_read), sa.BigInteger))
        .where(chunk.run_id.in_(run_ids), chunk.done_at.is_not(None))
        .group_by(chunk.run_id)
    )
    return {run_id: (chunks, members) for run_id, chunks, members in connection.execute(done)}


def _changes(connection: sa.Connection, run_ids: list[str]) -> dict[str, dict[Kind, tuple[int, int, int]]]:
    """By run and kind of change: members, and their points before and after."""
    count = sa.func.jsonb_array_elements(BULK_CHUNK.c.counts).column_valued("count", joins_implicitly=True)
    kind = [sa.cast(count.op("->>")(place), sa.Text) for place in range(3)]
    numbers = [sa.cast(count.op("->>")(place), sa.BigInteger) for place in range(3, 6)]
    # What runs of an earlier version counted has no points.
    sums = [sa.cast(sa.func.coalesce(sa.func.sum(number), 0), sa.BigInteger) for number in numbers]
    counted = (
        sa.select(BULK_CHUNK.c.run_id, *kind, *sums)
        .where(BULK_CHUNK.c.run_id.in_(run_ids))
        .group_by(BULK_CHUNK.c.run_id, *kind)
        .order_by(*kind)
    )
    changes: dict[str, dict[Kind, tuple[int, int, int]]] = defaultdict(dict)
    for run_id, reason, before, after, *totals in connection.execute(counted):
        members, points_before, points_after = totals
        changes[run_id][Kind(reason, before, after)] = (members, points_before, points_after)
    return changes
