"""Callers of the Points service, in processes of their own: tills one by one, imports in batches."""

import asyncio
import multiprocessing
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.synchronize import Barrier
from typing import Any, Final

import grpc

from carat.points.v1.points_service_pb2 import BatchRecordPurchasesRequest, RecordPurchaseRequest
from carat.points.v1.points_service_pb2_grpc import PointsServiceStub
from carat.points.v1.purchase_pb2 import Amounts, Purchase, PurchaseState

NOW: Final = datetime(2026, 6, 15, 4, tzinfo=UTC)
"""When all purchases are made; the clock of the services stands still an hour later."""

_READY_SECONDS: Final = 60.0
_GRANTED: Final = "granted"


@dataclass(frozen=True, slots=True)
class Load:
    """What the callers do: `calls` under way at a time in each process, `batch` purchases in a call (0: unary)."""

    address: str
    members: int
    processes: int
    calls: int
    channels: int
    batch: int
    warm_seconds: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Rate:
    """Purchases acknowledged as posted a second, and the seconds a call took."""

    per_second: float
    median_seconds: float
    p99_seconds: float


@dataclass(slots=True)
class _Seen:
    outcomes: Counter[str]
    latencies: list[float]


def measure_callers(load: Load) -> Rate:
    """Runs the callers and counts; RuntimeError when any purchase was refused or left pending, or none was answered."""
    context = multiprocessing.get_context("spawn")
    together = context.Barrier(load.processes)
    answers: multiprocessing.SimpleQueue[Any] = context.SimpleQueue()
    processes = [
        context.Process(target=_call, args=(load, number, together, answers), daemon=True)
        for number in range(load.processes)
    ]
    for process in processes:
        process.start()
    seen = [answers.get() for _ in processes]
    for process in processes:
        process.join()
    outcomes: Counter[str] = sum((each.outcomes for each in seen), Counter())
    if not outcomes:
        raise RuntimeError(f"nothing was answered within {load.seconds:g} s: measure for longer")
    if set(outcomes) != {_GRANTED}:
        raise RuntimeError(f"not all purchases were posted: {dict(outcomes)}")
    latencies = sorted(latency for each in seen for latency in each.latencies)
    return Rate(
        outcomes[_GRANTED] / load.seconds,
        latencies[len(latencies) // 2],
        latencies[len(latencies) * 99 // 100],
    )


def _call(load: Load, number: int, together: Barrier, answers: Any) -> None:
    try:
        answers.put(asyncio.run(_calls(load, number, together)))
    except Exception as error:  # noqa: BLE001 - told to whoever waits for the answer
        answers.put(_Seen(Counter({f"{type(error).__name__}: {error}": 1}), [0.0]))


async def _calls(load: Load, number: int, together: Barrier) -> _Seen:
    channels = [
        # An argument of its own keeps a channel from sharing another's connection.
        grpc.aio.insecure_channel(load.address, options=[("carat.connection", f"{number}.{place}")])
        for place in range(load.channels)
    ]
    await asyncio.gather(*(channel.channel_ready() for channel in channels))
    together.wait(_READY_SECONDS)
    start = time.perf_counter() + load.warm_seconds
    seen = _Seen(Counter(), [])
    await asyncio.gather(
        *(
            _one_caller(
                load, f"{number}.{place}", PointsServiceStub(channels[place % len(channels)]), start, seen
            )
            for place in range(load.calls)
        )
    )
    for channel in channels:
        await channel.close()
    return seen


async def _one_caller(load: Load, name: str, stub: Any, start: float, seen: _Seen) -> None:
    """Calls until the time is over; counts the answers that come in the measured time."""
    call = _batches(load, name, stub) if load.batch else _singles(load, name, stub)
    end = start + load.seconds
    while (began := time.perf_counter()) < end:
        outcomes = await call()
        answered = time.perf_counter()
        if start <= answered < end:
            seen.outcomes.update(outcomes)
            seen.latencies.append(answered - began)


def _batches(load: Load, name: str, stub: Any) -> Callable[[], Awaitable[Counter[str]]]:
    request = BatchRecordPurchasesRequest(purchases=[one_purchase() for _ in range(load.batch)])
    renew = renewing(load.members, f"batch-{name}")

    async def call() -> Counter[str]:
        for purchase in request.purchases:
            renew(purchase)
        answer = await stub.BatchRecordPurchases(request)
        return Counter(_outcome(result.reason, result.receipt) for result in answer.results)

    return call


def _singles(load: Load, name: str, stub: Any) -> Callable[[], Awaitable[Counter[str]]]:
    request = RecordPurchaseRequest(purchase=one_purchase())
    renew = renewing(load.members, f"unary-{name}")

    async def call() -> Counter[str]:
        renew(request.purchase)
        answer = await stub.RecordPurchase(request)
        return Counter([_outcome(0, answer.receipt)])

    return call


def renewing(members: int, name: str) -> Callable[[Purchase], None]:
    """Makes another purchase, of another member, of a message that was sent before."""
    draw = random.Random(name)
    sent = 0

    def renew(purchase: Purchase) -> None:
        nonlocal sent
        sent += 1
        purchase.transaction_id = f"{name}-{sent}"
        purchase.member_id = f"B{draw.randrange(members) + 1}"

    return renew


def one_purchase() -> Purchase:
    """A treatment for RM100, to be given a member and a transaction id."""
    purchase = Purchase(property_id="app", treatments=1, amounts=Amounts(service_minor=10_000))
    purchase.occurred_at.FromDatetime(NOW)
    return purchase


def _outcome(reason: int, receipt: Any) -> str:
    if reason:
        return f"refused for reason {reason}"
    return _GRANTED if receipt.state == PurchaseState.PURCHASE_STATE_POSTED else "pending"
