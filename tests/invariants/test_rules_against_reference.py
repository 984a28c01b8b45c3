"""Rules over columns and a plain model, written apart from each other, decide every history alike."""

from hypothesis import HealthCheck, given, settings

from tests.invariants.histories import histories
from tests.invariants.rules_twins import RulesTwins
from tests.invariants.steps import History


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(history=histories())
def test_the_rules_decide_every_history_as_the_reference_model_does(history: History) -> None:
    RulesTwins(history.first).play(history)
