"""Calls of the Tier service without its socket, at noon of the test's today."""

import asyncio
from datetime import UTC, date, datetime, time
from typing import Any, Final, cast
from zoneinfo import ZoneInfo

from services.runtime.clock import Clock
from services.tier.servicer import TierServicer
from services.tier.servicer.calls import Context
from tests.tier.world import PROGRAM, TierWorld

_NO_CONTEXT: Final = cast(Context, None)


def asked(world: TierWorld, rpc: str, request: Any, zone: str = PROGRAM.time_zone) -> Any:
    """The answer to a unary call. Raises Refused as the service does."""
    servicer = TierServicer(world.database, Clock(_noon(world.today, zone)))
    return asyncio.run(getattr(servicer, rpc)(request, _NO_CONTEXT))


def _noon(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(12), ZoneInfo(zone)).astimezone(UTC)
