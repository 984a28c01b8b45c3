"""When a service may be called: it says so itself, by gRPC's health protocol."""

from __future__ import annotations

import threading
import time
from typing import Final

import grpc
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse

from services.cli.connections import FULL_NAMES
from services.cli.failures import CommandFailed, ExitCode
from services.cli.launcher.supervisor import Supervisor
from services.runtime.settings import SERVICES, ServiceName, Settings

_POLL_SECONDS: Final = 0.1
_CALL_SECONDS: Final = 2.0


def is_serving(settings: Settings, service: ServiceName) -> bool:
    """Whether the service, asked just now, says that it is serving."""
    with grpc.insecure_channel(settings.address(service), [("grpc.use_local_subchannel_pool", 1)]) as channel:
        check: grpc.UnaryUnaryMultiCallable[HealthCheckRequest, HealthCheckResponse] = channel.unary_unary(
            "/grpc.health.v1.Health/Check",
            request_serializer=HealthCheckRequest.SerializeToString,
            response_deserializer=HealthCheckResponse.FromString,
        )
        try:
            answer = check(HealthCheckRequest(service=FULL_NAMES[service]), timeout=_CALL_SECONDS)
        except grpc.RpcError:
            return False
    return bool(answer.status == HealthCheckResponse.SERVING)


def wait_until_serving(settings: Settings, supervisor: Supervisor, timeout_seconds: float) -> None:
    """Returns when all services are serving; CommandFailed when one cannot be started or takes too long."""
    deadline = time.monotonic() + timeout_seconds
    waiting = list(SERVICES)
    pause = threading.Event()
    while waiting:
        for service in [service for service in waiting if is_serving(settings, service)]:
            waiting.remove(service)
        dying = supervisor.hopeless()
        if dying is not None:
            text = f"{dying.name} cannot be started. Last lines of {dying.log}:\n{dying.last_words()}"
            raise CommandFailed(text, ExitCode.FAULTY)
        if waiting and time.monotonic() > deadline:
            text = f"{', '.join(waiting)} not serving after {timeout_seconds:.0f} s; see the logs"
            raise CommandFailed(text, ExitCode.UNAVAILABLE)
        pause.wait(_POLL_SECONDS)
