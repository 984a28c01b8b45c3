"""The bulk jobs of the demo, run by the engine and watched."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import grpc

from carat.operations.v1.operations_service_pb2 import StartRunRequest, WatchRunRequest
from carat.operations.v1.run_pb2 import Run, RunState
from carat.tier.v1.tier_service_pb2 import CountMembersRequest, LevelCount
from services.cli.connections import Connections
from services.cli.demo.sending import PATIENCE_SECONDS
from services.cli.failures import CommandFailed, ExitCode
from services.cli.patience import Absence, Patience
from services.runtime.program_messages import day_to_proto


@dataclass(frozen=True, slots=True)
class PlannedJob:
    """A job, and the day as of which it decides."""

    name: str
    as_of: date


# The last purchases are of March: by July the first anniversaries have passed, by the end of October the
# first times of grace.
JOBS: Final = (
    PlannedJob("tier-review", date(2026, 7, 31)),
    PlannedJob("grace-expiration", date(2026, 10, 31)),
    PlannedJob("allowance-refresh", date(2026, 11, 1)),
)
AFTER_ALL_JOBS: Final = datetime.combine(max(job.as_of for job in JOBS) + timedelta(days=1), time(), UTC)
"""The present of the demo, so that it ends alike on whatever day it is started."""

Counts = list[LevelCount]


def count_members(connections: Connections) -> Counts:
    """Members per level, lowest first."""
    return list(connections.tier.CountMembers(CountMembersRequest()).counts)


def run_job(
    connections: Connections, job: PlannedJob, on_progress: Callable[[Run], None], *, preview: bool = False
) -> Run:
    """Starts a job, or a preview of it, and watches it to its end; CommandFailed when it fails.

    A restart of the engine meanwhile is waited for: it goes on with its runs by itself.
    """
    patience = Patience(PATIENCE_SECONDS)
    request = StartRunRequest(job=job.name, as_of=day_to_proto(job.as_of), validate_only=preview)
    run: Run = patience.call(connections.operations.StartRun, request).run
    absence = Absence(patience)
    while run.state == RunState.RUN_STATE_RUNNING:
        try:
            for seen in connections.operations.WatchRun(WatchRunRequest(run_id=run.run_id)):
                run = seen.run
                absence.end()
                on_progress(run)
        except grpc.RpcError as error:
            absence.bear(error)
    if run.state != RunState.RUN_STATE_FINISHED:
        raise CommandFailed(f"{run.run_id} did not finish: {run.failure or 'cancelled'}", ExitCode.FAULTY)
    return run


def seconds_of(run: Run) -> float:
    """How long a finished run took, by the engine's own account."""
    return float((run.finished_at.ToNanoseconds() - run.started_at.ToNanoseconds()) / 1e9)
