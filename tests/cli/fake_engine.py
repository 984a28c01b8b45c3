"""A bulk engine behind real gRPC whose runs do what a test says."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import grpc
from google.type.date_pb2 import Date

from carat.operations.v1 import operations_service_pb2 as messages
from carat.operations.v1.operations_service_pb2_grpc import add_OperationsServiceServicer_to_server
from carat.operations.v1.run_pb2 import (
    RUN_STATE_CANCELLED,
    RUN_STATE_FAILED,
    RUN_STATE_FINISHED,
    RUN_STATE_RUNNING,
    Change,
    ChangeCount,
    Run,
)
from tests.cli.fake_services import Unbuilt, served

RUN_ID = "tier-review-2026-07-31-abc123"
CHUNKS = 4


class FakeEngine(Unbuilt):
    """One run of four chunks; each watcher sees the next chunk done, `on_watch` may break the stream.

    A closing runs the jobs that `left` names, one after the other, each once it is watched to its end.
    """

    def __init__(self) -> None:
        self.run = Run()
        self.started: list[messages.StartRunRequest] = []
        self.simulated: list[messages.StartSimulationRequest | messages.StartReplayRequest] = []
        self.foreseen: list[ChangeCount] = []
        self.left: list[str] = []
        self.on_call: Callable[[grpc.ServicerContext], None] = lambda _context: None
        self.on_watch: Callable[[grpc.ServicerContext, int], None] = lambda _context, _done: None
        self.fails_at = -1

    def StartRun(self, request: Any, context: Any) -> messages.StartRunResponse:
        self.started.append(request)
        self.run = Run(
            run_id=RUN_ID,
            job=request.job,
            as_of=request.as_of,
            preview=request.validate_only,
            state=RUN_STATE_RUNNING,
            chunks=CHUNKS,
        )
        self.run.started_at.FromSeconds(1_800_000_000)
        return messages.StartRunResponse(run=self.run)

    def WatchRun(self, request: Any, context: Any) -> Iterator[messages.WatchRunResponse]:
        while self.run.state == RUN_STATE_RUNNING:
            self.on_watch(context, self.run.chunks_done)
            self._do_a_chunk()
            yield messages.WatchRunResponse(run=self.run)

    def GetRun(self, request: Any, context: Any) -> messages.GetRunResponse:
        return messages.GetRunResponse(run=self.run)

    def ListRuns(self, request: Any, context: Any) -> messages.ListRunsResponse:
        return messages.ListRunsResponse(runs=[self.run] if self.run.run_id else [])

    def ListChanges(self, request: Any, context: Any) -> messages.ListChangesResponse:
        page = int(request.page_token or 0)
        change = Change(member_id=f"M{page}", reason="GRACE_ENTERED", to="gold")
        change.effective_on.CopyFrom(Date(year=2026, month=7, day=31))
        following = str(page + 1) if page + 1 < CHUNKS else ""
        return messages.ListChangesResponse(changes=[change], next_page_token=following)

    def CancelRun(self, request: Any, context: Any) -> messages.CancelRunResponse:
        self.run.state = RUN_STATE_CANCELLED
        return messages.CancelRunResponse(run=self.run)

    def ResumeRun(self, request: Any, context: Any) -> messages.ResumeRunResponse:
        self.run.state, self.run.failure = RUN_STATE_RUNNING, ""
        return messages.ResumeRunResponse(run=self.run)

    def StartSimulation(self, request: Any, context: Any) -> messages.StartSimulationResponse:
        self.on_call(context)
        self.simulated.append(request)
        return messages.StartSimulationResponse(run=self._preview("what-if"))

    def StartReplay(self, request: Any, context: Any) -> messages.StartReplayResponse:
        self.simulated.append(request)
        return messages.StartReplayResponse(run=self._preview("replay"))

    def CloseDay(self, request: Any, context: Any) -> Iterator[messages.CloseDayResponse]:
        while self.left:
            self.on_call(context)
            if self.run.state != RUN_STATE_RUNNING:
                self.run = Run(
                    run_id=f"{self.left[0]}-1",
                    job=self.left[0],
                    as_of=request.as_of,
                    state=RUN_STATE_RUNNING,
                    chunks=CHUNKS,
                )
            yield messages.CloseDayResponse(day=request.as_of, run=self.run)
            while self.run.state == RUN_STATE_RUNNING and context.is_active():
                time.sleep(0.01)
            if self.run.state == RUN_STATE_FINISHED:
                del self.left[0]
            yield messages.CloseDayResponse(day=request.as_of, run=self.run)
            if self.run.state != RUN_STATE_FINISHED:
                return

    def _preview(self, job: str) -> Run:
        self.run = Run(
            run_id=f"{job}-1", job=job, preview=True, state=RUN_STATE_FINISHED, changes=self.foreseen
        )
        return self.run

    def _do_a_chunk(self) -> None:
        if self.run.chunks_done == self.fails_at:
            self.run.state, self.run.failure = RUN_STATE_FAILED, "the database is gone"
            return
        self.run.chunks_done += 1
        self.run.members_read += 20_000
        if self.run.chunks_done == CHUNKS:
            self.run.changes.add(reason="GRACE_ENTERED", to="gold", members=CHUNKS)
            self.run.state, self.run.plan_hash = RUN_STATE_FINISHED, "f00d"
            self.run.finished_at.FromSeconds(1_800_000_010)


@contextmanager
def served_engine(engine: FakeEngine) -> Iterator[str]:
    """Serves the engine; gives the address."""
    servicer: Any = engine
    with served(lambda server: add_OperationsServiceServicer_to_server(servicer, server)) as address:
        yield address
