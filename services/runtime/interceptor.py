"""How every call is answered when it is not granted, and counted either way."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import grpc
import structlog
from prometheus_client import Counter, Histogram

from services.runtime.database import DatabaseUnavailable
from services.runtime.refusal import Refused, refusal_status, unavailable_status

_log = structlog.get_logger(__name__)

_CALLS = Counter("carat_calls_total", "Calls answered", ["method", "outcome"])
_SECONDS = Histogram("carat_call_seconds", "Seconds until a call was answered", ["method"])


class AnsweringInterceptor(grpc.aio.ServerInterceptor):
    """Turns Refused into its gRPC status, a lost database into UNAVAILABLE, and measures each call."""

    def __init__(self, domain: str, max_rpc_seconds: float) -> None:
        self._domain = domain
        self._max_rpc_seconds = max_rpc_seconds

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:
        """Wraps the handlers of unary and of server-streaming calls."""
        handler = await continuation(handler_call_details)
        method = str(handler_call_details.method).rpartition("/")[2]
        if handler is None or handler.request_streaming:
            return handler
        if handler.response_streaming:
            return grpc.unary_stream_rpc_method_handler(
                self._streaming(handler.unary_stream, method),
                handler.request_deserializer,
                handler.response_serializer,
            )
        return grpc.unary_unary_rpc_method_handler(
            self._unary(handler.unary_unary, method),
            handler.request_deserializer,
            handler.response_serializer,
        )

    def _unary(self, behaviour: Callable[..., Awaitable[Any]], method: str) -> Callable[..., Awaitable[Any]]:
        async def answer(request: Any, context: grpc.aio.ServicerContext[Any, Any]) -> Any:
            started = time.perf_counter()
            try:
                response = await asyncio.wait_for(behaviour(request, context), self._max_rpc_seconds)
            except Exception as error:
                await self._abort(context, method, error)
                raise
            self._count(method, "ok", started)
            return response

        return answer

    def _streaming(self, behaviour: Callable[..., AsyncIterator[Any]], method: str) -> Callable[..., Any]:
        async def answer(request: Any, context: grpc.aio.ServicerContext[Any, Any]) -> AsyncIterator[Any]:
            started = time.perf_counter()
            try:
                async for response in behaviour(request, context):
                    yield response
            except Exception as error:  # noqa: BLE001 - every failure is told to the caller
                await self._abort(context, method, error)
            self._count(method, "ok", started)

        return answer

    async def _abort(
        self, context: grpc.aio.ServicerContext[Any, Any], method: str, error: Exception
    ) -> None:
        if isinstance(error, Refused):
            _CALLS.labels(method, error.reason.name).inc()
            await context.abort_with_status(refusal_status(error, self._domain))
        if isinstance(error, DatabaseUnavailable):
            _CALLS.labels(method, "unavailable").inc()
            await context.abort_with_status(unavailable_status("the database is not available; try again"))
        if isinstance(error, TimeoutError):
            _CALLS.labels(method, "too slow").inc()
            await context.abort(
                grpc.StatusCode.DEADLINE_EXCEEDED, f"{method} took over {self._max_rpc_seconds:.0f} s"
            )
        if isinstance(error, grpc.aio.AioRpcError) and error.code() == grpc.StatusCode.UNAVAILABLE:
            _CALLS.labels(method, "unavailable").inc()
            await context.abort_with_status(
                unavailable_status("a service behind this one is not available; try again")
            )
        if not isinstance(error, grpc.aio.AbortError):
            _CALLS.labels(method, "failed").inc()
            _log.exception("call failed", method=method)
            await context.abort(grpc.StatusCode.INTERNAL, f"{method} failed; the server's log tells why")

    def _count(self, method: str, outcome: str, started: float) -> None:
        _CALLS.labels(method, outcome).inc()
        _SECONDS.labels(method).observe(time.perf_counter() - started)
