"""Every scenario about points runs alone, on the Points service over the Tier service."""

import pytest

from tests.scenarios.conftest import StartPlaying
from tests.scenarios.engage_points import POINTS
from tests.scenarios.luxespa_bonuses import BONUSES
from tests.scenarios.luxespa_earning import EARNING
from tests.scenarios.luxespa_expiring import EXPIRING
from tests.scenarios.luxespa_redeeming import REDEEMING
from tests.scenarios.luxespa_sharing import SHARING
from tests.scenarios.luxespa_taken_back import TAKEN_BACK
from tests.scenarios.playing import play_alone
from tests.scenarios.programs import PROGRAMS
from tests.scenarios.programs_of_points import PROGRAMS_OF_POINTS
from tests.scenarios.story import Scenario

SCENARIOS_OF_POINTS = (
    *EARNING,
    *BONUSES,
    *REDEEMING,
    *TAKEN_BACK,
    *EXPIRING,
    *SHARING,
    *POINTS,
)
ALL_PROGRAMS = PROGRAMS | PROGRAMS_OF_POINTS


@pytest.mark.parametrize("scenario", SCENARIOS_OF_POINTS, ids=[each.title for each in SCENARIOS_OF_POINTS])
def test_alone(start_playing: StartPlaying, scenario: Scenario) -> None:
    program = ALL_PROGRAMS[scenario.program]
    runner = start_playing(program.zone)
    play_alone(runner, program, scenario, "M1")
    assert runner.broken_promises() == []
