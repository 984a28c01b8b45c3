"""The Operations service, called over a socket."""

from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any, cast

import grpc
import pytest
import pytest_asyncio
import sqlalchemy as sa
from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc.error_details_pb2 import ErrorInfo
from google.type.date_pb2 import Date
from grpc_status import rpc_status

from carat.operations.v1 import errors_pb2, run_pb2
from carat.operations.v1 import operations_service_pb2 as messages
from carat.operations.v1.operations_service_pb2_grpc import (
    OperationsServiceStub,
    add_OperationsServiceServicer_to_server,
)
from services.runtime.database import Database
from services.runtime.interceptor import AnsweringInterceptor
from tests.workers.conftest import DUE_ON, closed_gate, ended, wait_for_chunks_at_the_gate
from tests.workers.counting_job import ACCOUNT, INTEREST, MEMBERS, open_accounts
from workers.operations import Operations
from workers.refusals import Reason
from workers.servicer import DOMAIN, OperationsServicer

if TYPE_CHECKING:
    from carat.operations.v1.operations_service_pb2_grpc import OperationsServiceAsyncStub as Stub

JULY_31 = Date(year=2026, month=7, day=31)
JULY_30 = Date(year=2026, month=7, day=30)
A_RUN_WITH_NUL = urlsafe_b64encode(b"2026-07-31T00:00:00+00:00 x\0").decode()


@pytest.fixture
def operations(database: Database, start_operations: Callable[..., Operations]) -> Operations:
    return start_operations(database)


@pytest_asyncio.fixture
async def stub(operations: Operations) -> "AsyncIterator[Stub]":
    async for served in serving(operations):
        yield served


async def serving(operations: Operations, **options: float) -> "AsyncIterator[Stub]":
    server = grpc.aio.server(interceptors=[AnsweringInterceptor(DOMAIN, 60)])
    add_OperationsServiceServicer_to_server(OperationsServicer(operations, **options), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield OperationsServiceStub(channel)
    await server.stop(None)


def start(**fields: Any) -> messages.StartRunRequest:
    return messages.StartRunRequest(**{"job": "interest", "as_of": JULY_31, **fields})


async def watched(stub: "Stub", run_id: str) -> list[run_pb2.Run]:
    return [response.run async for response in stub.WatchRun(messages.WatchRunRequest(run_id=run_id))]


async def finished(stub: "Stub", **fields: Any) -> run_pb2.Run:
    run = (await stub.StartRun(start(**fields))).run
    last = (await watched(stub, run.run_id))[-1]
    assert last.state == run_pb2.RUN_STATE_FINISHED
    return last


async def refusal(call: Awaitable[Any]) -> tuple[grpc.StatusCode, ErrorInfo]:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    status = rpc_status.from_call(cast(grpc.Call, caught.value))
    assert status is not None
    info = ErrorInfo()
    packed: AnyMessage = status.details[0]
    assert packed.Unpack(info)
    assert info.domain == "operations.carat"
    return caught.value.code(), info


async def test_a_run_is_watched_to_its_end(stub: "Stub", database: Database) -> None:
    with closed_gate(database):
        run = (await stub.StartRun(start())).run
        assert run.run_id.startswith("interest-2026-07-31-")
        assert (run.state, run.as_of, run.chunks) == (run_pb2.RUN_STATE_RUNNING, JULY_31, 10)
    seen = await watched(stub, run.run_id)
    assert seen[-1].state == run_pb2.RUN_STATE_FINISHED
    assert [one.chunks_done for one in seen] == sorted(one.chunks_done for one in seen)
    assert (seen[-1].chunks_done, seen[-1].members_read, len(seen[-1].plan_hash)) == (10, MEMBERS, 64)
    assert sum(change.members for change in seen[-1].changes) == MEMBERS
    assert seen[-1].HasField("finished_at")
    assert (await stub.GetRun(messages.GetRunRequest(run_id=run.run_id))).run == seen[-1]


async def all_changes(stub: "Stub", run_id: str) -> list[run_pb2.Change]:
    changes: list[run_pb2.Change] = []
    token: str | None = None
    while token != "":
        page = await stub.ListChanges(messages.ListChangesRequest(run_id=run_id, page_token=token or ""))
        changes += page.changes
        token = page.next_page_token
    return changes


async def test_a_preview_lists_the_changes_that_the_run_then_makes(stub: "Stub") -> None:
    preview = await finished(stub, validate_only=True)
    foreseen = await all_changes(stub, preview.run_id)
    run = await finished(stub, expected_plan_hash=preview.plan_hash)
    assert preview.preview
    assert not run.preview
    assert len(foreseen) == MEMBERS
    assert await all_changes(stub, run.run_id) == foreseen
    assert {getattr(change, "from") for change in foreseen} == {"modest", "rich"}
    assert foreseen[0].effective_on == JULY_31


async def test_runs_are_listed_newest_first_page_by_page(stub: "Stub") -> None:
    started = [(await finished(stub)).run_id for _ in range(3)]
    first = await stub.ListRuns(messages.ListRunsRequest(page_size=2))
    rest = await stub.ListRuns(messages.ListRunsRequest(page_size=2, page_token=first.next_page_token))
    assert [run.run_id for run in [*first.runs, *rest.runs]] == started[::-1]
    assert rest.next_page_token == ""


async def test_an_unknown_job_is_refused(stub: "Stub") -> None:
    code, info = await refusal(stub.StartRun(start(job="tier-revue")))
    assert (code, info.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "JOB_UNKNOWN")


@pytest.mark.parametrize("as_of", [None, Date(year=2026, month=2, day=31), Date(year=2026, month=7)])
async def test_a_day_that_is_none_is_refused(stub: "Stub", as_of: Date | None) -> None:
    code, info = await refusal(stub.StartRun(start(as_of=as_of)))
    assert (code, info.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "AS_OF_MUST_BE_VALID")


@pytest.mark.parametrize("validate_only", [True, False])
async def test_a_run_as_of_tomorrow_is_refused(stub: "Stub", validate_only: bool) -> None:
    tomorrow = Date(year=2026, month=9, day=1)
    code, info = await refusal(stub.StartRun(start(as_of=tomorrow, validate_only=validate_only)))
    assert (code, info.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "AS_OF_MUST_NOT_BE_IN_FUTURE")
    assert info.metadata["today"] == "2026-08-31"


async def test_a_run_as_of_the_programs_today_is_not_in_the_future(stub: "Stub") -> None:
    await finished(stub, as_of=Date(year=2026, month=8, day=31))


async def test_a_run_before_any_program_is_refused(
    fresh_database: Callable[[], Database], start_operations: Callable[..., Operations]
) -> None:
    database = fresh_database()
    open_accounts(database, DUE_ON, percent=None)
    async for stub in serving(start_operations(database)):
        code, info = await refusal(stub.StartRun(start()))
        assert (code, info.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "POLICY_REQUIRED")
        assert not (await stub.ListRuns(messages.ListRunsRequest())).runs


@pytest.mark.parametrize("validate_only", [True, False])
async def test_a_run_as_of_a_day_before_the_last_run_is_refused(stub: "Stub", validate_only: bool) -> None:
    await finished(stub)
    code, info = await refusal(stub.StartRun(start(as_of=JULY_30, validate_only=validate_only)))
    assert (code, info.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "AS_OF_BEFORE_LAST_RUN")
    assert info.metadata["last_as_of"] == "2026-07-31"


async def test_a_preview_is_no_last_run(stub: "Stub") -> None:
    await finished(stub, validate_only=True)
    await finished(stub, as_of=JULY_30)


async def test_a_second_run_is_refused_while_one_is_running_or_cancelled_halfway(
    stub: "Stub", operations: Operations, database: Database
) -> None:
    with closed_gate(database):
        run_id = (await stub.StartRun(start())).run.run_id
        code, info = await refusal(stub.StartRun(start()))
        assert (code, info.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "RUN_ALREADY_ACTIVE")
        assert info.metadata["run_id"] == run_id
        wait_for_chunks_at_the_gate(database, 1)
        await stub.CancelRun(messages.CancelRunRequest(run_id=run_id))
    _, info = await refusal(stub.StartRun(start()))
    assert info.reason == "RUN_ALREADY_ACTIVE"
    await stub.ResumeRun(messages.ResumeRunRequest(run_id=run_id))
    ended(operations, run_id)
    assert len((await stub.ListRuns(messages.ListRunsRequest())).runs) == 1
    await finished(stub)


async def test_a_run_is_refused_when_its_plan_has_changed(stub: "Stub", database: Database) -> None:
    preview = await finished(stub, validate_only=True)
    database.transact(lambda c: c.execute(sa.update(ACCOUNT).values(balance=ACCOUNT.c.balance + 9_000)))
    code, info = await refusal(stub.StartRun(start(expected_plan_hash=preview.plan_hash)))
    assert (code, info.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "PLAN_CHANGED")
    assert database.transact(lambda c: c.execute(sa.select(INTEREST)).first()) is None
    await finished(stub, expected_plan_hash=info.metadata["plan_hash"])


@pytest.mark.parametrize(
    ("method", "request_type"),
    [
        ("GetRun", messages.GetRunRequest),
        ("ListChanges", messages.ListChangesRequest),
        ("CancelRun", messages.CancelRunRequest),
        ("ResumeRun", messages.ResumeRunRequest),
    ],
)
@pytest.mark.parametrize("run_id", ["nothing", "", "tier-review\0"])
async def test_an_unknown_run_is_refused(
    stub: "Stub", method: str, request_type: Callable[..., Any], run_id: str
) -> None:
    code, info = await refusal(getattr(stub, method)(request_type(run_id=run_id)))
    assert (code, info.reason) == (grpc.StatusCode.NOT_FOUND, "RUN_UNKNOWN")


async def test_watching_an_unknown_run_is_refused(stub: "Stub") -> None:
    _, info = await refusal(watched(stub, "nothing"))
    assert info.reason == "RUN_UNKNOWN"


async def test_a_finished_run_is_neither_cancelled_nor_resumed(stub: "Stub") -> None:
    run = await finished(stub)
    for call in (
        stub.CancelRun(messages.CancelRunRequest(run_id=run.run_id)),
        stub.ResumeRun(messages.ResumeRunRequest(run_id=run.run_id)),
    ):
        code, info = await refusal(call)
        assert (code, info.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "RUN_NOT_ACTIVE")


@pytest.mark.parametrize(
    "token", ["garbage", "é", "Z2FyYmFnZQ==", "MjAyNi0wNy0zMVQwMDowMDowMCB4", A_RUN_WITH_NUL, "-1", "10"]
)
async def test_a_page_token_that_no_page_gave_is_refused(stub: "Stub", token: str) -> None:
    run = await finished(stub, validate_only=True)
    for call in (
        stub.ListRuns(messages.ListRunsRequest(page_token=token)),
        stub.ListChanges(messages.ListChangesRequest(run_id=run.run_id, page_token=token)),
    ):
        code, info = await refusal(call)
        assert (code, info.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "PAGE_TOKEN_INVALID")


def test_the_reasons_are_those_of_the_contract() -> None:
    assert {f"OPERATIONS_REASON_{reason.name}": reason.value for reason in Reason} == dict(
        errors_pb2.OperationsReason.items()
    )
