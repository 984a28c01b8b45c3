"""CloseDay over a socket: what it tells, what it refuses, whom it waits for, and what becomes of it when left."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import grpc
import pytest
import pytest_asyncio
import sqlalchemy as sa
from google.type.date_pb2 import Date

from carat.operations.v1 import operations_service_pb2 as messages
from carat.operations.v1 import run_pb2
from services.benefits.policy_document import BenefitsPolicy
from services.benefits.recording import policies as benefits_policies
from services.benefits.store.policies import MOVE_FEED
from services.benefits.tables import FEED_CURSOR
from services.kernel.calendar import day_number
from services.runtime.clock import Clock
from services.runtime.database import Database
from services.runtime.migrate import migrate
from services.tier.store.moves import read_feed_end
from tests.tier.policies import AUTOMATIC
from tests.tier.world import PROGRAM, TierWorld, purchase
from tests.workers.closing_jobs import closed, left_behind, operations_on, staggered
from tests.workers.conftest import (
    DUE_ON,
    PATIENCE_SECONDS,
    closed_gate,
    ended,
    wait_for_chunks_at_the_gate,
)
from tests.workers.counting_job import open_accounts
from tests.workers.expiring_ledger import A_YEAR, apply, expirations, gets
from tests.workers.test_operations_service import refusal, serving
from workers.closer import BenefitsBehind, Closer, Closing
from workers.closing import CLOSING_ORDER
from workers.engine import Engine
from workers.inline import InlineExecutor
from workers.jobs import JOBS
from workers.operations import Operations
from workers.progress.tables import MIGRATIONS, VERSION_TABLE, RunState

if TYPE_CHECKING:
    from carat.operations.v1.operations_service_pb2_grpc import OperationsServiceAsyncStub as Stub

JULY_31 = Date(year=2026, month=7, day=31)
JULY_30 = Date(year=2026, month=7, day=30)
TODAY = date(2026, 7, 31)
NOON = Clock(datetime(2026, 7, 31, 4, tzinfo=UTC))


@pytest.fixture
def accounts(fresh_database: Callable[[], Database]) -> Database:
    return staggered(fresh_database())


@pytest.fixture
def operations(accounts: Database) -> Operations:
    return operations_on(accounts)


@pytest_asyncio.fixture
async def stub(operations: Operations) -> "AsyncIterator[Stub]":
    async for served in serving(operations):
        yield served


async def told(stub: "Stub", day: Date | None = JULY_31) -> list[messages.CloseDayResponse]:
    return [response async for response in stub.CloseDay(messages.CloseDayRequest(as_of=day))]


async def test_each_run_is_told_when_it_starts_and_when_it_has_stopped(stub: "Stub") -> None:
    responses = await told(stub)
    assert [(response.run.job, response.day) for response in responses] == [
        ("tier-review", JULY_31),
        ("tier-review", JULY_31),
        ("tenure", JULY_31),
        ("tenure", JULY_31),
    ]
    assert [response.run.state for response in responses[1::2]] == [run_pb2.RUN_STATE_FINISHED] * 2
    assert responses[0].run.run_id == responses[1].run.run_id
    assert await told(stub) == []


async def refused(
    stub: "Stub", accounts: Database, day: Date | None, code: grpc.StatusCode, reason: str
) -> Any:
    before = left_behind(accounts)
    told_code, info = await refusal(told(stub, day))
    assert (told_code, info.reason) == (code, reason)
    assert left_behind(accounts) == before
    return info.metadata


@pytest.mark.parametrize("day", [None, Date(year=2026, month=2, day=31)])
async def test_a_day_that_is_none_is_not_closed(stub: "Stub", accounts: Database, day: Date | None) -> None:
    await refused(stub, accounts, day, grpc.StatusCode.INVALID_ARGUMENT, "AS_OF_MUST_BE_VALID")


async def test_a_day_to_come_is_not_closed(stub: "Stub", accounts: Database) -> None:
    tomorrow = Date(year=2026, month=9, day=1)
    code, reason = grpc.StatusCode.INVALID_ARGUMENT, "AS_OF_MUST_NOT_BE_IN_FUTURE"
    assert (await refused(stub, accounts, tomorrow, code, reason))["today"] == "2026-08-31"


async def test_a_day_before_a_finished_run_is_not_closed(stub: "Stub", accounts: Database) -> None:
    await told(stub)
    code, reason = grpc.StatusCode.FAILED_PRECONDITION, "DAY_ALREADY_CLOSED"
    metadata = await refused(stub, accounts, JULY_30, code, reason)
    assert (metadata["job"], metadata["last_as_of"]) == ("tier-review", "2026-07-31")


async def test_no_day_is_closed_before_any_program(fresh_database: Callable[[], Database]) -> None:
    database = fresh_database()
    open_accounts(database, DUE_ON, percent=None)
    async for stub in serving(operations_on(database)):
        await refused(stub, database, JULY_31, grpc.StatusCode.FAILED_PRECONDITION, "POLICY_REQUIRED")


async def test_two_do_not_close_days_at_once(stub: "Stub", accounts: Database) -> None:
    with closed_gate(accounts):
        first = stub.CloseDay(messages.CloseDayRequest(as_of=JULY_31))
        assert (await anext(aiter(first))).run.job == "tier-review"
        await asyncio.to_thread(wait_for_chunks_at_the_gate, accounts, 1)
        code, reason = grpc.StatusCode.FAILED_PRECONDITION, "CLOSING_ALREADY_ACTIVE"
        await refused(stub, accounts, JULY_31, code, reason)
    assert [response.run.job async for response in first] == ["tier-review", "tenure", "tenure"]


@pytest.fixture
def left(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Set when a closing has been left."""
    has_been, closing = threading.Event(), Closer.closing

    @contextmanager
    def watched(closer: Closer, day: int) -> Iterator[Closing]:
        try:
            with closing(closer, day) as under_way:
                yield under_way
        finally:
            has_been.set()

    monkeypatch.setattr(Closer, "closing", watched)
    return has_been


async def test_who_goes_away_ends_the_closing_after_the_run_under_way_and_may_repeat_it(
    stub: "Stub", operations: Operations, accounts: Database, left: threading.Event
) -> None:
    with closed_gate(accounts):
        call = stub.CloseDay(messages.CloseDayRequest(as_of=JULY_31))
        run_id = (await anext(aiter(call))).run.run_id
        await asyncio.to_thread(wait_for_chunks_at_the_gate, accounts, 1)
        call.cancel()
        assert await asyncio.to_thread(left.wait, PATIENCE_SECONDS)
    run = await asyncio.to_thread(ended, operations, run_id)
    assert run.state is RunState.FINISHED
    assert [run.job for run in operations.list_runs(10, "")[0]] == ["tier-review"]
    assert [response.run.job for response in await told(stub)] == ["tenure", "tenure"]


async def test_a_run_that_stops_ends_the_closing_and_the_repeated_call_goes_on_with_it(
    stub: "Stub", operations: Operations, accounts: Database
) -> None:
    with closed_gate(accounts):
        call = stub.CloseDay(messages.CloseDayRequest(as_of=JULY_31))
        run_id = (await anext(aiter(call))).run.run_id
        await asyncio.to_thread(wait_for_chunks_at_the_gate, accounts, 1)
        operations.cancel(run_id)
    assert [response.run.state async for response in call] == [run_pb2.RUN_STATE_CANCELLED]
    again = await told(stub)
    assert [response.run.run_id for response in again[:2]] == [run_id, run_id]
    assert [response.run.job for response in again[1::2]] == ["tier-review", "tenure"]


@pytest.fixture
def whole(new_database: Callable[[str], Database]) -> Iterator[Operations]:
    """All jobs of a day, over a Tier that has a member, Points, and a Benefits that has not followed yet."""
    databases: dict[Any, Database] = {name: new_database(name) for name in ("tier", "points", "benefits")}
    for database in databases.values():
        migrate(database, MIGRATIONS, VERSION_TABLE)
    world = TierWorld(databases["tier"], today=TODAY)
    assert world.apply(AUTOMATIC) == []
    applied = databases["benefits"].transact(
        lambda c: benefits_policies.apply_policy(
            c, PROGRAM, BenefitsPolicy(()), None, NOON, validate_only=False
        )
    )
    assert applied.violations == []
    apply(databases["points"], A_YEAR)
    for day in (30, 31):
        gets(databases["points"], "M1", day, date(2025, 7, day))
    assert world.record(purchase("T1", "M1", date(2026, 7, 30), spend_minor=300_000))[0].reason == 0
    engine = Engine(JOBS, databases, InlineExecutor())
    yield Operations(engine, NOON)
    engine.stop()


def follow(operations: Operations) -> None:
    """Benefits has followed all moves that there are."""
    cursor = operations.engine.databases["tier"].transact(read_feed_end)
    inserted = sa.insert(FEED_CURSOR).values(feed=MOVE_FEED, cursor=cursor)
    operations.engine.databases["benefits"].transact(lambda c: c.execute(inserted))


def test_all_jobs_of_a_day_run_in_their_order_and_again_change_nothing(whole: Operations) -> None:
    follow(whole)
    day = day_number(TODAY)
    assert [job for job, _ in closed(whole, day)] == [name for name in CLOSING_ORDER if name in JOBS]
    assert closed(whole, day) == []


def test_points_of_days_missed_expire_as_of_their_own_days(whole: Operations) -> None:
    follow(whole)
    day, points = day_number(TODAY), whole.engine.databases["points"]
    closed(whole, day - 2)
    assert expirations(points) == []
    assert ("points-expiration", day - 1 - DUE_ON) in closed(whole, day)
    assert expirations(points) == [("M1", date(2026, 7, 30), 30), ("M1", date(2026, 7, 31), 31)]


def test_benefits_has_its_turn_once_it_has_followed_the_moves_there_were(whole: Operations) -> None:
    closer, day = Closer(whole), day_number(TODAY)
    with closer.closing(day) as closing:
        for _ in range(len(CLOSING_ORDER)):
            try:
                run = closing.next_run()
            except BenefitsBehind:
                break
            assert run is not None
            assert run.job != "allowance-refresh"
            whole.wait(run.run_id)
        follow(whole)
        last = closing.next_run()
        assert last is not None
        assert last.job == "allowance-refresh"
    whole.wait(last.run_id)


async def test_a_benefits_that_does_not_follow_is_told_and_the_call_can_be_repeated(
    whole: Operations,
) -> None:
    async for stub in serving(whole, benefits_patience_seconds=0.1):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await told(stub)
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
        assert "Benefits has not followed all moves of Tier yet" in str(caught.value.details())
        follow(whole)
        assert [response.run.job for response in await told(stub)] == ["allowance-refresh"] * 2
