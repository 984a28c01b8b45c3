"""The Operations service: messages in, messages out."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, Final, ParamSpec, TypeVar

import grpc
from google.rpc import code_pb2

from carat.operations.v1 import operations_service_pb2 as messages
from carat.operations.v1 import run_pb2
from carat.operations.v1.operations_service_pb2_grpc import OperationsServiceServicer
from services.kernel.calendar import day_date, day_number
from services.runtime.program_messages import day_from_proto, day_to_proto
from services.runtime.refusal import Refused
from workers.job import Changes
from workers.operations import Operations
from workers.progress.reports import Run
from workers.progress.tables import RunState
from workers.refusals import Reason, RunRefused

P = ParamSpec("P")
T = TypeVar("T")
Context = grpc.aio.ServicerContext[Any, Any]

DOMAIN: Final = "operations.carat"

_WATCH_SECONDS: Final = 0.2
_CODES: Final = {
    Reason.AS_OF_BEFORE_LAST_RUN: code_pb2.FAILED_PRECONDITION,
    Reason.POLICY_REQUIRED: code_pb2.FAILED_PRECONDITION,
    Reason.RUN_ALREADY_ACTIVE: code_pb2.FAILED_PRECONDITION,
    Reason.PLAN_CHANGED: code_pb2.FAILED_PRECONDITION,
    Reason.RUN_UNKNOWN: code_pb2.NOT_FOUND,
    Reason.RUN_NOT_ACTIVE: code_pb2.FAILED_PRECONDITION,
}


class OperationsServicer(OperationsServiceServicer):
    """OperationsService over Operations, whose calls wait for the database and so run in threads."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations

    async def StartRun(
        self, request: messages.StartRunRequest, context: Context
    ) -> messages.StartRunResponse:
        """Starts a run or a preview."""
        day = day_from_proto(request.as_of)
        as_of = None if day is None else day_number(day)
        expected = request.expected_plan_hash
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
        shown = None
        while shown is None or shown.state is RunState.RUNNING:
            run = await _answer(self._operations.get, request.run_id)
            if run != shown:
                yield messages.WatchRunResponse(run=_message(run))
            else:
                await asyncio.sleep(_WATCH_SECONDS)
            shown = run

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


async def _answer(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    try:
        return await asyncio.to_thread(call, *args, **kwargs)
    except RunRefused as refused:
        code = _CODES.get(refused.reason, code_pb2.INVALID_ARGUMENT)
        raise Refused(refused.reason, refused.text, code, refused.metadata) from None


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
        message.changes.add(**count)
    message.started_at.FromDatetime(run.started_at)
    if run.stopped_at is not None:
        message.finished_at.FromDatetime(run.stopped_at)
    return message


def _change_messages(changes: Changes) -> list[run_pb2.Change]:
    columns = (changes.member_id, changes.reason, changes.before, changes.after, changes.effective_on)
    return [
        run_pb2.Change(
            **{"member_id": member, "reason": reason, "from": before, "to": after},
            effective_on=day_to_proto(day_date(day)),
        )
        for member, reason, before, after, day in zip(*(column.tolist() for column in columns), strict=True)
    ]
