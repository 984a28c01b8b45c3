"""Every scenario about tiers runs alone on the Tier service; see test_scenarios_together for all at once."""

import pytest

from tests.scenarios.engage import EARNING, RESETTING
from tests.scenarios.engage_systems import SYSTEMS
from tests.scenarios.luxespa_by_hand import BY_HAND
from tests.scenarios.luxespa_climbing import CLIMBING
from tests.scenarios.luxespa_continuous import CONTINUOUS
from tests.scenarios.luxespa_for_life import FOR_LIFE
from tests.scenarios.luxespa_inactive import INACTIVE
from tests.scenarios.luxespa_invited import INVITED
from tests.scenarios.luxespa_keeping import KEEPING
from tests.scenarios.luxespa_refunded import REFUNDS
from tests.scenarios.luxespa_switched_off import SWITCHED_OFF
from tests.scenarios.luxespa_touched import TOUCHES
from tests.scenarios.playing import play_alone
from tests.scenarios.programs import PROGRAMS
from tests.scenarios.runner_tier import TierRunner
from tests.scenarios.story import Scenario
from tests.tier.world import TierWorld

SCENARIOS = (
    *CLIMBING,
    *KEEPING,
    *TOUCHES,
    *INACTIVE,
    *FOR_LIFE,
    *INVITED,
    *BY_HAND,
    *REFUNDS,
    *CONTINUOUS,
    *SWITCHED_OFF,
    *EARNING,
    *RESETTING,
    *SYSTEMS,
)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=[scenario.title for scenario in SCENARIOS])
def test_alone(tier_world: TierWorld, scenario: Scenario) -> None:
    program = PROGRAMS[scenario.program]
    play_alone(TierRunner(tier_world, program.zone), program, scenario, "M1")
    assert tier_world.broken_promises() == []
