"""`carat up`: everything answers, survives the death of any part, and leaves nothing behind."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from carat.tier.v1.tier_service_pb2 import GetPolicyRequest
from services.cli.app import app
from services.cli.connections import connect
from services.cli.launcher.health import is_serving
from services.runtime.settings import SERVICES
from tests.cli.launching import COMMAND, Launched, children_of, folder_for_postgres
from tests.cli.waiting import eventually, is_alive, is_listening

PROGRAMS = Path(__file__).parents[2] / "deploy" / "programs"
PROCESSES = {"services.tier": 2, "services.points": 1, "services.benefits": 1, "workers": 1}


@pytest.fixture(scope="module")
def running() -> Iterator[Launched]:
    with folder_for_postgres() as folder:
        launched = Launched(folder / "data")
        applied = launched.carat("apply", str(PROGRAMS / "luxespa.yaml"))
        assert applied.returncode == 0, applied.stderr
        yield launched
        launched.stop()


@pytest.fixture
def folder() -> Iterator[Path]:
    with folder_for_postgres() as made:
        yield made


def processes_of(launched: Launched) -> dict[str, list[int]]:
    found = launched.children()
    return {module: found.get(module, []) for module in PROCESSES}


def counted(processes: dict[str, list[int]]) -> dict[str, int]:
    return {module: len(pids) for module, pids in processes.items()}


def is_whole_without(launched: Launched, killed: list[int]) -> bool:
    # One look for both answers: between two looks a killed process may vanish.
    processes = processes_of(launched)
    alive = {pid for pids in processes.values() for pid in pids}
    return counted(processes) == PROCESSES and alive.isdisjoint(killed)


def knows_the_program(launched: Launched) -> bool:
    with connect(launched.settings) as connections:
        return connections.tier.GetPolicy(GetPolicyRequest()).program.code == "LUXESPA-PRIVILEGE"


def test_every_service_says_that_it_is_serving_and_has_its_processes(running: Launched):
    eventually(lambda: all(is_serving(running.settings, service) for service in SERVICES))
    assert counted(processes_of(running)) == PROCESSES


@pytest.mark.faults
@pytest.mark.parametrize("module", PROCESSES)
def test_a_killed_service_is_back_by_itself(running: Launched, module: str):
    killed = running.children()[module]
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    eventually(lambda: is_whole_without(running, killed))
    eventually(lambda: all(is_serving(running.settings, service) for service in SERVICES))
    assert knows_the_program(running)


@pytest.mark.faults
def test_a_killed_postgres_is_back_at_its_address_and_no_service_had_to_restart(running: Launched):
    eventually(lambda: all(is_listening(pid) for pids in processes_of(running).values() for pid in pids))
    services, killed = running.children(), running.postgres_pid()
    os.kill(killed, signal.SIGKILL)
    eventually(lambda: running.postgres_pid() not in (0, killed))
    eventually(lambda: "PostgreSQL is back" in running.said())
    assert knows_the_program(running)
    assert running.children() == services


def refused_launch(running: Launched, data_dir: Path, **settings: str) -> str:
    """What a launcher beside the running one says when it is refused."""
    second = subprocess.run(
        [*COMMAND, "up", "--data-dir", str(data_dir)],
        env=running.environment | settings,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert second.returncode == 1
    return second.stderr


def test_a_second_launcher_on_the_data_directory_is_refused(running: Launched):
    said = refused_launch(running, running.data_dir)
    assert f"carat: Carat is running on {running.data_dir} already" in said


def test_a_taken_port_is_told_with_the_variable_that_changes_it(running: Launched, tmp_path: Path):
    taken = running.addresses["points"]
    said = refused_launch(running, tmp_path, CARAT_POINTS_ADDRESS=taken)
    assert f"{taken}, the address of points, is taken" in said
    assert "CARAT_POINTS_ADDRESS" in said


@pytest.mark.parametrize("unusable", ["/proc/nope", "{file}", "{file}/below"])
def test_an_unusable_data_directory_is_told_with_the_variable_that_changes_it(unusable: str, tmp_path: Path):
    file = tmp_path / "file"
    file.touch()
    data_dir = unusable.format(file=file)
    refused = CliRunner().invoke(app, ["up", "--data-dir", data_dir])
    assert refused.exit_code == 1
    assert refused.stderr.startswith(f"carat: {data_dir} cannot be used")
    assert "CARAT_DATA_DIR" in refused.stderr


def test_after_sigterm_nothing_is_left_and_the_next_start_finds_the_data(folder: Path):
    data_dir = folder / "data"
    first = Launched(data_dir)
    assert first.carat("apply", str(PROGRAMS / "luxespa.yaml")).returncode == 0
    processes, postgres = children_of(first.process.pid), first.postgres_pid()
    assert first.stop() == 0
    assert [pid for pid in processes if is_alive(pid)] == []
    eventually(lambda: not is_alive(postgres))  # it says that it has stopped just before it ends
    second = Launched(data_dir)
    assert knows_the_program(second)
    second.stop()


@pytest.mark.faults
def test_a_killed_launcher_leaves_nothing_running(folder: Path):
    launched = Launched(folder / "data")
    processes = launched.processes()
    launched.process.kill()
    launched.process.wait()
    eventually(lambda: not any(is_alive(pid) for pid in processes))
