"""A Tier service that prices at 1x, over real gRPC; it can be switched off, refuse, fail and be slow."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.type import date_pb2

from carat.tier.v1 import errors_pb2, move_pb2, reversal_pb2, tier_service_pb2_grpc
from carat.tier.v1 import tier_service_pb2 as pb
from tests.points.kept_port import address_kept_for

MICROPOINTS = 1_000_000
ONE_BP = 10_000
SAPPHIRE_MINOR = 300_000


@dataclass
class FakeTier(tier_service_pb2_grpc.TierServiceServicer):
    """Remembers what it recorded, for ever by transaction id, as the real one does.

    Fails as `failure` says, once for each of `failures`, and whenever it is asked about the ids in `poison`.
    `levels` are those that members hold, if not "crystal"; `treatments` counts those of members' lives.
    """

    refusals: dict[str, errors_pb2.TierReason] = field(default_factory=dict)
    recorded: dict[str, tuple[bytes, pb.ActivityResult]] = field(default_factory=dict)
    moves: list[move_pb2.Move] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)
    reversed: dict[str, tuple[bytes, reversal_pb2.ReversalResult]] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    levels: dict[str, str] = field(default_factory=dict)
    treatments: Counter[str] = field(default_factory=Counter)
    birthday_multiplier_bp: int = 10_000
    package_bonus_bp: int = 0
    failure: grpc.StatusCode | None = None
    failures: list[grpc.StatusCode] = field(default_factory=list)
    poison: set[str] = field(default_factory=set)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    address: str = ""
    server: grpc.aio.Server | None = None

    async def start(self) -> None:
        """Serves, on the port it had before if it had one."""
        self.gate.set()
        self.server = grpc.aio.server(options=[("grpc.so_reuseport", 1)])
        tier_service_pb2_grpc.add_TierServiceServicer_to_server(self, self.server)
        self.address = self.address or address_kept_for(self)
        self.server.add_insecure_port(self.address)
        await self.server.start()

    async def stop(self) -> None:
        """Is unreachable from now on."""
        if self.server is not None:
            await self.server.stop(None)
            self.server = None

    async def RecordActivities(
        self, request: pb.RecordActivitiesRequest, context: Any
    ) -> pb.RecordActivitiesResponse:
        await self.gate.wait()
        if self.failure is not None:
            await context.abort(self.failure, "told to fail")
        if self.failures:
            await context.abort(self.failures.pop(), "told to fail once")
        if not self.poison.isdisjoint(each.transaction_id for each in request.activities):
            await context.abort(grpc.StatusCode.INTERNAL, "poisoned")
        self.batches.append(len(request.activities))
        return pb.RecordActivitiesResponse(results=[self._record(item) for item in request.activities])

    async def QuoteActivities(
        self, request: pb.QuoteActivitiesRequest, context: Any
    ) -> pb.QuoteActivitiesResponse:
        if self.failure is not None:
            await context.abort(self.failure, "told to fail")
        return pb.QuoteActivitiesResponse(
            results=[
                pb.ActivityResult(reason=reason)
                if (reason := self.refusals.get(item.member_id)) is not None
                else self._answer(item)
                for item in request.activities
            ]
        )

    async def ReverseActivities(
        self, request: reversal_pb2.ReverseActivitiesRequest, context: Any
    ) -> reversal_pb2.ReverseActivitiesResponse:
        await self.gate.wait()
        if self.failure is not None:
            await context.abort(self.failure, "told to fail")
        if self.failures:
            await context.abort(self.failures.pop(), "told to fail once")
        if not self.poison.isdisjoint(each.reversal_id for each in request.reversals):
            await context.abort(grpc.StatusCode.INTERNAL, "poisoned")
        self.batches.append(len(request.reversals))
        return reversal_pb2.ReverseActivitiesResponse(
            results=[self._reverse(each) for each in request.reversals]
        )

    async def ReadMoveFeed(self, request: pb.ReadMoveFeedRequest, context: Any) -> pb.ReadMoveFeedResponse:
        after = int(request.cursor or 0)
        moves = self.moves[after : after + 1_000]
        return pb.ReadMoveFeedResponse(moves=moves, next_cursor=str(after + len(moves)))

    def enrol(self, member_id: str, level: str = "crystal") -> None:
        """Adds an enrolment to the feed of moves."""
        self.move(member_id, move_pb2.MOVE_REASON_ENROLLED, to_level=level)

    def move(self, member_id: str, reason: move_pb2.MoveReason, **given: Any) -> move_pb2.Move:
        """Adds a move of today to the feed, unless another day is given."""
        told = {"tier_system": "luxespa", "effective_on": date_pb2.Date(year=2026, month=7, day=15), **given}
        sequence = len(self.moves) + 1
        self.moves.append(move_pb2.Move(member_id=member_id, reason=reason, **{"sequence": sequence, **told}))
        return self.moves[-1]

    def _record(self, item: pb.ActivityItem) -> pb.ActivityResult:
        reason = self.refusals.get(item.member_id)
        if reason is not None:
            return pb.ActivityResult(reason=reason)
        payload = item.SerializeToString(deterministic=True)
        if item.transaction_id in self.recorded:
            known, answer = self.recorded[item.transaction_id]
            if known != payload:
                return pb.ActivityResult(reason=errors_pb2.TIER_REASON_TRANSACTION_ID_REUSED)
            replay = pb.ActivityResult(replayed=True)
            replay.MergeFrom(answer)
            return replay
        answer = self._answer(item)
        self.treatments[item.member_id] += item.visits
        self.recorded[item.transaction_id] = (payload, answer)
        self.order.append(item.transaction_id)
        return answer

    def _answer(self, item: pb.ActivityItem) -> pb.ActivityResult:
        held = self.levels.get(item.member_id, "crystal")
        worth = item.base_micropoints * ONE_BP + item.package_micropoints * self.package_bonus_bp
        answer = pb.ActivityResult(
            points=worth * self.birthday_multiplier_bp // (MICROPOINTS * ONE_BP * ONE_BP),
            level_multiplier_bp=ONE_BP,
            birthday_multiplier_bp=self.birthday_multiplier_bp,
            property_multiplier_bp=ONE_BP,
            package_bonus_bp=self.package_bonus_bp,
            tier_system="luxespa",
            level=held,
            treatment_ordinal=self.treatments[item.member_id] + item.visits if item.visits else 0,
            level_after=held,
            revision=7,
        )
        if item.qualifying_spend_minor >= SAPPHIRE_MINOR:
            answer.level_after = "sapphire"
            answer.move_reason = move_pb2.MOVE_REASON_THRESHOLD_REACHED
        return answer

    def _reverse(self, item: reversal_pb2.ReversalItem) -> reversal_pb2.ReversalResult:
        """Takes the share of the base points that is reversed, rounded toward zero over all reversals together."""
        reason = self.refusals.get(item.transaction_id)
        payload = item.SerializeToString(deterministic=True)
        if item.reversal_id in self.reversed:
            known, answer = self.reversed[item.reversal_id]
            reason = reason or (errors_pb2.TIER_REASON_TRANSACTION_ID_REUSED if known != payload else None)
            return reversal_pb2.ReversalResult(reason=reason) if reason else answer
        if reason or item.transaction_id not in self.recorded:
            return reversal_pb2.ReversalResult(reason=reason or errors_pb2.TIER_REASON_ACTIVITY_UNKNOWN)
        bought, priced = self.recorded[item.transaction_id]
        whole = pb.ActivityItem.FromString(bought).base_micropoints
        earlier = [
            (reversal_pb2.ReversalItem.FromString(asked).base_micropoints, told.points)
            for asked, told in self.reversed.values()
            if reversal_pb2.ReversalItem.FromString(asked).transaction_id == item.transaction_id
        ]
        back = sum(base for base, _ in earlier) + item.base_micropoints
        if back > whole:
            return reversal_pb2.ReversalResult(reason=errors_pb2.TIER_REASON_REVERSAL_ABOVE_ORIGINAL)
        points = priced.points * back // whole - sum(points for _, points in earlier) if whole else 0
        answer = reversal_pb2.ReversalResult(points=points, level_after=priced.level)
        self.reversed[item.reversal_id] = (payload, answer)
        self.order.append(item.reversal_id)
        return answer
