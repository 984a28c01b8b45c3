"""A server process as operators meet it: healthy, reflected, bounded, measured, drained on SIGTERM."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from carat.tier.v1 import member_pb2, tier_service_pb2, tier_service_pb2_grpc
from services.runtime.database import Database

PATIENCE_SECONDS = 120
TIER = "carat.tier.v1.TierService"


@contextmanager
def kept_port() -> Iterator[int]:
    """A free port that nobody else is given meanwhile."""
    with socket.socket() as keeper:
        # Bound and never listening: a server that shares its port, or takes over an old one, may listen beside it.
        for option in (socket.SO_REUSEADDR, socket.SO_REUSEPORT):
            keeper.setsockopt(socket.SOL_SOCKET, option, 1)
        keeper.bind(("127.0.0.1", 0))
        yield int(keeper.getsockname()[1])


@contextmanager
def tier_process(url: str, port: int, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    environment = {
        **os.environ,
        "CARAT_TIER_DATABASE_URL": url,
        "CARAT_TIER_ADDRESS": f"127.0.0.1:{port}",
        **{f"CARAT_{name.upper()}": value for name, value in settings.items()},
    }
    process = subprocess.Popen([sys.executable, "-m", "services.tier"], env=environment)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def channel_to(port: int) -> grpc.Channel:
    channel = grpc.insecure_channel(f"127.0.0.1:{port}")
    grpc.channel_ready_future(channel).result(timeout=PATIENCE_SECONDS)
    return channel


@pytest.fixture(scope="module")
def running(new_url: Callable[[str], str]) -> Iterator[tuple[grpc.Channel, int]]:
    with (
        kept_port() as port,
        kept_port() as metrics,
        tier_process(new_url("tier"), port, tier_metrics_port=str(metrics), max_message_bytes="65536"),
    ):
        yield channel_to(port), metrics


def test_the_service_reports_itself_healthy(running: tuple[grpc.Channel, int]) -> None:
    request = health_pb2.HealthCheckRequest(service=TIER)
    answer = health_pb2_grpc.HealthStub(running[0]).Check(request)
    assert answer.status == health_pb2.HealthCheckResponse.SERVING


def test_the_service_can_be_explored_by_reflection(running: tuple[grpc.Channel, int]) -> None:
    services = list(ProtoReflectionDescriptorDatabase(running[0]).get_services())
    assert TIER in services


def test_a_message_over_the_limit_is_refused(running: tuple[grpc.Channel, int]) -> None:
    members = [member_pb2.Member(member_id=f"member-{number}") for number in range(10_000)]
    with pytest.raises(grpc.RpcError) as failure:
        tier_service_pb2_grpc.TierServiceStub(running[0]).BatchEnrollMembers(
            tier_service_pb2.BatchEnrollMembersRequest(members=members)
        )
    assert failure.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED


def test_calls_are_counted_by_method_and_outcome(running: tuple[grpc.Channel, int]) -> None:
    with pytest.raises(grpc.RpcError):
        tier_service_pb2_grpc.TierServiceStub(running[0]).CountMembers(tier_service_pb2.CountMembersRequest())
    with urllib.request.urlopen(f"http://127.0.0.1:{running[1]}/metrics") as page:
        text = page.read().decode()
    assert 'carat_calls_total{method="CountMembers",outcome="POLICY_REQUIRED"} 1.0' in text


async def test_a_call_under_way_is_answered_before_the_process_ends(new_url: Callable[[str], str]) -> None:
    url = new_url("tier")
    with kept_port() as port, tier_process(url, port) as process:
        channel_to(port).close()
        database = Database(url)
        with database.engine.connect() as blocker:
            blocker.exec_driver_sql("LOCK TABLE policy_revision IN ACCESS EXCLUSIVE MODE")
            async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
                stub = tier_service_pb2_grpc.TierServiceStub(channel)
                call = stub.CountMembers(tier_service_pb2.CountMembersRequest())
                await asyncio.to_thread(until_someone_waits_for_a_lock, database)
                process.send_signal(signal.SIGTERM)
                await until_unhealthy(channel)
                blocker.rollback()
                with pytest.raises(grpc.aio.AioRpcError) as answer:
                    await call
        assert answer.value.code() == grpc.StatusCode.FAILED_PRECONDITION, "answered by the service itself"
        assert await asyncio.to_thread(process.wait, PATIENCE_SECONDS) == 0
        database.close()


def until_someone_waits_for_a_lock(database: Database) -> None:
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while not connection.exec_driver_sql(waiting).scalar():
            connection.exec_driver_sql("SELECT pg_sleep(0.01)")


async def until_unhealthy(channel: grpc.aio.Channel, service: str = TIER) -> None:
    """Until the process has taken note of the signal: it says so, or takes no more calls."""
    request = health_pb2.HealthCheckRequest(service=service)
    try:
        while (  # noqa: ASYNC110 - the process tells nobody when it begins to drain
            await health_pb2_grpc.HealthStub(channel).Check(request)
        ).status == 1:
            await asyncio.sleep(0.01)
    except grpc.aio.AioRpcError:
        return
