"""A Tier service that prices at 1x, over real gRPC; it can be switched off, refuse, fail and be slow."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import grpc

from carat.tier.v1 import errors_pb2, move_pb2, tier_service_pb2_grpc
from carat.tier.v1 import tier_service_pb2 as pb

MICROPOINTS = 1_000_000
SAPPHIRE_MINOR = 300_000


@dataclass
class FakeTier(tier_service_pb2_grpc.TierServiceServicer):
    """Remembers what it recorded, for ever by transaction id, as the real one does."""

    refusals: dict[str, errors_pb2.TierReason] = field(default_factory=dict)
    recorded: dict[str, tuple[bytes, pb.ActivityResult]] = field(default_factory=dict)
    moves: list[move_pb2.Move] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)
    order: list[str] = field(default_factory=list)
    failure: grpc.StatusCode | None = None
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    address: str = ""
    server: grpc.aio.Server | None = None

    async def start(self) -> None:
        """Serves, on the port it had before if it had one."""
        self.gate.set()
        self.server = grpc.aio.server(options=[("grpc.so_reuseport", 1)])
        tier_service_pb2_grpc.add_TierServiceServicer_to_server(self, self.server)
        port = self.server.add_insecure_port(self.address or "127.0.0.1:0")
        self.address = f"127.0.0.1:{port}"
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
        self.batches.append(len(request.activities))
        return pb.RecordActivitiesResponse(results=[self._record(item) for item in request.activities])

    async def ReadMoveFeed(self, request: pb.ReadMoveFeedRequest, context: Any) -> pb.ReadMoveFeedResponse:
        after = int(request.cursor or 0)
        moves = self.moves[after : after + 1_000]
        return pb.ReadMoveFeedResponse(moves=moves, next_cursor=str(after + len(moves)))

    def enrol(self, member_id: str) -> None:
        """Adds an enrolment to the feed of moves."""
        self.moves.append(move_pb2.Move(member_id=member_id, reason=move_pb2.MOVE_REASON_ENROLLED))

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
        answer = pb.ActivityResult(
            points=item.base_micropoints // MICROPOINTS,
            level_multiplier_bp=10_000,
            property_multiplier_bp=10_000,
            level="crystal",
            treatment_ordinal=item.visits,
            level_after="crystal",
            revision=7,
        )
        if item.qualifying_spend_minor >= SAPPHIRE_MINOR:
            answer.level_after = "sapphire"
            answer.move_reason = move_pb2.MOVE_REASON_THRESHOLD_REACHED
        self.recorded[item.transaction_id] = (payload, answer)
        self.order.append(item.transaction_id)
        return answer
