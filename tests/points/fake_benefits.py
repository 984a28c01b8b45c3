"""A Benefits service that only has a feed of awards, over real gRPC; it can be switched off."""

from dataclasses import dataclass, field
from typing import Any

import grpc
from google.type import date_pb2

from carat.benefits.v1 import award_pb2, benefits_service_pb2_grpc
from tests.points.kept_port import address_kept_for


@dataclass
class FakeBenefits(benefits_service_pb2_grpc.BenefitsServiceServicer):
    """Serves scripted awards in pages of at most `page_limit`."""

    awards: list[award_pb2.Award] = field(default_factory=list)
    page_limit: int = 1_000
    address: str = ""
    server: grpc.aio.Server | None = None

    async def start(self) -> None:
        """Serves, on the port it had before if it had one."""
        self.server = grpc.aio.server(options=[("grpc.so_reuseport", 1)])
        benefits_service_pb2_grpc.add_BenefitsServiceServicer_to_server(self, self.server)
        self.address = self.address or address_kept_for(self)
        self.server.add_insecure_port(self.address)
        await self.server.start()

    async def stop(self) -> None:
        """Is unreachable from now on."""
        if self.server is not None:
            await self.server.stop(None)
            self.server = None

    async def ReadAwardFeed(
        self, request: award_pb2.ReadAwardFeedRequest, context: Any
    ) -> award_pb2.ReadAwardFeedResponse:
        after = int(request.cursor or 0)
        awards = self.awards[after : after + self.page_limit]
        return award_pb2.ReadAwardFeedResponse(awards=awards, next_cursor=str(after + len(awards)))

    def grant(self, award_id: str, points: int = 100, member_id: str = "M1", **given: Any) -> None:
        """Adds an award to the feed."""
        told = {"code": "wedding", "awarded_on": date_pb2.Date(year=2026, month=7, day=14), **given}
        award = award_pb2.Award(award_id=award_id, member_id=member_id, points=points, **told)
        self.awards.append(award)
