"""Where the time of a batch of purchases goes: both services in this process, without gRPC, timed inside."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pkgutil import resolve_name
from typing import Any, Final
from unittest.mock import patch

import sqlalchemy as sa

from carat.points.v1.points_service_pb2 import BatchRecordPurchasesRequest
from services.points.clients.tier import TierClient
from services.points.recording.purchases import Recorder
from services.points.recording.reversals import Reverser
from services.points.servicer import PointsServicer
from services.runtime.clock import Clock
from services.runtime.database import Database
from services.runtime.settings import Settings
from services.tier.servicer import TierServicer
from tests.load.callers import NOW, one_purchase, renewing
from tests.load.stages import Spent, StageClock

BATCH: Final = 500
MESSAGES: Final = "protobuf to columns and back"
POINTS: Final = "Points: the rest of its Python"
TIER: Final = "Tier: the rest of its Python"
RULES: Final = "rules of both"
REST: Final = "threads, policy, begin"

_STAGES: Final = {
    "services.points.servicer.purchases.purchases_of": MESSAGES,
    "services.points.servicer.purchases.results_to_proto": MESSAGES,
    "services.points.clients.tier._activities": MESSAGES,
    "services.points.clients.tier._priced": MESSAGES,
    "services.tier.servicer.messages.activities_of": MESSAGES,
    "services.tier.servicer.messages.activity_results": MESSAGES,
    "services.points.recording.purchases.Recorder.accept": POINTS,
    "services.points.recording.purchases.Recorder.settle": POINTS,
    "services.tier.servicer.activities.record_activities": TIER,
    "services.points.recording.purchases.decide_purchases": RULES,
    "services.tier.recording.activities.decide_id_refusals": RULES,
    "services.tier.recording.activities.decide_data_refusals": RULES,
    "services.tier.recording.activities.decide_activities": RULES,
}
_WARM_BATCHES: Final = 3


@dataclass(frozen=True, slots=True)
class Profile:
    """What was spent on so many batches, one after the other."""

    batches: int
    seconds: float
    spent: dict[str, Spent]


def measure_stages(settings: Settings, members: int, seconds: float) -> Profile:
    """Records batches of new purchases in this process, on the databases of a running stack."""
    return asyncio.run(_measured(settings, members, seconds))


async def _measured(settings: Settings, members: int, seconds: float) -> Profile:
    points = Database(str(settings.points_database_url), connections=1)
    tier = Database(str(settings.tier_database_url), connections=1)
    request = BatchRecordPurchasesRequest(purchases=[one_purchase() for _ in range(BATCH)])
    renew = renewing(members, "stages")
    clock, batches = StageClock(), 0
    with _in_process(points, tier) as servicer:
        for _ in range(_WARM_BATCHES):
            await _record(servicer, request, renew)
        with _timed(points, tier, clock):
            began = time.perf_counter()
            while (spent := time.perf_counter() - began) < seconds:
                await _record(servicer, request, renew)
                batches += 1
    points.close()
    tier.close()
    clock.spent[REST].seconds = spent - sum(each.seconds for each in clock.spent.values())
    return Profile(batches, spent, dict(clock.spent))


async def _record(servicer: PointsServicer, request: BatchRecordPurchasesRequest, renew: Any) -> None:
    for purchase in request.purchases:
        renew(purchase)
    answer = await servicer.BatchRecordPurchases(request, None)
    if any(result.reason for result in answer.results):
        raise RuntimeError("a purchase was refused")


@contextmanager
def _in_process(points: Database, tier: Database) -> Iterator[PointsServicer]:
    """Points' servicer, whose stub of Tier is Tier's servicer itself."""
    clock = Clock(NOW + timedelta(hours=1))
    servicer = TierServicer(tier, clock)

    class Stub:
        def __init__(self, _: Any) -> None:
            """Needs no channel."""

        async def RecordActivities(self, request: Any, timeout: float) -> Any:  # noqa: ASYNC109 - as stubs have it
            return await servicer.RecordActivities(request, None)  # type: ignore[arg-type]

    with patch("services.points.clients.tier.tier_service_pb2_grpc.TierServiceStub", Stub):
        client = TierClient("127.0.0.1:1", timeout_seconds=30, max_message_bytes=1 << 24)
        yield PointsServicer(
            points, Recorder(points, client, clock), Reverser(points, client, clock), clock, BATCH
        )


@contextmanager
def _timed(points: Database, tier: Database, clock: StageClock) -> Iterator[None]:
    with ExitStack() as patched:
        for target, stage in _STAGES.items():
            patched.enter_context(patch(target, clock.timed(stage, resolve_name(target))))
        for name, database in (("Points", points), ("Tier", tier)):
            _time_statements(database, f"{name}: SQL statements", f"{name}: commits", clock)
        yield


def _time_statements(database: Database, statements: str, commits: str, clock: StageClock) -> None:
    sa.event.listen(database.engine, "before_cursor_execute", lambda *_: clock.begin(statements))
    sa.event.listen(database.engine, "after_cursor_execute", lambda *_: clock.end())
    dialect: Any = database.engine.dialect
    dialect.do_commit = clock.timed(commits, dialect.do_commit)
