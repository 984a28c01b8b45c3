"""The scenarios once more, through the real services of a deployment, as tills, staff and operators act them out."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from carat.benefits.v1.benefits_service_pb2 import ListAllowancesRequest
from services.cli.connections import Connections, connect
from services.cli.verification import verify_all
from services.runtime.program_messages import day_to_proto
from tests.cli.launching import Launched, folder_for_postgres
from tests.scenarios.playing import play_together
from tests.scenarios.programs import PROGRAMS
from tests.scenarios.runner_services import ServicesRunner
from tests.scenarios.story import Scenario
from tests.scenarios.test_scenarios import SCENARIOS
from tests.scenarios.test_scenarios_of_points import SCENARIOS_OF_POINTS
from tests.tier.world import members_of_one_shard

FILES: Final = Path(__file__).parents[2] / "deploy" / "programs"

AFTER_ALL_STORIES: Final = "2035-01-01T04:00:00+00:00"
INLINE: Final = {"CARAT_EXECUTOR": "inline"}
RAY: Final = {
    "CARAT_EXECUTOR": "ray",
    "CARAT_RAY_WORKERS": "2",
    "CARAT_OBJECT_STORE_MEMORY_BYTES": str(80 << 20),
}

OF_PLATINUM: Final = ("express-facial", "platinum", 1, True)
OF_DIAMOND: Final = ("complimentary-treatment", "diamond", 2, False)
"""Code, level, granted, closed."""


def luxespa(_: Path) -> Path:
    return FILES / "luxespa.yaml"


def engage(_: Path) -> Path:
    return FILES / "engage.yaml"


def engage_yearly(folder: Path) -> Path:
    program: dict[str, Any] = yaml.safe_load(engage(folder).read_text())
    [system] = program["tier"]["systems"]
    system["reset"] = {"next_reset": date(2024, 2, 29), "repeats": "yearly"}
    file = folder / "engage-yearly.yaml"
    file.write_text(yaml.safe_dump(program))
    return file


@pytest.mark.parametrize(
    ("program", "file_in", "executor"),
    [
        ("luxespa", luxespa, INLINE),
        ("engage", engage, INLINE),
        pytest.param("engage, yearly from 29 February", engage_yearly, RAY, marks=pytest.mark.ray),
    ],
)
def test_all_of_a_program_together_through_the_services(
    program: str,
    file_in: Callable[[Path], Path],
    executor: dict[str, str],
    tmp_path: Path,
    end: Callable[[ExitStack], None],
) -> None:
    scenarios = [
        scenario
        for scenario in (*SCENARIOS, *SCENARIOS_OF_POINTS)
        if scenario.program == program and not scenario.needs_a_moving_clock()
    ]
    members = members_of_one_shard(shard=1234, count=len(scenarios))[::-1]
    played = PROGRAMS[program]
    with carat(executor, end) as connections:
        runner = ServicesRunner(connections, file_in(tmp_path), played.zone)
        play_together(runner, played, scenarios, members)
        expect_promises_kept(connections)
        for member_id, since in diamonds(scenarios, members):
            assert allowances(connections, member_id, since) == {OF_PLATINUM, OF_DIAMOND}


@pytest.fixture(scope="module")
def end() -> Iterator[Callable[[ExitStack], None]]:
    """Ends a deployment while the next test goes on; whatever goes wrong with that is told at last."""
    with ThreadPoolExecutor() as pool:
        ending: list[Future[None]] = []
        yield lambda held: ending.append(pool.submit(held.close))
        for each in ending:
            each.result()


@contextmanager
def carat(executor: dict[str, str], end: Callable[[ExitStack], None]) -> Iterator[Connections]:
    """A Carat of its own, whose clocks stand still after the last day of any scenario."""
    with ExitStack() as held:
        folder = held.enter_context(folder_for_postgres())
        launched = Launched(
            folder / "data", CARAT_FIXED_NOW=AFTER_ALL_STORIES, CARAT_FEED_POLL_SECONDS="0.05", **executor
        )
        held.callback(launched.stop)
        try:
            with connect(launched.settings) as connections:
                yield connections
        finally:
            end(held.pop_all())


def expect_promises_kept(connections: Connections) -> None:
    """What `carat verify` checks, when all is posted and followed."""
    found = verify_all(connections)
    assert [check for check in found.checks if check.breaches] == []
    assert found.unsettled == ()


def diamonds(scenarios: Sequence[Scenario], members: Sequence[str]) -> Iterator[tuple[str, date]]:
    """Who becomes Platinum and Diamond on one day of a scenario, and when."""
    for scenario, member_id in zip(scenarios, members, strict=True):
        for (since, _, before), (on, _, level) in zip(scenario.moves, scenario.moves[1:], strict=False):
            if level == "diamond" != before and since == on:
                yield member_id, on


def allowances(connections: Connections, member_id: str, on: date) -> set[tuple[str, str, int, bool]]:
    """What was opened for periods around a day. Nobody is Diamond any longer: nothing more is shown."""
    request = ListAllowancesRequest(member_id=member_id, as_of=day_to_proto(on))
    found = connections.benefits.ListAllowances(request).allowances
    return {(each.code, each.level, each.granted, each.closed) for each in found}
