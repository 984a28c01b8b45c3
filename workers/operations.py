"""What can be asked of the bulk engine: start, look, cancel, resume."""

import binascii
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from services.kernel.calendar import day_date, day_number
from services.kernel.columns import taken
from services.kernel.program import is_code
from services.kernel.shards import shard_of
from services.runtime.clock import Clock
from services.runtime.database import Database, fetching
from workers.chunk import changes_of
from workers.engine import Engine
from workers.job import AnyJob, Changes, PolicyRequired
from workers.plan import cut_into_chunks
from workers.progress import Connection
from workers.progress.reports import Position, Run, read_chunk_scope, read_parameters, read_run, read_runs
from workers.progress.runs import NewRun, cancel_run, read_active_run, read_last_as_of, record_run, resume_run
from workers.progress.tables import RunState
from workers.refusals import Reason, RunRefused

_PAGE_SIZE: Final = 50
_LARGEST_PAGE: Final = 1_000


class PreviewStopped(Exception):
    """The preview that a run was to be compared with did not finish."""


class Operations:
    """The calls of the Operations service, without gRPC; refusals are raised as RunRefused."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def start(self, job_name: str, as_of: int | None, preview: bool, expected_plan_hash: str = "") -> Run:
        """Plans a run, or a preview of it, and takes it up; `as_of` None: the caller's date was none.

        With an expected hash a preview is made first, and nothing is started unless its hash is that.
        """
        if job_name not in self._engine.jobs:
            known = ", ".join(sorted(self._engine.jobs))
            raise RunRefused(Reason.JOB_UNKNOWN, f"there is no job {job_name!r}; there are: {known}")
        if as_of is None:
            raise RunRefused(Reason.AS_OF_MUST_BE_VALID, "as_of must be a whole date of the calendar")
        job = self._engine.jobs[job_name]
        if expected_plan_hash and not preview:
            self._insist_on(expected_plan_hash, self._planned(job, as_of, preview=True))
        return self._planned(job, as_of, preview)

    def get(self, run_id: str) -> Run:
        """The run as it stands."""
        return self._found(run_id)[0]

    def wait(self, run_id: str) -> None:
        """Waits until the run is not under way; a cancelled one is, until its last chunk ends."""
        self._engine.wait(run_id)

    def list_runs(self, page_size: int, page_token: str) -> tuple[list[Run], str]:
        """Runs of all jobs, newest first, and the token of the next page (empty: there is none)."""
        size = min(page_size if page_size > 0 else _PAGE_SIZE, _LARGEST_PAGE)
        before = _position(page_token) if page_token else None
        found = [
            run
            for database in self._engine.databases.values()
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
        job = self._engine.jobs[run.job]
        scope = database.transact(lambda connection: read_chunk_scope(connection, run_id, number))
        if run.preview:
            parameters = database.transact(lambda connection: read_parameters(connection, run_id))
            changes = changes_of(database, job, scope, run.as_of, parameters)
        else:
            changes = job.recorded(database.fetch_arrow, run_id, scope)
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
        self._engine.submit(run.run_id, run.job)
        return self.get(run_id)

    def _planned(self, job: AnyJob, as_of: int, preview: bool) -> Run:
        database = self._engine.databases[job.service]
        clock = self._clock
        run_id = database.transact(lambda connection: _record_planned(connection, job, as_of, preview, clock))
        self._engine.submit(run_id, job.name)
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
        for database in self._engine.databases.values() if is_code(run_id) else ():
            run = database.transact(lambda connection: read_run(connection, run_id))
            if run is not None:
                return run, database
        raise RunRefused(Reason.RUN_UNKNOWN, f"there is no run {run_id!r}")


def _record_planned(connection: Connection, job: AnyJob, as_of: int, preview: bool, clock: Clock) -> str:
    """Refuses what may not be started now, else adds the run with its chunks: its id."""
    # In this order: a run that finishes between the two reads is then seen by one of them.
    active = read_active_run(connection, job.name)
    last = read_last_as_of(connection, job.name)
    _refuse_the_future(as_of, _today(connection, job, clock))
    if last is not None and as_of < last:
        raise RunRefused(
            Reason.AS_OF_BEFORE_LAST_RUN,
            f"as_of must not be before {day_date(last)}, the day of the last run of {job.name}",
            {"last_as_of": day_date(last).isoformat()},
        )
    if active is not None:
        text = f"run {active} of {job.name} must be finished first: wait for it, or resume it"
        raise RunRefused(Reason.RUN_ALREADY_ACTIVE, text, {"run_id": active})
    parameters = job.plan(connection, as_of)
    is_empty = parameters.get("empty", False)
    chunks = [] if is_empty else cut_into_chunks(job.weigh(fetching(connection), as_of, parameters))
    run_id = f"{job.name}-{day_date(as_of)}{'-preview' if preview else ''}-{secrets.token_hex(3)}"
    record_run(connection, NewRun(run_id, job.name, as_of, preview, parameters, chunks))
    return run_id


def _today(connection: Connection, job: AnyJob, clock: Clock) -> int:
    try:
        return day_number(clock.today(ZoneInfo(job.time_zone(connection))))
    except PolicyRequired as error:
        raise RunRefused(Reason.POLICY_REQUIRED, "a program must be applied before a job can run") from error


def _refuse_the_future(as_of: int, today: int) -> None:
    # Runs never go back: one of a day still to come would stand in the way of all until that day.
    if as_of > today:
        raise RunRefused(
            Reason.AS_OF_MUST_NOT_BE_IN_FUTURE,
            f"as_of must not be after {day_date(today)}, today's date in the program's time zone",
            {"today": day_date(today).isoformat()},
        )


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
