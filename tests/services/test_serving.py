"""A process that must end lets its calls finish first, and a refusal reaches its caller however long it is."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import grpc
import pytest

from services.cli.connections import open_channel
from services.cli.failures import violations_of
from services.runtime.interceptor import AnsweringInterceptor
from services.runtime.refusal import FieldMistake, Refused
from services.runtime.server import ServerLimits, Service, serve
from services.runtime.settings import Settings
from services.tier.refusals import Reason
from tests.services.test_server import kept_port, until_unhealthy

NAME = "carat.test.v1.TestService"
LIMITS = ServerLimits(
    max_message_bytes=65_536, max_concurrent_rpcs=8, max_rpc_seconds=120, drain_seconds=120, threads=3
)
Answer = Callable[[bytes, Any], Awaitable[bytes]]


def answering(answer: Answer) -> Callable[[grpc.aio.Server], None]:
    """Registers a service of one call, Ask, on bytes."""
    handlers = {"Ask": grpc.unary_unary_rpc_method_handler(answer)}
    handler = grpc.method_handlers_generic_handler(NAME, handlers)
    return lambda server: server.add_generic_rpc_handlers((handler,))


async def ask(channel: grpc.aio.Channel) -> bytes:
    call = channel.unary_unary(f"/{NAME}/Ask")
    answer: bytes = await call(b"", wait_for_ready=True, timeout=120)
    return answer


async def test_a_loop_that_fails_ends_the_process_after_the_calls_under_way() -> None:
    asked = asyncio.Event()

    async def answer(request: bytes, context: Any) -> bytes:
        asked.set()
        draining = asyncio.ensure_future(until_unhealthy(channel, NAME))
        await asyncio.wait({serving, draining}, return_when="FIRST_COMPLETED")
        return b"too late" if serving.done() else b"answered"

    async def fail() -> None:
        await asked.wait()
        raise RuntimeError("the loop is broken")

    service = Service(NAME, "test.carat", answering(answer))
    with kept_port() as port:
        serving = asyncio.ensure_future(serve(service, f"127.0.0.1:{port}", LIMITS, [fail]))
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            assert await ask(channel) == b"answered"
        with pytest.raises(RuntimeError, match="the loop is broken"):
            await serving


async def test_calls_share_as_many_threads_as_the_limits_say() -> None:
    all_at_work = threading.Barrier(LIMITS.threads, timeout=120)

    def work() -> int:
        all_at_work.wait()
        return threading.get_ident()

    async def answer(request: bytes, context: Any) -> bytes:
        threads = await asyncio.gather(*(asyncio.to_thread(work) for _ in range(4 * LIMITS.threads)))
        return str(len(set(threads))).encode()

    async def until_asked() -> None:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            assert await ask(channel) == b"3"

    with kept_port() as port:
        service = Service(NAME, "test.carat", answering(answer))
        await serve(service, f"127.0.0.1:{port}", LIMITS, [until_asked])


async def refused_with(mistakes: Sequence[FieldMistake], echoed: str = "") -> grpc.RpcError:
    """What the command line gets when a service refuses with these mistakes."""

    async def answer(request: bytes, context: Any) -> bytes:
        raise Refused(Reason.POLICY_INVALID, "wrong", metadata={"member_id": echoed}, mistakes=mistakes)

    server = grpc.aio.server(interceptors=[AnsweringInterceptor("test.carat", 120)])
    answering(answer)(server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    settings = Settings(tier_address=f"127.0.0.1:{port}")

    def asked() -> grpc.RpcError:
        with open_channel(settings, "tier") as channel, pytest.raises(grpc.RpcError) as failure:
            channel.unary_unary(f"/{NAME}/Ask")(b"", timeout=120)
        return failure.value

    error = await asyncio.to_thread(asked)
    await server.stop(None)
    return error


def mistakes(count: int, length: int = 60) -> list[FieldMistake]:
    return [
        FieldMistake(f"policy.systems[0].levels[{number}].code", "MUST_BE_UNIQUE", "x" * length)
        for number in range(count)
    ]


async def test_all_mistakes_of_a_long_file_are_told() -> None:
    error = await refused_with(mistakes(300))
    assert error.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert [violation.field for violation in violations_of(error)] == [each.path for each in mistakes(300)]


async def test_of_more_mistakes_than_fit_the_last_tells_how_many_more() -> None:
    error = await refused_with(mistakes(5_000))
    *told, last = violations_of(error)
    assert error.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert [violation.field for violation in told] == [each.path for each in mistakes(len(told))]
    assert last.description == f"and {5_000 - len(told)} more"


async def test_a_mistake_longer_than_all_metadata_is_counted() -> None:
    [last] = violations_of(await refused_with(mistakes(1, length=100_000)))
    assert last.description == "and 1 more"


async def test_a_long_value_is_echoed_cut() -> None:
    error = await refused_with([], echoed="M" * 100_000)
    assert error.code() == grpc.StatusCode.INVALID_ARGUMENT
