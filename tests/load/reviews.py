"""The same review four ways: by Ray, in this process, by one SQL statement, and by SQL in several sessions."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

from services.kernel.calendar import day_number
from services.kernel.shards import SHARDS
from services.runtime.clock import Clock
from services.runtime.database import Database
from tests.load.memberships import Review
from tests.load.scratch import Scratch, finished
from tests.load.simulations import measure_simulations
from tests.load.stages import Spent, StageClock, clocked
from workers.engine import Engine
from workers.executor import Executor
from workers.inline import InlineExecutor
from workers.job import AnyJob
from workers.jobs.tier_review import TIER_REVIEW
from workers.operations import Operations
from workers.progress.reports import Run
from workers.progress.tables import RunState

Kinds = dict[tuple[int, int, int], int]
"""Moves by reason, level before and level after."""

_STANDINGS: Final = "SELECT count(*), sum(hashtextextended(s::text, 0)::numeric) FROM standing AS s"
_MOVES: Final = """
    SELECT count(*), sum(hashtextextended(concat_ws('|', shard, member_id, effective_on, system, from_level, to_level,
        from_rank, to_rank, reason, revision, spend, visits, points, grace_until, level_since, locked_until,
        touchpoint, transaction_id), 0)::numeric)
    FROM move"""
_KINDS: Final = "SELECT reason, from_level, to_level, count(*) FROM move GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"


@dataclass(frozen=True, slots=True)
class Written:
    """What a review left: a hash over every row of standings and moves, and the moves by kind."""

    rows: tuple[tuple[object, ...], ...]
    kinds: Kinds


@dataclass(frozen=True, slots=True)
class Timed:
    """Seconds from the command to the last commit, and what was written."""

    seconds: float
    written: Written


@dataclass(frozen=True, slots=True)
class Measured:
    """One review, measured every way; `rerun_seconds` and `rerun_changes` are of a second run by Ray.

    `simulations` are the seconds of what-if over the same members.
    """

    review: Review
    members: int
    preview_seconds: float
    by_ray: Timed
    rerun_seconds: float
    rerun_changes: int
    in_process: Timed
    by_statement: Timed
    by_sessions: Timed
    simulations: Mapping[str, float]
    chunks: int
    stages: Mapping[str, Spent]

    @property
    def agree(self) -> bool:
        """Whether all ways wrote the same rows."""
        others = (self.in_process, self.by_statement, self.by_sessions)
        return all(other.written == self.by_ray.written for other in others)


def measure_review(
    scratch: Scratch, template: str, review: Review, members: int, ray: Executor, sessions: int
) -> Measured:
    """Measures a review on copies of one membership, a fresh copy for each way."""
    with scratch.copy_of(template) as copy:
        preview_seconds, _ = _run(scratch, copy, review, TIER_REVIEW, ray, preview=True)
    with scratch.copy_of(template) as copy:
        seconds, _ = _run(scratch, copy, review, TIER_REVIEW, ray)
        rerun_seconds, rerun = _run(scratch, copy, review, TIER_REVIEW, ray)
        by_ray = Timed(seconds, _written(scratch, copy))
    clock = StageClock()
    with scratch.copy_of(template) as copy:
        seconds, run = _run(scratch, copy, review, clocked(TIER_REVIEW, clock), InlineExecutor())
        in_process = Timed(seconds, _written(scratch, copy))
    return Measured(
        review,
        members,
        preview_seconds,
        by_ray,
        rerun_seconds,
        sum(count for _, count in rerun.changes),
        in_process,
        _by_sql(scratch, template, review.by_sql, 1),
        _by_sql(scratch, template, review.by_sql, sessions),
        measure_simulations(scratch, template, review, ray),
        run.chunks,
        _with_the_rest(clock, seconds),
    )


def _run(
    scratch: Scratch, copy: str, review: Review, job: AnyJob, executor: Executor, *, preview: bool = False
) -> tuple[float, Run]:
    with _operations(scratch.url(copy), job, executor) as operations:
        started = time.perf_counter()
        run = operations.start(job.name, day_number(review.as_of), preview)
        operations.wait(run.run_id)
        seconds = time.perf_counter() - started
        run = operations.get(run.run_id)
    if run.state is not RunState.FINISHED:
        raise RuntimeError(f"{run.run_id} is {run.state.name}: {run.failure}")
    return seconds, run


@contextmanager
def _operations(url: str, job: AnyJob, executor: Executor) -> Iterator[Operations]:
    """An engine over one database; it is not stopped, for that would close the executor, and has no loops."""
    database = Database(url)
    try:
        yield Operations(Engine({job.name: job}, {"tier": database}, executor), Clock())
    finally:
        database.close()


def _by_sql(scratch: Scratch, template: str, statement: Path, sessions: int) -> Timed:
    ends = [SHARDS * number // sessions for number in range(sessions + 1)]
    with scratch.copy_of(template) as copy:
        started = time.perf_counter()
        running = [
            scratch.begin(
                "psql", copy, "-X", "-q", "-v", "ON_ERROR_STOP=1",
                "-v", f"first={first}", "-v", f"last={end - 1}", "-f", statement,
            )
            for first, end in pairwise(ends)
        ]  # fmt: skip
        for process in running:
            finished(process)
        return Timed(time.perf_counter() - started, _written(scratch, copy))


def _written(scratch: Scratch, copy: str) -> Written:
    kinds = {(reason, before, after): count for reason, before, after, count in scratch.rows(copy, _KINDS)}
    return Written((*scratch.rows(copy, _STANDINGS), *scratch.rows(copy, _MOVES)), kinds)


def _with_the_rest(clock: StageClock, seconds: float) -> Mapping[str, Spent]:
    """The stages, and what the run spent outside them: hashing, progress, commits."""
    told = sum(spent.seconds for spent in clock.spent.values())
    return {**clock.spent, "rest": Spent(seconds - told)}
