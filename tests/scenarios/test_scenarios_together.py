"""All scenarios of a program at once, shuffled, their members in one shard: every answer as when each runs alone."""

import pytest

from tests.scenarios.conftest import StartPlaying
from tests.scenarios.playing import play_together
from tests.scenarios.test_scenarios import SCENARIOS
from tests.scenarios.test_scenarios_of_points import ALL_PROGRAMS, SCENARIOS_OF_POINTS
from tests.tier.world import members_of_one_shard


@pytest.mark.parametrize("program", ALL_PROGRAMS)
def test_all_of_a_program_together_in_one_shard(start_playing: StartPlaying, program: str) -> None:
    scenarios = [each for each in (*SCENARIOS, *SCENARIOS_OF_POINTS) if each.program == program]
    members = members_of_one_shard(shard=1234, count=len(scenarios))
    played = ALL_PROGRAMS[program]
    runner = start_playing(played.zone)
    play_together(runner, played, scenarios, members[::-1])
    assert runner.broken_promises() == []


def test_scenarios_have_titles_of_their_own() -> None:
    titles = [scenario.title for scenario in (*SCENARIOS, *SCENARIOS_OF_POINTS)]
    assert len(set(titles)) == len(titles)
