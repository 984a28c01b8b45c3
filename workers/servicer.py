"""The Operations service: messages in, messages out."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Final, ParamSpec, TypeVar

import grpc
from google.rpc import code_pb2
from google.type.date_pb2 import Date

from carat.operations.v1 import operations_service_pb2 as messages
from carat.operations.v1 import run_pb2
from carat.operations.v1.operations_service_pb2_grpc import OperationsServiceServicer
from services.kernel.calendar import day_date, day_number
from services.runtime.program_messages import day_from_proto, day_to_proto, program_from_proto
from services.runtime.refusal import FieldMistake, Refused, unavailable_status
from services.tier.policy_messages import policy_from_proto
from workers.closer import BenefitsBehind, Closer, Closing
from workers.job import Changes
from workers.jobs.replay import REPLAY, plan_replay
from workers.jobs.what_if import WHAT_IF, plan_what_if
from workers.operations import Operations
from workers.progress.reports import Run
from workers.progress.tables import RunState
from workers.refusals import Reason, RunRefused

P = ParamSpec("P")
T = TypeVar("T")
Context = grpc.aio.ServicerContext[Any, Any]

DOMAIN: Final = "operations.carat"

_WATCH_SECONDS: Final = 0.2
_CLOSING_SECONDS: Final = 0.05
_CODES: Final = {
    Reason.AS_OF_BEFORE_LAST_RUN: code_pb2.FAILED_PRECONDITION,
    Reason.POLICY_REQUIRED: code_pb2.FAILED_PRECONDITION,
    Reason.RUN_ALREADY_ACTIVE: code_pb2.FAILED_PRECONDITION,
    Reason.PLAN_CHANGED: code_pb2.FAILED_PRECONDITION,
    Reason.RUN_UNKNOWN: code_pb2.NOT_FOUND,
    Reason.RUN_NOT_ACTIVE: code_pb2.FAILED_PRECONDITION,
    Reason.DAY_ALREADY_CLOSED: code_pb2.FAILED_PRECONDITION,
    Reason.CLOSING_ALREADY_ACTIVE: code_pb2.FAILED_PRECONDITION,
}


class OperationsServicer(OperationsServiceServicer):
    """OperationsService over Operations, whose calls wait for the database and so run in threads."""

    def __init__(self, operations: Operations, benefits_patience_seconds: float = 30.0) -> None:
        """`benefits_patience_seconds`: how long a closing waits for Benefits to follow Tier's moves."""
        self._operations = operations
        self._closer = Closer(operations)
        self._benefits_patience_seconds = benefits_patience_seconds

    async def StartRun(
        self, request: messages.StartRunRequest, context: Context
    ) -> messages.StartRunResponse:
        """Starts a run or a preview."""
        as_of, expected = _day(request.as_of), request.expected_plan_hash
        run = await _answer(self._operations.start, request.job, as_of, request.validate_only, expected)
        return messages.StartRunResponse(run=_message(run))

    async def GetRun(self, request: messages.GetRunRequest, context: Context) -> messages.GetRunResponse:
        """A run as it stands."""
        return messages.GetRunResponse(run=_message(await _answer(self._operations.get, request.run_id)))

    async def ListRuns(
        self, request: messages.ListRunsRequest, context: Context
    ) -> messages.ListRunsResponse:
        """Runs, newest first."""
        runs, token = await _answer(self._operations.list_runs, request.page_size, request.page_token)
        return messages.ListRunsResponse(runs=[_message(run) for run in runs], next_page_token=token)

    async def WatchRun(
        self, request: messages.WatchRunRequest, context: Context
    ) -> AsyncIterator[messages.WatchRunResponse]:
        """A run whenever it has changed, until it no longer goes on."""
        async for run in self._watched(request.run_id):
            yield messages.WatchRunResponse(run=_message(run))

    async def ListChanges(
        self, request: messages.ListChangesRequest, context: Context
    ) -> messages.ListChangesResponse:
        """The changes of one chunk of a run."""
        changes, token = await _answer(self._operations.list_changes, request.run_id, request.page_token)
        return messages.ListChangesResponse(changes=_change_messages(changes), next_page_token=token)

    async def CancelRun(
        self, request: messages.CancelRunRequest, context: Context
    ) -> messages.CancelRunResponse:
        """Stops a run."""
        return messages.CancelRunResponse(
            run=_message(await _answer(self._operations.cancel, request.run_id))
        )

    async def ResumeRun(
        self, request: messages.ResumeRunRequest, context: Context
    ) -> messages.ResumeRunResponse:
        """Goes on with a run."""
        return messages.ResumeRunResponse(
            run=_message(await _answer(self._operations.resume, request.run_id))
        )

    async def CloseDay(
        self, request: messages.CloseDayRequest, context: Context
    ) -> AsyncIterator[messages.CloseDayResponse]:
        """Runs what is left of a day and of those before; ends after a run that does not finish."""
        day = await _answer(self._closer.checked, _day(request.as_of))
        with _refusing(), self._closer.closing(day) as closing:
            while (started := await self._next_run(closing, context)) is not None:
                yield _closing_message(started)
                stopped = await self._stopped(started.run_id)
                yield _closing_message(stopped)
                if stopped.state is not RunState.FINISHED:
                    return

    async def StartSimulation(
        self, request: messages.StartSimulationRequest, context: Context
    ) -> messages.StartSimulationResponse:
        """Starts to evaluate a changed policy."""
        plan = partial(
            plan_what_if,
            program=program_from_proto(request.program),
            policy=policy_from_proto(request.policy),
            everyone=request.mode == messages.SIMULATION_MODE_EVERYONE,
        )
        run = await _answer(self._operations.preview, WHAT_IF.name, plan)
        return messages.StartSimulationResponse(run=_message(run))

    async def StartReplay(
        self, request: messages.StartReplayRequest, context: Context
    ) -> messages.StartReplayResponse:
        """Starts to replay the recorded history through two tier systems."""
        plan = partial(
            plan_replay,
            program=program_from_proto(request.program),
            policy=policy_from_proto(request.policy),
            systems=(request.system_a, request.system_b),
        )
        run = await _answer(self._operations.preview, REPLAY.name, plan)
        return messages.StartReplayResponse(run=_message(run))

    async def _watched(self, run_id: str) -> AsyncIterator[Run]:
        """The run whenever it has changed, until it no longer goes on."""
        shown = None
        while shown is None or shown.state is RunState.RUNNING:
            run = await _answer(self._operations.get, run_id)
            if run != shown:
                yield run
            else:
                await asyncio.sleep(_WATCH_SECONDS)
            shown = run

    async def _stopped(self, run_id: str) -> Run:
        """The run, once it no longer goes on. No thread waits for it: it may take long, and the engine end first."""
        while True:
            run = await _answer(self._operations.get, run_id)
            if run.state is not RunState.RUNNING:
                return run
            await asyncio.sleep(_CLOSING_SECONDS)

    async def _next_run(self, closing: Closing, context: Context) -> Run | None:
        """The next run of a closing, once Benefits is ready for it."""
        deadline = time.monotonic() + self._benefits_patience_seconds
        while True:
            try:
                return await _answer(closing.next_run)
            except BenefitsBehind as behind:
                if time.monotonic() >= deadline:
                    await context.abort_with_status(unavailable_status(str(behind)))
            await asyncio.sleep(_WATCH_SECONDS)


async def _answer(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    with _refusing():
        return await asyncio.to_thread(call, *args, **kwargs)


@contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except RunRefused as refused:
        code = _CODES.get(refused.reason, code_pb2.INVALID_ARGUMENT)
        mistakes = [FieldMistake(item.path, item.rule.name, item.text) for item in refused.mistakes]
        raise Refused(refused.reason, refused.text, code, refused.metadata, mistakes) from None


def _day(message: Date) -> int | None:
    """None: no date of the calendar."""
    day = day_from_proto(message)
    return None if day is None else day_number(day)


def _closing_message(run: Run) -> messages.CloseDayResponse:
    return messages.CloseDayResponse(day=day_to_proto(day_date(run.as_of)), run=_message(run))


def _message(run: Run) -> run_pb2.Run:
    message = run_pb2.Run(
        run_id=run.run_id,
        job=run.job,
        as_of=day_to_proto(day_date(run.as_of)),
        preview=run.preview,
        state=f"RUN_STATE_{run.state.name}",
        chunks=run.chunks,
        chunks_done=run.chunks_done,
        members_read=run.members_read,
        plan_hash=run.plan_hash,
        failure=run.failure,
    )
    for kind, members in run.changes:
        # `from` is a keyword of Python.
        count = {"reason": kind.reason, "from": kind.before, "to": kind.after, "members": members}
        points_from, points_to = run.points.get(kind, (0, 0))
        message.changes.add(**count, points_from=points_from, points_to=points_to)
    message.started_at.FromDatetime(run.started_at)
    if run.stopped_at is not None:
        message.finished_at.FromDatetime(run.stopped_at)
    return message


def _change_messages(changes: Changes) -> list[run_pb2.Change]:
    names = ("member_id", "reason", "before", "after", "effective_on", "points_before", "points_after")
    columns = [getattr(changes, name).tolist() for name in names]
    return [
        run_pb2.Change(
            **{"member_id": member, "reason": reason, "from": before, "to": after},
            effective_on=day_to_proto(day_date(day)),
            points_from=points_from,
            points_to=points_to,
        )
        for member, reason, before, after, day, points_from, points_to in zip(*columns, strict=True)
    ]
