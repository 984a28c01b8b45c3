"""What can be asked of the bulk engine: start, look, cancel, resume."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from datetime import datetime
from typing import Final

import numpy as np

from services.kernel.columns import taken
from services.kernel.program import is_code
from services.kernel.shards import shard_of
from services.runtime.clock import Clock
from services.runtime.database import Database
from workers.chunk import changes_of
from workers.engine import Engine
from workers.job import AnyInquiry, AnyJob, Changes, Job, Plan
from workers.progress import Connection
from workers.progress.reports import Position, Run, read_chunk_scope, read_parameters, read_run, read_runs
from workers.progress.runs import cancel_run, resume_run
from workers.progress.tables import RunState
from workers.refusals import Reason, RunRefused
from workers.starting import record_planned, record_previewed, valid_day

_PAGE_SIZE: Final = 50
_LARGEST_PAGE: Final = 1_000


class PreviewStopped(Exception):
    """The preview that a run was to be compared with did not finish."""


class Operations:
    """The calls of the Operations service, without gRPC; refusals are raised as RunRefused."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self.engine = engine
        self.clock = clock

    def start(self, job_name: str, as_of: int | None, preview: bool, expected_plan_hash: str = "") -> Run:
        """Plans a run, or a preview of it, and takes it up; `as_of` None: the caller's date was none.

        With an expected hash a preview is made first, and nothing is started unless its hash is that.
        """
        startable = {name: job for name, job in self.engine.jobs.items() if isinstance(job, Job)}
        if job_name not in startable:
            known = ", ".join(sorted(startable))
            raise RunRefused(Reason.JOB_UNKNOWN, f"there is no job {job_name!r}; there are: {known}")
        job, day = startable[job_name], valid_day(as_of)
        if expected_plan_hash and not preview:
            self._insist_on(expected_plan_hash, self._planned(job, day, preview=True))
        return self._planned(job, day, preview)

    def preview(self, job_name: str, plan: Plan) -> Run:
        """Takes up a preview as of today, planned as its caller asks."""
        job = self.engine.jobs[job_name]
        return self._taken_up(job, lambda connection: record_previewed(connection, job, plan, self.clock))

    def get(self, run_id: str) -> Run:
        """The run as it stands."""
        return self._found(run_id)[0]

    def wait(self, run_id: str) -> None:
        """Waits until the run is not under way; a cancelled one is, until its last chunk ends."""
        self.engine.wait(run_id)

    def list_runs(self, page_size: int, page_token: str) -> tuple[list[Run], str]:
        """Runs of all jobs, newest first, and the token of the next page (empty: there is none)."""
        size = min(page_size if page_size > 0 else _PAGE_SIZE, _LARGEST_PAGE)
        before = _position(page_token) if page_token else None
        found = [
            run
            for database in self.engine.databases.values()
            for run in database.transact(lambda connection: read_runs(connection, size + 1, before))
        ]
        found.sort(key=lambda run: run.position, reverse=True)
        return found[:size], _position_token(found[size - 1]) if len(found) > size else ""

    def list_changes(self, run_id: str, page_token: str) -> tuple[Changes, str]:
        """The changes of one chunk, by shard and member, and the token of the next chunk's.

        A run's are those it has recorded. A preview's are decided again, on the members as they are now.
        """
        run, database = self._found(run_id)
        number = _chunk_number(page_token, run)
        if run.chunks == 0:
            nobody = np.empty(0, dtype=object)
            return Changes(nobody, nobody, nobody, nobody, np.empty(0, dtype=np.int32)), ""
        job = self.engine.jobs[run.job]
        scope = database.transact(lambda connection: read_chunk_scope(connection, run_id, number))
        if isinstance(job, Job) and not run.preview:
            changes = job.recorded(database.fetch_arrow, run_id, scope)
        else:
            parameters = database.transact(lambda connection: read_parameters(connection, run_id))
            changes = changes_of(database, job, scope, run.as_of, parameters)
        return _in_order(changes), str(number + 1) if number + 1 < run.chunks else ""

    def cancel(self, run_id: str) -> Run:
        """Stops a run after the chunks under way; one that is stopped already stays as it is."""
        run, database = self._unfinished(run_id)
        database.transact(lambda connection: cancel_run(connection, run.run_id))
        return self.get(run_id)

    def resume(self, run_id: str) -> Run:
        """Goes on with a cancelled or failed run; one that goes on already stays as it is."""
        run, database = self._unfinished(run_id)
        database.transact(lambda connection: resume_run(connection, run.run_id))
        self.engine.submit(run.run_id, run.job)
        return self.get(run_id)

    def _planned(self, job: AnyJob, as_of: int, preview: bool) -> Run:
        clock = self.clock
        return self._taken_up(job, lambda connection: record_planned(connection, job, as_of, preview, clock))

    def _taken_up(self, job: AnyInquiry, record: Callable[[Connection], str]) -> Run:
        run_id = self.engine.databases[job.service].transact(record)
        self.engine.submit(run_id, job.name)
        return self.get(run_id)

    def _insist_on(self, expected: str, preview: Run) -> None:
        self.wait(preview.run_id)
        made = self.get(preview.run_id)
        if made.state is not RunState.FINISHED:
            raise PreviewStopped(f"preview {made.run_id} is {made.state.name}: {made.failure}")
        if made.plan_hash != expected:
            raise RunRefused(
                Reason.PLAN_CHANGED,
                f"a preview made now has the hash {made.plan_hash}",
                {"plan_hash": made.plan_hash, "preview_run_id": made.run_id},
            )

    def _unfinished(self, run_id: str) -> tuple[Run, Database]:
        run, database = self._found(run_id)
        if run.state is RunState.FINISHED:
            raise RunRefused(Reason.RUN_NOT_ACTIVE, f"run {run_id} is finished", {"state": run.state.name})
        return run, database

    def _found(self, run_id: str) -> tuple[Run, Database]:
        for database in self.engine.databases.values() if is_code(run_id) else ():
            run = database.transact(lambda connection: read_run(connection, run_id))
            if run is not None:
                return run, database
        raise RunRefused(Reason.RUN_UNKNOWN, f"there is no run {run_id!r}")


def _in_order(changes: Changes) -> Changes:
    shards = shard_of(changes.member_id.tolist()).tolist()
    keys = list(zip(shards, changes.member_id.tolist(), strict=True))
    return taken(changes, np.array(sorted(range(len(keys)), key=keys.__getitem__), dtype=np.intp))


def _chunk_number(token: str, run: Run) -> int:
    if not token:
        return 0
    if not (token.isascii() and token.isdigit() and len(token) <= 9 and 0 < int(token) < run.chunks):
        raise RunRefused(Reason.PAGE_TOKEN_INVALID, "page_token must be the one that the page before gave")
    return int(token)


def _position_token(run: Run) -> str:
    return urlsafe_b64encode(f"{run.started_at.isoformat()} {run.run_id}".encode()).decode()


def _position(token: str) -> Position:
    try:
        started_at, _, run_id = urlsafe_b64decode(token.encode()).decode().partition(" ")
        position = datetime.fromisoformat(started_at), run_id
    except (ValueError, binascii.Error):
        position = None
    if position is None or position[0].utcoffset() is None or not is_code(position[1]):
        raise RunRefused(Reason.PAGE_TOKEN_INVALID, "page_token must be the one that the page before gave")
    return position
