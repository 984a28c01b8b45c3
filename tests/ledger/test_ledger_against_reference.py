"""The Points service and a plain model, written apart from each other, keep the same ledger."""

import asyncio

from hypothesis import HealthCheck, given, settings

from services.runtime.database import Database
from tests.ledger.histories import START, History, histories
from tests.ledger.services_at_hand import ServicesAtHand, clock_at
from tests.ledger.twins import twins
from tests.tier.world import TierWorld


@settings(
    max_examples=settings().max_examples // 4,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.function_scoped_fixture,
    ],
)
@given(history=histories())
def test_the_service_keeps_the_ledger_that_the_reference_model_keeps(
    migrated: Database, tier_world: TierWorld, history: History
) -> None:
    async def play() -> None:
        services = ServicesAtHand(migrated, tier_world, clock_at(START))
        await (await twins(services, history)).play(history)

    asyncio.run(play())
