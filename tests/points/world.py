"""The Points service as tests meet it: a real server on a socket, over a database and a fake Tier."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from carat.points.v1 import points_service_pb2 as pb
from carat.points.v1 import points_service_pb2_grpc, policy_pb2, purchase_pb2
from carat.tier.v1 import program_pb2
from services.points.clients.feeds import move_follower
from services.points.clients.tier import TierClient
from services.points.followed import FollowedMove
from services.points.recording.purchases import Recorder
from services.points.recording.reversals import Reverser
from services.points.redriving import Redriver
from services.points.servicer import PointsServicer
from services.points.store.policies import PolicyBook
from services.runtime.clock import Clock
from services.runtime.database import Database
from services.runtime.follower import Follower
from services.runtime.interceptor import AnsweringInterceptor
from tests.points.fake_tier import FakeTier

NOW = datetime(2026, 7, 15, 4, 0, tzinfo=UTC)
"""Noon of 15 July 2026 in Kuala Lumpur."""

TIER_CONNECTIONS = 2

PROGRAM = program_pb2.Program(
    code="LUXESPA-PRIVILEGE",
    name="LuxeSpa Privilege",
    currency="MYR",
    time_zone="Asia/Kuala_Lumpur",
    points_currency="LUXE-POINTS",
)
ONE_POINT_PER_RINGGIT = policy_pb2.PointsPolicy(
    rates=policy_pb2.EarningRates(service_bp=10_000, addon_bp=10_000, product_bp=5_000, package_bp=10_000),
    qualifying=policy_pb2.QualifyingKinds(service=True, addon=True, package=True),
)


@dataclass
class World:
    """One Points process with everything around it; `steps` of the recorder can be taken one by one."""

    database: Database
    tier: FakeTier
    points: "points_service_pb2_grpc.PointsServiceAsyncStub"
    pricing: TierClient
    recorder: Recorder
    reverser: Reverser
    redriver: Redriver
    follower: Follower[FollowedMove]
    clock: Clock

    def move_clock(self, by: timedelta) -> None:
        """Lets time pass in the service."""
        object.__setattr__(self.clock, "fixed_now", self.clock.now() + by)

    async def apply(
        self, policy: policy_pb2.PointsPolicy = ONE_POINT_PER_RINGGIT, **given: Any
    ) -> pb.ApplyPolicyResponse:
        return await self.points.ApplyPolicy(pb.ApplyPolicyRequest(program=PROGRAM, policy=policy, **given))

    async def record(self, *purchases: purchase_pb2.Purchase) -> list[pb.PurchaseResult]:
        response = await self.points.BatchRecordPurchases(pb.BatchRecordPurchasesRequest(purchases=purchases))
        return list(response.results)

    async def record_one(self, purchase: purchase_pb2.Purchase) -> purchase_pb2.Receipt:
        return (await self.points.RecordPurchase(pb.RecordPurchaseRequest(purchase=purchase))).receipt

    async def quote(self, purchase: purchase_pb2.Purchase) -> purchase_pb2.Receipt:
        return (await self.points.QuotePurchase(pb.QuotePurchaseRequest(purchase=purchase))).receipt

    async def balance(self, member_id: str = "M1") -> int:
        return (await self.points.GetBalance(pb.GetBalanceRequest(member_id=member_id))).balance

    async def pending(self) -> tuple[int, int]:
        counts = await self.points.CountPending(pb.CountPendingRequest())
        return counts.pending, counts.refused

    async def posted(self, purchases: int) -> None:
        """Returns when Tier has recorded so many purchases and none is pending."""
        for _ in range(10_000):
            if len(self.tier.recorded) == purchases and await self.pending() == (0, 0):
                return
            await asyncio.sleep(0.02)

    async def tier_returns(self) -> None:
        """Starts Tier again, and returns when every connection to it has noticed."""
        await self.tier.start()
        reached = 0
        while reached < TIER_CONNECTIONS:
            try:
                await self.pricing.read_moves("")
                reached += 1
            except grpc.aio.AioRpcError:
                reached = 0
                await asyncio.sleep(0.02)

    async def broken_promises(self) -> list[str]:
        return [
            each.promise async for each in self.points.VerifyLedger(pb.VerifyLedgerRequest()) if each.breaches
        ]


def purchase(
    transaction_id: str = "T1", member_id: str = "M1", service_minor: int = 10_000, **given: Any
) -> purchase_pb2.Purchase:
    """RM100 of service bought at this moment, unless said otherwise."""
    instant = Timestamp()
    instant.FromDatetime(given.pop("occurred_at", NOW - timedelta(hours=1)))
    kinds = {name: given.pop(name) for name in list(given) if name.endswith("_minor")}
    return purchase_pb2.Purchase(
        transaction_id=transaction_id,
        member_id=member_id,
        occurred_at=instant,
        amounts=purchase_pb2.Amounts(service_minor=service_minor, **kinds),
        **given,
    )


def reasons(results: Iterable[pb.PurchaseResult]) -> list[int]:
    """The reason of each item of a batch."""
    return [int(result.reason) for result in results]


def reason_of(error: grpc.aio.AioRpcError) -> str:
    """The reason in the ErrorInfo of a refused call."""
    status = rpc_status.from_call(error)  # type: ignore[arg-type]
    info = error_details_pb2.ErrorInfo()
    assert status is not None
    assert status.details[0].Unpack(info)
    assert info.domain == "points.carat"
    return info.reason


def mistakes_of(error: grpc.aio.AioRpcError) -> dict[str, str]:
    """Field and rule of each mistake of a refused policy."""
    status = rpc_status.from_call(error)  # type: ignore[arg-type]
    request = error_details_pb2.BadRequest()
    assert status is not None
    assert status.details[1].Unpack(request)
    return {violation.field: violation.reason for violation in request.field_violations}


@asynccontextmanager
async def opened_world(database: Database, other_tier: FakeTier | None = None) -> AsyncIterator[World]:
    """A Points server on a free port, over an empty database and a fake Tier of its own, or another one."""
    tier = other_tier or FakeTier()  # type: ignore[abstract]
    await tier.start()
    client = TierClient(
        tier.address, timeout_seconds=30, max_message_bytes=1 << 24, connections=TIER_CONNECTIONS
    )
    clock = Clock(NOW)
    recorder = Recorder(database, client, clock)
    reverser = Reverser(database, client, clock)
    server = grpc.aio.server(interceptors=[AnsweringInterceptor("points.carat", max_rpc_seconds=60)])
    points_service_pb2_grpc.add_PointsServiceServicer_to_server(
        PointsServicer(database, recorder, reverser, clock, coalescer_cap=500), server
    )
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield World(
            database,
            tier,
            points_service_pb2_grpc.PointsServiceStub(channel),
            client,
            recorder,
            reverser,
            Redriver(database, recorder, reverser, redrive_after_seconds=5),
            move_follower(database, PolicyBook(), clock, client.read_moves, 0.01),
            clock,
        )
    await server.stop(None)
    await client.close()
    await tier.stop()
