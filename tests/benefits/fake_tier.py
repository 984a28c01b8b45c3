"""A Tier service that only has a feed of moves, over real gRPC."""

from dataclasses import dataclass, field
from datetime import date

import grpc

from carat.tier.v1 import move_pb2, tier_service_pb2, tier_service_pb2_grpc
from services.runtime.program_messages import day_to_proto


@dataclass
class FakeTier(tier_service_pb2_grpc.TierServiceServicer):
    """Serves scripted moves in pages of at most `page_limit`."""

    moves: list[move_pb2.Move] = field(default_factory=list)
    page_limit: int = 1_000
    address: str = ""
    server: grpc.aio.Server | None = None

    async def start(self) -> None:
        self.server = grpc.aio.server()
        tier_service_pb2_grpc.add_TierServiceServicer_to_server(self, self.server)
        self.address = f"127.0.0.1:{self.server.add_insecure_port('127.0.0.1:0')}"
        await self.server.start()

    async def stop(self) -> None:
        if self.server is not None:
            await self.server.stop(None)

    async def ReadMoveFeed(self, request, context):
        after = int(request.cursor or 0)
        moves = self.moves[after : after + min(request.page_size, self.page_limit)]
        return tier_service_pb2.ReadMoveFeedResponse(moves=moves, next_cursor=str(after + len(moves)))

    def tell(
        self,
        member_id: str,
        from_level: str,
        to_level: str,
        on: date,
        reason: move_pb2.MoveReason,
        tier_system: str = "luxespa",
    ) -> None:
        """Adds a move to the feed."""
        self.moves.append(
            move_pb2.Move(
                member_id=member_id,
                effective_on=day_to_proto(on),
                tier_system=tier_system,
                from_level=from_level,
                to_level=to_level,
                reason=reason,
                sequence=len(self.moves) + 1,
            )
        )
