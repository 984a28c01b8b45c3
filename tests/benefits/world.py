"""The Benefits service as tests meet it: a real server on a socket, over a database and a fake Tier."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, cast

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from carat.benefits.v1 import allowance_pb2, benefits_service_pb2_grpc, errors_pb2, policy_pb2
from carat.benefits.v1 import benefits_service_pb2 as pb
from carat.tier.v1 import move_pb2, program_pb2
from services.benefits.clients import TierClient, move_follower
from services.benefits.servicer import BenefitsServicer
from services.benefits.store.policies import PolicyBook
from services.runtime.clock import Clock
from services.runtime.database import Database
from services.runtime.follower import Follower
from services.runtime.interceptor import AnsweringInterceptor
from services.runtime.program_messages import day_to_proto
from tests.benefits.fake_tier import FakeTier

TODAY = date(2026, 7, 15)
RM = 100
"""Sen in one ringgit."""

LEVELS = ["crystal", "sapphire", "platinum", "diamond"]
PROGRAM = program_pb2.Program(
    code="LUXESPA-PRIVILEGE",
    name="LuxeSpa Privilege Program",
    currency="MYR",
    time_zone="Asia/Kuala_Lumpur",
    points_currency="LUXE-POINTS",
)
EXPRESS_FACIAL = policy_pb2.AllowanceRule(
    code="express-facial",
    name="Complimentary express facial",
    tier_system="luxespa",
    level="platinum",
    quantity=1,
    value_limit_minor=150 * RM,
    period=policy_pb2.PERIOD_MONTHLY,
)
TREATMENT = policy_pb2.AllowanceRule(
    code="treatment",
    name="Complimentary treatment",
    tier_system="luxespa",
    level="diamond",
    quantity=2,
    value_limit_minor=300 * RM,
    period=policy_pb2.PERIOD_EVERY_14_DAYS,
    anchor=day_to_proto(date(2026, 7, 6)),
    combinable=True,
)
LUXESPA = policy_pb2.BenefitsPolicy(allowances=[EXPRESS_FACIAL, TREATMENT])


def july(day: int) -> date:
    return date(2026, 7, day)


@dataclass
class World:
    """One Benefits process with everything around it."""

    database: Database
    tier: FakeTier
    benefits: "benefits_service_pb2_grpc.BenefitsServiceAsyncStub"
    client: TierClient
    clock: Clock

    def today_is(self, day: date) -> None:
        """Moves the clock to noon in Kuala Lumpur."""
        object.__setattr__(self.clock, "fixed_now", datetime.combine(day, time(4), UTC))

    async def apply(self, policy: policy_pb2.BenefitsPolicy, **given) -> pb.ApplyPolicyResponse:
        given = {"program": PROGRAM, **given}
        return await self.benefits.ApplyPolicy(pb.ApplyPolicyRequest(policy=policy, **given))

    def follower(self) -> Follower[move_pb2.Move]:
        """A follower as a process that starts now has it."""
        return move_follower(self.database, PolicyBook(), self.client, 0.01)

    async def follow(self) -> None:
        follower = self.follower()
        while await follower.step():
            pass

    async def member_at(self, level: str, since: date = date(2026, 1, 10), member_id: str = "amy") -> None:
        """A member who was enrolled and at once promoted to the level."""
        self.tier.tell(member_id, "", "crystal", since, move_pb2.MOVE_REASON_ENROLLED)
        if level != "crystal":
            self.tier.tell(member_id, "crystal", level, since, move_pb2.MOVE_REASON_FAST_TRACKED)
        await self.follow()

    async def moved(self, from_level: str, to_level: str, on: date, member_id: str = "amy") -> None:
        up = LEVELS.index(to_level) > LEVELS.index(from_level)
        reason = move_pb2.MOVE_REASON_THRESHOLD_REACHED if up else move_pb2.MOVE_REASON_GRACE_EXPIRED
        self.tier.tell(member_id, from_level, to_level, on, reason)
        await self.follow()

    async def use(self, use: allowance_pb2.AllowanceUse) -> pb.UseAllowanceResponse:
        return await self.benefits.UseAllowance(pb.UseAllowanceRequest(use=use))

    async def remaining_after(self, *args, **given) -> int:
        return (await self.use(a_use(*args, **given))).remaining

    async def refused(self, *args, **given) -> error_details_pb2.ErrorInfo:
        return error_info(await failure(self.use(a_use(*args, **given))))

    async def reasons(self, *uses: allowance_pb2.AllowanceUse) -> list[str]:
        """The results of a batch: a reason, or '' for a granted use."""
        response = await self.benefits.BatchUseAllowances(pb.BatchUseAllowancesRequest(uses=uses))
        names = [errors_pb2.BenefitsReason.Name(result.reason) for result in response.results]
        return [name.removeprefix("BENEFITS_REASON_").replace("UNSPECIFIED", "") for name in names]

    async def allowances(self, as_of: date | None = None, member_id: str = "amy") -> dict[str, str]:
        """What is left of each allowance, as `1 of 2` or `closed`, by code."""
        day = day_to_proto(as_of) if as_of else None
        request = pb.ListAllowancesRequest(member_id=member_id, as_of=day)
        listed = (await self.benefits.ListAllowances(request)).allowances
        return {
            each.code: "closed" if each.closed else f"{each.granted - each.used} of {each.granted}"
            for each in listed
        }

    async def verified(self) -> list[pb.VerifyAllowancesResponse]:
        return [each async for each in self.benefits.VerifyAllowances(pb.VerifyAllowancesRequest())]

    async def broken_promises(self) -> list[str]:
        return [each.promise for each in await self.verified() if each.breaches]


def a_use(code: str = "express-facial", transaction_id: str = "T1", on: date = TODAY, **given):
    """One use by Amy of a service worth RM100, unless said otherwise."""
    defaults: dict[str, Any] = {
        "member_id": "amy",
        "quantity": 1,
        "value_minor": 100 * RM,
        "used_on": day_to_proto(on),
    }
    return allowance_pb2.AllowanceUse(code=code, transaction_id=transaction_id, **(defaults | given))


async def until(is_so: Callable[[], Awaitable[bool]]) -> None:
    """Looks again and again, for a minute at most."""
    for _ in range(6_000):
        if await is_so():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came to be")


async def failure(call) -> grpc.aio.AioRpcError:
    """The error of a call that must fail."""
    try:
        await call
    except grpc.aio.AioRpcError as error:
        return error
    raise AssertionError("the call was not refused")


def error_info(error: grpc.aio.AioRpcError) -> error_details_pb2.ErrorInfo:
    """The ErrorInfo of a refused call."""
    info = error_details_pb2.ErrorInfo()
    status = rpc_status.from_call(cast(grpc.Call, error))
    assert status is not None, error
    assert status.details[0].Unpack(info)
    assert info.domain == "benefits.carat"
    return info


def mistakes_of(error: grpc.aio.AioRpcError) -> dict[str, str]:
    """Field and rule of each mistake of a refused policy."""
    request = error_details_pb2.BadRequest()
    status = rpc_status.from_call(cast(grpc.Call, error))
    assert status is not None, error
    assert status.details[1].Unpack(request)
    return {violation.field: violation.reason for violation in request.field_violations}


@asynccontextmanager
async def opened_world(database: Database) -> AsyncIterator[World]:
    """A Benefits server on a free port, over an empty database and a fake Tier of its own."""
    tier = FakeTier()
    await tier.start()
    client = TierClient(tier.address, timeout_seconds=30, max_message_bytes=1 << 24)
    clock = Clock(datetime.combine(TODAY, time(4), UTC))
    server = grpc.aio.server(interceptors=[AnsweringInterceptor("benefits.carat", 120)])
    benefits_service_pb2_grpc.add_BenefitsServiceServicer_to_server(
        BenefitsServicer(database, clock, PolicyBook(), coalescer_cap=500), server
    )
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub = benefits_service_pb2_grpc.BenefitsServiceStub(channel)
        yield World(database, tier, stub, client, clock)
    await server.stop(None)
    await client.close()
    await tier.stop()
