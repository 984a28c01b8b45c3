"""How the command reaches the four services: one channel each, with deadlines and retries."""

from __future__ import annotations

import json
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self

import grpc

from carat.benefits.v1.benefits_service_pb2_grpc import BenefitsServiceStub
from carat.operations.v1.operations_service_pb2_grpc import OperationsServiceStub
from carat.points.v1.points_service_pb2_grpc import PointsServiceStub
from carat.tier.v1.tier_service_pb2_grpc import TierServiceStub
from services.runtime.refusal import MAX_METADATA_BYTES
from services.runtime.settings import ServiceName, Settings

FULL_NAMES: Final[dict[ServiceName, str]] = {
    "tier": "carat.tier.v1.TierService",
    "points": "carat.points.v1.PointsService",
    "benefits": "carat.benefits.v1.BenefitsService",
    "operations": "carat.operations.v1.OperationsService",
}

# AIP-194: nothing but UNAVAILABLE is tried again. Long enough for a killed process to be started again.
_RETRY: Final = {
    "maxAttempts": 5,
    "initialBackoff": "0.4s",
    "maxBackoff": "4s",
    "backoffMultiplier": 2,
    "retryableStatusCodes": ["UNAVAILABLE"],
}

_WITHOUT_END: Final = (
    "carat.tier.v1.TierService/VerifyStandings",
    "carat.points.v1.PointsService/StreamStatement",
    "carat.points.v1.PointsService/VerifyLedger",
    "carat.benefits.v1.BenefitsService/VerifyAllowances",
    "carat.operations.v1.OperationsService/WatchRun",
)
"""Streams that last as long as their subject; who calls them may interrupt them."""

# Not tried again by itself: a second start would be refused because of the first, or be a second preview.
_STARTS: Final = tuple(
    f"carat.operations.v1.OperationsService/{name}" for name in ("StartRun", "StartSimulation", "StartReplay")
)

# Nor this, which lasts as long as it takes: who calls it knows how long to go on trying.
_CLOSE_DAY: Final = "carat.operations.v1.OperationsService/CloseDay"

_LIABILITY: Final = "carat.points.v1.PointsService/GetLiability"
"""Reads the whole ledger: it may take as long as a service lets any call take."""


@dataclass(frozen=True)
class Connections:
    """Blocking stubs of the four services. Safe to share between threads; `close` ends what is under way.

    Every call has a deadline (`rpc_timeout_seconds`, streams of unknown length aside) and is tried again
    while the service is UNAVAILABLE, so that a restart goes unnoticed. Errors are grpc.RpcError.
    """

    tier: TierServiceStub
    points: PointsServiceStub
    benefits: BenefitsServiceStub
    operations: OperationsServiceStub
    channels: tuple[grpc.Channel, ...]

    def close(self) -> None:
        """Closes the channels."""
        for channel in self.channels:
            channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def connect(settings: Settings) -> Connections:
    """Channels to all four services; nothing is sent before the first call.

    Two connections are never one: each is handed to a server process by itself, so several spread the load.
    """
    tier, points, benefits, operations = channels = (
        open_channel(settings, "tier"),
        open_channel(settings, "points"),
        open_channel(settings, "benefits"),
        open_channel(settings, "operations"),
    )
    return Connections(
        TierServiceStub(tier),
        PointsServiceStub(points),
        BenefitsServiceStub(benefits),
        OperationsServiceStub(operations),
        channels,
    )


def open_channel(settings: Settings, service: ServiceName) -> grpc.Channel:
    """A channel of its own to one service."""
    options = (
        ("grpc.service_config", json.dumps(_service_config(settings))),
        ("grpc.max_receive_message_length", settings.max_message_bytes),
        ("grpc.max_send_message_length", settings.max_message_bytes),
        ("grpc.max_metadata_size", MAX_METADATA_BYTES),
        ("grpc.use_local_subchannel_pool", 1),
        # A service that was down is looked for again soon, however long it was down.
        ("grpc.max_reconnect_backoff_ms", 1000),
    )
    return grpc.insecure_channel(settings.address(service), options)


def _service_config(settings: Settings) -> dict[str, Any]:
    def named(method: str) -> dict[str, str]:
        service, _, name = method.partition("/")
        return {"service": service, "method": name}

    return {
        "methodConfig": [
            {"name": [{}], "timeout": f"{settings.rpc_timeout_seconds}s", "retryPolicy": _RETRY},
            {"name": [named(method) for method in _WITHOUT_END], "retryPolicy": _RETRY},
            {"name": [named(method) for method in _STARTS], "timeout": f"{settings.max_rpc_seconds}s"},
            {
                "name": [named(_LIABILITY)],
                "timeout": f"{settings.max_rpc_seconds}s",
                "retryPolicy": _RETRY,
            },
            {"name": [named(_CLOSE_DAY)]},
        ]
    }
