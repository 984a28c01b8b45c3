"""The Tier service and a plain model, written apart from each other, tell the same story of every member."""

from hypothesis import HealthCheck, given, settings

from tests.invariants.histories import histories
from tests.invariants.steps import History
from tests.invariants.twins import twins
from tests.tier.world import TierWorld


@settings(
    max_examples=settings().max_examples // 8,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.function_scoped_fixture,
    ],
)
@given(history=histories())
def test_the_service_tells_of_every_history_what_the_reference_model_tells(
    tier_world: TierWorld, history: History
) -> None:
    twins(tier_world, history.first).play(history)
