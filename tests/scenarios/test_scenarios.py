"""Every scenario runs alone, and all of a program shuffled into one shard, with equal answers."""

import pytest

from tests.scenarios.engage import EARNING, RESETTING
from tests.scenarios.luxespa_climbing import CLIMBING
from tests.scenarios.luxespa_keeping import KEEPING
from tests.scenarios.luxespa_switched_off import SWITCHED_OFF
from tests.scenarios.playing import play_alone, play_together
from tests.scenarios.programs import PROGRAMS
from tests.scenarios.runner_tier import TierRunner
from tests.scenarios.story import Scenario
from tests.tier.world import TierWorld, members_of_one_shard

SCENARIOS = (*CLIMBING, *KEEPING, *SWITCHED_OFF, *EARNING, *RESETTING)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=[scenario.title for scenario in SCENARIOS])
def test_alone(tier_world: TierWorld, scenario: Scenario) -> None:
    play_alone(TierRunner(tier_world), PROGRAMS[scenario.program], scenario, "M1")
    assert tier_world.broken_promises() == []


@pytest.mark.parametrize("program", PROGRAMS)
def test_all_of_a_program_together_in_one_shard(tier_world: TierWorld, program: str) -> None:
    scenarios = [scenario for scenario in SCENARIOS if scenario.program == program]
    members = members_of_one_shard(shard=1234, count=len(scenarios))
    play_together(TierRunner(tier_world), PROGRAMS[program], scenarios, members[::-1])
    assert tier_world.broken_promises() == []


def test_scenarios_have_titles_of_their_own() -> None:
    titles = [scenario.title for scenario in SCENARIOS]
    assert len(set(titles)) == len(titles)
