"""Every scenario runs alone, and all of a program shuffled into one shard, with equal answers."""

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
from tests.scenarios.playing import play_alone, play_together
from tests.scenarios.programs import PROGRAMS
from tests.scenarios.runner_tier import TierRunner
from tests.scenarios.story import Scenario
from tests.tier.world import TierWorld, members_of_one_shard

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
    play_alone(TierRunner(tier_world, program.program.time_zone), program, scenario, "M1")
    assert tier_world.broken_promises() == []


@pytest.mark.parametrize("program", PROGRAMS)
def test_all_of_a_program_together_in_one_shard(tier_world: TierWorld, program: str) -> None:
    scenarios = [scenario for scenario in SCENARIOS if scenario.program == program]
    members = members_of_one_shard(shard=1234, count=len(scenarios))
    played = PROGRAMS[program]
    play_together(TierRunner(tier_world, played.program.time_zone), played, scenarios, members[::-1])
    assert tier_world.broken_promises() == []


def test_scenarios_have_titles_of_their_own() -> None:
    titles = [scenario.title for scenario in SCENARIOS]
    assert len(set(titles)) == len(titles)
