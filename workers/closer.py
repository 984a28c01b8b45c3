"""Closing days on the engine: the jobs of each day, run after run, whoever began it."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Final

from services.benefits.store.policies import read_feed_position
from services.kernel.calendar import day_date
from services.runtime.feed import is_reached
from services.tier.store.moves import read_feed_end
from workers.closing import CLOSING_ORDER, JobProgress, next_step, ran_later
from workers.engine import Engine
from workers.job import AnyInquiry
from workers.operations import Operations
from workers.progress.reports import Run
from workers.progress.runs import read_progress
from workers.refusals import Reason, RunRefused
from workers.starting import refuse_the_future, today_of, valid_day

_OVERTAKEN: Final = (Reason.RUN_ALREADY_ACTIVE, Reason.RUN_NOT_ACTIVE)


class BenefitsBehind(Exception):
    """Benefits has not followed all moves of Tier yet; it passes if Benefits is running."""

    def __init__(self) -> None:
        super().__init__("Benefits has not followed all moves of Tier yet: is it running? Repeat the call")


class Closing:
    """One closing under way. What is done is in the databases: it can be left at any time, and begun again."""

    def __init__(self, operations: Operations, jobs: Sequence[AnyInquiry], day: int) -> None:
        self._operations = operations
        self._engine = operations.engine
        self._jobs = jobs
        self._day = day
        self._moves_until: str | None = None

    def next_run(self) -> Run | None:
        """Takes up the next run, once the one before has finished; None: the day is closed.

        Raises BenefitsBehind before a job of Benefits whose members have moved meanwhile; ask again later.
        """
        while True:
            step = next_step(self._day, _progress_of(self._engine, self._jobs))
            if step is None:
                return None
            if self._engine.jobs[step.job].service == "benefits":
                self._insist_on_benefits()
            try:
                if step.run_id:
                    return self._operations.resume(step.run_id)
                return self._operations.start(step.job, step.day, preview=False)
            except RunRefused as refused:
                # Somebody else finished that run, or started one, since it was looked at.
                if refused.reason not in _OVERTAKEN:
                    raise

    def _insist_on_benefits(self) -> None:
        """Only the moves up to the first time it is asked count: others may go on for ever."""
        databases = self._engine.databases
        if self._moves_until is None:
            self._moves_until = databases["tier"].transact(read_feed_end)
        if not is_reached(self._moves_until, databases["benefits"].transact(read_feed_position)):
            raise BenefitsBehind
        self._moves_until = None


class Closer:
    """The call CloseDay, without gRPC; refusals are raised as RunRefused."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations
        self._engine = operations.engine
        self._under_way = threading.Lock()
        self._jobs = [self._engine.jobs[name] for name in CLOSING_ORDER if name in self._engine.jobs]

    def checked(self, as_of: int | None) -> int:
        """The day to close; refuses one that may not be closed. None: the caller's date was none."""
        day = valid_day(as_of)
        for job in self._jobs:
            today = partial(today_of, job=job, clock=self._operations.clock)
            refuse_the_future(day, self._engine.databases[job.service].transact(today))
        later = ran_later(day, _progress_of(self._engine, self._jobs))
        if later is not None and later.last_on is not None:
            last = day_date(later.last_on)
            text = f"{later.job} ran as of {last} already; a day is closed before those after it"
            raise RunRefused(
                Reason.DAY_ALREADY_CLOSED, text, {"job": later.job, "last_as_of": last.isoformat()}
            )
        return day

    @contextmanager
    def closing(self, day: int) -> Iterator[Closing]:
        """Keeps all others from closing meanwhile; refuses while one does."""
        if not self._under_way.acquire(blocking=False):
            text = "days are being closed already: wait until they are, then repeat the call"
            raise RunRefused(Reason.CLOSING_ALREADY_ACTIVE, text)
        try:
            yield Closing(self._operations, self._jobs, day)
        finally:
            self._under_way.release()


def _progress_of(engine: Engine, jobs: Sequence[AnyInquiry]) -> list[JobProgress]:
    """How far each job has come, in the order of the jobs."""
    progress: dict[str, JobProgress] = {}
    for owner, database in engine.databases.items():
        names = [job.name for job in jobs if job.service == owner]
        progress |= database.transact(partial(read_progress, jobs=names))
    return [progress[job.name] for job in jobs]
