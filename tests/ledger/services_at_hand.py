"""Points and Tier without their sockets: the real servicers over real databases, on one clock that a test moves."""

import itertools
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import grpc
import sqlalchemy as sa

from carat.points.v1 import entry_pb2, policy_pb2, pool_pb2, report_pb2
from carat.points.v1 import points_service_pb2 as pb
from carat.tier.v1 import member_pb2, program_pb2, staff_pb2, tier_service_pb2
from services.kernel.calendar import day_number
from services.points.clients.feeds import move_follower
from services.points.clients.tier import TierClient
from services.points.recording.purchases import Recorder
from services.points.recording.reversals import Reverser
from services.points.servicer import PointsServicer
from services.points.store.policies import PolicyBook
from services.points.tables import METADATA
from services.runtime.clock import Clock
from services.runtime.database import Database
from services.runtime.program_messages import day_to_proto
from services.runtime.refusal import Refused
from services.tier.servicer import TierServicer
from services.tier.tables import MOVE
from tests.feeds import wait_until_told
from tests.ledger.asking_the_service import NO_CONTEXT, pool_told
from tests.tier.world import ALL_SHARDS, PROGRAM, TierWorld
from workers.job import AnyJob
from workers.jobs.points_expiration import POINTS_EXPIRATION

ANNA = staff_pb2.Actor(id="anna")
SUMS = ("points_by_shard", "spend_by_shard", "visits_by_shard")
ZONE = ZoneInfo(PROGRAM.time_zone)


class TierAtHand(TierClient):
    """The client of Points, with Tier's servicer in place of a connection."""

    def __init__(self, tier: TierServicer) -> None:
        self._timeout_seconds = 60
        self._channels: list[grpc.aio.Channel] = []
        self._stubs: Any = itertools.cycle([_Stub(tier)])


class _Stub:
    def __init__(self, tier: TierServicer) -> None:
        self._tier = tier

    def __getattr__(self, call: str) -> Any:
        async def ask(request: Any, **_: float) -> Any:
            return await getattr(self._tier, call)(request, NO_CONTEXT)

        return ask


@dataclass
class ServicesAtHand:
    """Both services, emptied; `now` is their clock."""

    database: Database
    tier_world: TierWorld
    clock: Clock
    points: PointsServicer = field(init=False)
    tier: TierServicer = field(init=False)
    runs: int = 0

    def __post_init__(self) -> None:
        self.tier_world.clear()
        names = ", ".join(table.name for table in METADATA.sorted_tables)
        with self.database.engine.begin() as connection:
            connection.execute(sa.text(f"TRUNCATE {names} RESTART IDENTITY"))
        self.tier = TierServicer(self.tier_world.database, self.clock)
        self.client = TierAtHand(self.tier)
        recorder, reverser = (
            Recorder(self.database, self.client, self.clock),
            Reverser(self.database, self.client, self.clock),
        )
        self.points = PointsServicer(self.database, recorder, reverser, self.clock, coalescer_cap=500)
        self.follower = move_follower(self.database, PolicyBook(), self.clock, self.client.read_moves, 0)

    def stand_at(self, now: datetime) -> None:
        """Lets the clock of both stand at an instant."""
        object.__setattr__(self.clock, "fixed_now", now)
        self.tier_world.today = now.astimezone(ZONE).date()

    async def apply(self, policy: policy_pb2.PointsPolicy, effective_from: date | None) -> bool:
        """Applies a points policy; whether it changed anything."""
        request = pb.ApplyPolicyRequest(
            program=program_pb2.Program(
                code=PROGRAM.code,
                name=PROGRAM.name,
                currency=PROGRAM.currency,
                time_zone=PROGRAM.time_zone,
                points_currency=PROGRAM.points_currency,
            ),
            policy=policy,
            effective_from=None if effective_from is None else day_to_proto(effective_from),
        )
        return (await self.points.ApplyPolicy(request, NO_CONTEXT)).changed

    async def follow(self) -> None:
        """Follows Tier's moves to the end."""
        wait_until_told(self.tier_world.database, MOVE)
        while await self.follower.step():
            pass

    def enrol(self, member_id: str, birthday: date | None) -> tuple[str, bool]:
        """Enrols a member today."""
        member = member_pb2.Member(
            member_id=member_id,
            enrolled_on=day_to_proto(self.tier_world.today),
            birthday=None if birthday is None else day_to_proto(birthday),
        )
        [answer] = self.tier_world.enrol(member)
        return answer

    async def erase(self, request_id: str, member_id: str) -> str:
        """Erases a member's data; the refusal, or empty."""
        request = staff_pb2.EraseMemberRequest(
            request_id=request_id, actor=ANNA, note="asked for it", member_id=member_id
        )
        try:
            await self.tier.EraseMember(request, NO_CONTEXT)
        except Refused as refused:
            return refused.reason.name
        return ""

    def expire(self, as_of: date) -> str:
        """Runs points-expiration over everybody; the id of the run."""
        self.runs += 1
        run_id = f"expiration-{self.runs}"
        self._run(POINTS_EXPIRATION, day_number(as_of), run_id)
        return run_id

    def _run(self, job: AnyJob, day: int, run_id: str) -> None:
        parameters = self.database.transact(lambda connection: job.plan(connection, day))
        if parameters.get("empty"):
            return
        rows = job.read(self.database.fetch_arrow, ALL_SHARDS, day, parameters)
        decisions = job.decide(rows, day, parameters)

        def work(connection: sa.Connection) -> None:
            assert job.record(connection, decisions, run_id).all()
            job.finish(connection, parameters, run_id)

        self.database.transact(work)

    async def balance(self, member_id: str) -> pb.GetBalanceResponse:
        """What a member has."""
        return await self.points.GetBalance(pb.GetBalanceRequest(member_id=member_id), NO_CONTEXT)

    async def entries(self, member_id: str) -> list[entry_pb2.Entry]:
        """A member's ledger."""
        request = pb.ListEntriesRequest(member_id=member_id, page_size=1_000)
        return list((await self.points.ListEntries(request, NO_CONTEXT)).entries)

    async def pool(self, pool_id: str) -> dict[str, Any]:
        """What a household has."""
        request = pool_pb2.GetPoolRequest(pool_id=pool_id)
        return pool_told((await self.points.GetPool(request, NO_CONTEXT)).pool)

    async def liability(self, day: date) -> report_pb2.GetLiabilityResponse:
        """What the program owes at the end of a day."""
        request = report_pb2.GetLiabilityRequest(as_of=day_to_proto(day))
        return await self.points.GetLiability(request, NO_CONTEXT)

    async def broken_promises(self) -> list[str]:
        """The promises of both services that the data breaks, and sums by shard that are not the same in both."""
        of_points = [each async for each in self.points.VerifyLedger(pb.VerifyLedgerRequest(), NO_CONTEXT)]
        request = tier_service_pb2.VerifyStandingsRequest()
        of_tier = [each async for each in self.tier.VerifyStandings(request, NO_CONTEXT)]
        checks: list[Any] = [*of_points, *of_tier]
        broken = [f"{each.promise}: {list(each.members)}" for each in checks if each.breaches]
        apart = [name for name in SUMS if getattr(of_points[-1], name) != getattr(of_tier[-1], name)]
        return broken + apart


def clock_at(day: date) -> Clock:
    """A clock that stands at noon of a day."""
    return Clock(datetime.combine(day, datetime.min.time(), ZONE).replace(hour=12).astimezone(UTC))
