"""The real Tier service behind Points, over real gRPC and a database of its own; it can be switched off."""

from datetime import datetime

import grpc

from carat.tier.v1 import tier_service_pb2_grpc
from services.runtime.clock import Clock
from services.runtime.interceptor import AnsweringInterceptor
from services.tier.servicer import TierServicer
from tests.points.kept_port import address_kept_for
from tests.tier.world import TierWorld


class RealTier:
    """Serves the Tier service over the database of a TierWorld, whose today is that of `now`."""

    def __init__(self, world: TierWorld, now: datetime) -> None:
        self.world = world
        self.address = ""
        self._now = now
        self._server: grpc.aio.Server | None = None

    async def start(self) -> None:
        """Serves, on the port it had before if it had one."""
        self._server = grpc.aio.server(
            interceptors=[AnsweringInterceptor("tier.carat", max_rpc_seconds=60)],
            options=[("grpc.so_reuseport", 1)],
        )
        tier_service_pb2_grpc.add_TierServiceServicer_to_server(
            TierServicer(self.world.database, Clock(self._now)), self._server
        )
        self.address = self.address or address_kept_for(self)
        self._server.add_insecure_port(self.address)
        await self._server.start()

    async def stop(self) -> None:
        """Is unreachable from now on."""
        if self._server is not None:
            await self._server.stop(None)
            self._server = None
