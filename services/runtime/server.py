"""A gRPC server as every service of Carat runs it: bounded, observed, drained on SIGTERM."""

import asyncio
import errno
import signal
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import grpc
import structlog
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from prometheus_client import start_http_server

from services.runtime.interceptor import AnsweringInterceptor

_log = structlog.get_logger(__name__)

_PROCESSES_PER_SERVICE = 64


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """What one server process takes on at most."""

    max_message_bytes: int
    max_concurrent_rpcs: int
    max_rpc_seconds: float
    drain_seconds: float
    threads: int


@dataclass(frozen=True, slots=True)
class Service:
    """One gRPC service of the process: its full proto name, the domain of its errors, how it is registered."""

    full_name: str
    domain: str
    register: Callable[[grpc.aio.Server], None]


async def serve(
    service: Service,
    address: str,
    limits: ServerLimits,
    background: Sequence[Callable[[], Awaitable[None]]] = (),
    metrics_port: int | None = None,
) -> None:
    """Serves until SIGTERM or SIGINT, then drains: no new calls, those under way finish.

    `background` loops run beside the calls and are cancelled with them; one that ends first ends the process in
    the same way, and with its error. Several processes may serve one address.
    """
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(limits.threads))
    server = grpc.aio.server(
        interceptors=[AnsweringInterceptor(service.domain, limits.max_rpc_seconds)],
        options=[
            ("grpc.so_reuseport", 1),
            ("grpc.max_receive_message_length", limits.max_message_bytes),
            ("grpc.max_send_message_length", limits.max_message_bytes),
        ],
        maximum_concurrent_rpcs=limits.max_concurrent_rpcs,
    )
    service.register(server)
    health_servicer = _add_health_and_reflection(server, service.full_name)
    await health_servicer.set(service.full_name, health_pb2.HealthCheckResponse.SERVING)
    server.add_insecure_port(address)
    if metrics_port:
        _serve_metrics(metrics_port, address.rpartition(":")[0])
    stopping = _stop_signal()
    await server.start()
    tasks = [asyncio.ensure_future(loop()) for loop in background]
    _log.info("serving", service=service.full_name, address=address)
    ended = await _first_of(stopping, tasks)
    await health_servicer.enter_graceful_shutdown()
    await server.stop(limits.drain_seconds)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    _log.info("drained", service=service.full_name)
    for failed in ended:
        failed.result()


def _serve_metrics(first_port: int, host: str) -> None:
    """Each process of a service takes the next free port after its neighbours'."""
    for port in range(first_port, first_port + _PROCESSES_PER_SERVICE):
        try:
            start_http_server(port, addr=host)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
        else:
            return
    raise OSError(errno.EADDRINUSE, f"no free metrics port from {first_port}")


async def _first_of(
    stopping: asyncio.Event, tasks: Sequence["asyncio.Future[None]"]
) -> list["asyncio.Future[None]"]:
    """Waits for the stop signal, or a background loop that ends; answers the loops that ended."""
    stop = asyncio.ensure_future(stopping.wait())
    await asyncio.wait([stop, *tasks], return_when=asyncio.FIRST_COMPLETED)  # type: ignore[type-var]
    stop.cancel()
    return [task for task in tasks if task.done()]


def _stop_signal() -> asyncio.Event:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_number, stopping.set)
    return stopping


def _add_health_and_reflection(server: grpc.aio.Server, full_name: str) -> health.aio.HealthServicer:
    health_servicer = health.aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(health_servicer, server)
    names = (full_name, health.SERVICE_NAME, reflection.SERVICE_NAME)
    reflection.enable_server_reflection(names, server)
    return health_servicer
