"""StartSimulation and StartReplay over a socket: what they answer, and what they refuse with which details."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

import grpc
import pytest
import pytest_asyncio
from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc.error_details_pb2 import BadRequest
from grpc_status import rpc_status

from carat.operations.v1 import operations_service_pb2 as messages
from carat.operations.v1 import run_pb2
from services.runtime.database import Database
from services.runtime.program_messages import program_to_proto
from services.tier.policy_document import Thresholds, TierPolicy
from services.tier.policy_messages import policy_to_proto
from tests.tier.policies import POLICY, with_sapphire
from tests.tier.test_jobs import joined
from tests.tier.world import PROGRAM, purchase
from tests.workers.lived_membership import TODAY, Lived, begun
from tests.workers.test_operations_service import all_changes, refusal, serving, watched
from tests.workers.test_replay import BOTH

if TYPE_CHECKING:
    from carat.operations.v1.operations_service_pb2_grpc import OperationsServiceAsyncStub as Stub

EASIER = with_sapphire(entry=Thresholds(spend_minor=100_000))
WRONG = with_sapphire(multiplier_bp=5_000, grace_months=-1)
MISTAKES = {
    ("policy.systems[0].levels[1].multiplier_bp", "MULTIPLIER_BELOW_ONE"),
    ("policy.systems[0].levels[1].grace_months", "OUT_OF_RANGE"),
}


@pytest.fixture
def empty(new_database: Callable[[str], Database]) -> Lived:
    return begun(new_database("tier"))


@pytest.fixture
def one(empty: Lived) -> Lived:
    """M1 spent MYR 1,000 in the spa three months ago, and 1,000 more yesterday."""
    joined(empty.world, POLICY, "spa")
    empty.world.today = TODAY
    for transaction, days in (("T1", 90), ("T2", 1)):
        on = TODAY - timedelta(days)
        empty.world.record(purchase(transaction, "M1", on, spend_minor=100_000, base_points=10))
    return empty


@pytest_asyncio.fixture
async def stub(one: Lived) -> "AsyncIterator[Stub]":
    async for served in serving(one.operations):
        yield served


def simulation(policy: TierPolicy, **fields: Any) -> messages.StartSimulationRequest:
    program = program_to_proto(PROGRAM)
    return messages.StartSimulationRequest(program=program, policy=policy_to_proto(policy), **fields)


def replay(policy: TierPolicy, system_a: str, system_b: str) -> messages.StartReplayRequest:
    program = program_to_proto(PROGRAM)
    return messages.StartReplayRequest(
        program=program, policy=policy_to_proto(policy), system_a=system_a, system_b=system_b
    )


async def finished(stub: "Stub", run: run_pb2.Run) -> run_pb2.Run:
    last = (await watched(stub, run.run_id))[-1]
    assert (last.state, last.failure) == (run_pb2.RUN_STATE_FINISHED, "")
    return last


async def test_a_simulation_is_a_preview_with_the_movements_as_its_changes(stub: "Stub") -> None:
    run = await finished(stub, (await stub.StartSimulation(simulation(EASIER))).run)
    assert (run.job, run.preview, run.members_read) == ("what-if", True, 1)
    [count] = run.changes
    assert (count.reason, getattr(count, "from"), count.to) == ("THRESHOLD_REACHED", "crystal", "sapphire")
    [change] = await all_changes(stub, run.run_id)
    assert (change.member_id, change.to) == ("M1", "sapphire")
    assert change.effective_on.day == TODAY.day


@pytest.mark.parametrize(
    ("mode", "reviewed"),
    [
        (messages.SIMULATION_MODE_UNSPECIFIED, 0),
        (messages.SIMULATION_MODE_DUE, 0),
        (messages.SIMULATION_MODE_EVERYONE, 1),
    ],
)
async def test_only_who_asks_for_it_has_everybody_reviewed(
    stub: "Stub", one: Lived, mode: Any, reviewed: int
) -> None:
    one.world.record(purchase("T3", "M1", TODAY - timedelta(1), spend_minor=100_000))
    run = await finished(stub, (await stub.StartSimulation(simulation(POLICY, mode=mode))).run)
    assert sum(count.members for count in run.changes if count.reason == "RENEWED") == reviewed


async def test_a_replay_tells_levels_and_points_of_both_systems(stub: "Stub") -> None:
    run = await finished(stub, (await stub.StartReplay(replay(BOTH, "spa", "trial"))).run)
    [count] = run.changes
    assert (run.job, run.preview) == ("replay", True)
    assert (getattr(count, "from"), count.to, count.members) == ("crystal", "top", 1)
    assert (count.points_from, count.points_to) == (20, 20 + 30)
    [change] = await all_changes(stub, run.run_id)
    assert (change.member_id, change.points_from, change.points_to) == ("M1", 20, 50)


async def mistakes_of(call: Awaitable[Any]) -> set[tuple[str, str]]:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    status = rpc_status.from_call(cast(grpc.Call, caught.value))
    assert status is not None
    found, packed = BadRequest(), cast(list[AnyMessage], status.details)
    assert packed[1].Unpack(found)
    return {(violation.field, violation.reason) for violation in found.field_violations}


async def test_a_policy_with_mistakes_is_refused_with_each_of_them(stub: "Stub", one: Lived) -> None:
    before = one.world.snapshot(), one.operations.list_runs(10, "")
    calls: list[Callable[[], Awaitable[Any]]] = [
        lambda: stub.StartSimulation(simulation(WRONG)),
        lambda: stub.StartReplay(replay(WRONG, "spa", "game")),
    ]
    for call in calls:
        code, info = await refusal(call())
        assert (code, info.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "POLICY_INVALID")
        assert await mistakes_of(call()) == MISTAKES
    assert (one.world.snapshot(), one.operations.list_runs(10, "")) == before


async def test_a_replay_through_an_unknown_system_is_refused(stub: "Stub", one: Lived) -> None:
    before = one.world.snapshot(), one.operations.list_runs(10, "")
    code, info = await refusal(stub.StartReplay(replay(BOTH, "spa", "gold")))
    assert (code, info.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "TIER_SYSTEM_UNKNOWN")
    assert info.metadata["tier_system"] == "gold"
    assert (one.world.snapshot(), one.operations.list_runs(10, "")) == before


async def test_nothing_is_simulated_before_any_program(empty: Lived) -> None:
    async for stub in serving(empty.operations):
        for call in (
            stub.StartSimulation(simulation(POLICY)),
            stub.StartReplay(replay(BOTH, "spa", "trial")),
        ):
            code, info = await refusal(call)
            assert (code, info.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "POLICY_REQUIRED")
        assert empty.operations.list_runs(10, "") == ([], "")


async def test_simulations_cannot_be_started_as_jobs(stub: "Stub") -> None:
    for job in ("what-if", "replay"):
        code, info = await refusal(stub.StartRun(messages.StartRunRequest(job=job, validate_only=True)))
        assert (code, info.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "JOB_UNKNOWN")
