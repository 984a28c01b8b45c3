"""Rules over columns and a plain model, written apart from each other, tell the same story of every member."""

from hypothesis import HealthCheck, given, settings

from tests.invariants.histories import History, histories
from tests.invariants.rules_twins import RulesTwins
from tests.invariants.twins import twins
from tests.tier.world import TierWorld

_SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]


@settings(suppress_health_check=_SLOW)
@given(history=histories())
def test_the_rules_decide_every_history_as_the_reference_model_does(history: History) -> None:
    RulesTwins(history.first).play(history)


@settings(
    max_examples=settings().max_examples // 8,
    suppress_health_check=[*_SLOW, HealthCheck.function_scoped_fixture],
)
@given(history=histories())
def test_the_service_tells_of_every_history_what_the_reference_model_tells(
    tier_world: TierWorld, history: History
) -> None:
    twins(tier_world, history.first).play(history)
