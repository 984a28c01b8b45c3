"""Takes runs from start to finish: one thread for each run that goes on."""

import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, TypeVar

import structlog

from services.runtime.database import Database, DatabaseUnavailable
from workers.executor import ChunkFailed, Executor, RunWork, failure_text, pauses
from workers.job import AnyInquiry, Job, Owner, nothing_to_finish
from workers.progress import Connection
from workers.progress.chunks import read_open_chunks
from workers.progress.runs import fail_run, finish_run, read_running, read_state
from workers.progress.tables import RunState

T = TypeVar("T")

_STOPPING_SECONDS: Final = 20.0

_log = structlog.get_logger(__name__)


class EngineStopped(Exception):
    """The engine was told to stop; whatever was going on goes on when it is started again."""


class Engine:
    """The runs under way. What they have done is in the databases: the engine may be killed at any time."""

    def __init__(
        self, jobs: Mapping[str, AnyInquiry], databases: Mapping[Owner, Database], executor: Executor
    ) -> None:
        self.jobs = jobs
        self.databases = databases
        self._executor = executor
        self._stopping = threading.Event()
        self._changing = threading.Lock()
        self._threads: dict[str, threading.Thread] = {}
        self._wanted: set[str] = set()

    def start(self) -> None:
        """Goes on, in the background, with all runs that an earlier engine left going on."""
        for owner, database in self.databases.items():
            threading.Thread(target=self._resume_all, args=(owner, database), daemon=True).start()

    def submit(self, run_id: str, job_name: str) -> None:
        """Takes up a run that is to go on; harmless if it is under way already."""
        job = self.jobs[job_name]
        work = RunWork(run_id, job, self.databases[job.service])
        with self._changing:
            self._wanted.add(run_id)
            if run_id not in self._threads and not self._stopping.is_set():
                self._threads[run_id] = threading.Thread(
                    target=self._carry, args=(work,), name=run_id, daemon=True
                )
                self._threads[run_id].start()

    def wait(self, run_id: str) -> None:
        """Waits until the run is no longer under way here."""
        with self._changing:
            thread = self._threads.get(run_id)
        if thread is not None:
            thread.join()

    def stop(self) -> None:
        """Hands out no more chunks and waits for those under way, within reason; then closes the executor."""
        self._stopping.set()
        with self._changing:
            threads = list(self._threads.values())
        for thread in threads:
            thread.join(_STOPPING_SECONDS)
        self._executor.close()

    def _resume_all(self, owner: Owner, database: Database) -> None:
        try:
            running = self._unless_away(database, read_running)
        except EngineStopped:
            return
        for run_id, job_name in running:
            if job_name in self.jobs and self.jobs[job_name].service == owner:
                _log.info("going on with a run", run_id=run_id)
                self.submit(run_id, job_name)
            else:
                _log.error("a run waits for a job that is not known here", run_id=run_id, job=job_name)

    def _carry(self, work: RunWork) -> None:
        while True:
            with self._changing:
                self._wanted.discard(work.run_id)
            try:
                self._carry_on(work)
            except EngineStopped:
                return
            except Exception as error:  # noqa: BLE001 - whatever stopped a run, the run has to tell
                self._fail(work, error)
            with self._changing:
                # Asked for again meanwhile: it was resumed before this thread had wound down.
                if work.run_id not in self._wanted:
                    del self._threads[work.run_id]
                    return

    def _carry_on(self, work: RunWork) -> None:
        while self._tell(work, read_state) is RunState.RUNNING:
            chunks = self._tell(work, read_open_chunks)
            if not chunks:
                self._finish(work)
                return
            self._executor.run_chunks(work, chunks, partial(_note_done, work.run_id), self._stopping.is_set)
            if self._stopping.is_set():
                raise EngineStopped

    def _finish(self, work: RunWork) -> None:
        last_step = work.job.finish if isinstance(work.job, Job) else nothing_to_finish

        def finish(connection: Connection, run_id: str) -> bool:
            return finish_run(
                connection, run_id, lambda parameters: last_step(connection, parameters, run_id)
            )

        if self._tell(work, finish):
            _log.info("run finished", run_id=work.run_id)

    def _fail(self, work: RunWork, error: Exception) -> None:
        if self._stopping.is_set():
            return
        _log.error("run failed", run_id=work.run_id, exc_info=error)
        text = str(error) if isinstance(error, ChunkFailed) else failure_text(error)
        try:
            self._tell(work, lambda connection, run_id: fail_run(connection, run_id, text))
        except EngineStopped:
            return

    def _tell(self, work: RunWork, of_run: Callable[[Connection, str], T]) -> T:
        return self._unless_away(work.database, lambda connection: of_run(connection, work.run_id))

    def _unless_away(self, database: Database, work: Callable[[Connection], T]) -> T:
        """Runs a transaction, however long the database is away; raises EngineStopped when told to stop."""
        pause = pauses(self._stopping.is_set)
        while True:
            try:
                return database.transact(work)
            except DatabaseUnavailable as error:
                _log.warning("waiting for the database", why=failure_text(error))
            if not pause():
                raise EngineStopped


def _note_done(run_id: str, number: int) -> None:
    _log.debug("chunk done", run_id=run_id, chunk=number)
