"""Processes are kept running, stopped in order, and never outlive who started them."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.cli.launcher.child import Program
from services.cli.launcher.supervisor import Supervisor
from tests.cli.waiting import environment_for_children, eventually, is_alive

SLEEPING = "import time; print('up', flush=True); time.sleep(600)"
NOTING_ITS_END = """
import signal, sys, time
def end(*_):
    open(sys.argv[1], "a").write(sys.argv[2] + " ")
    sys.exit()
signal.signal(signal.SIGTERM, end)
print("up", flush=True)
time.sleep(600)
"""
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
DOOMED = "raise SystemExit('CARAT_FLAVOUR is no setting')"
LEAVING_A_PROCESS_BEHIND = """
import pathlib, subprocess, sys, time
left = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
pathlib.Path(sys.argv[1]).write_text(str(left.pid))
time.sleep(600)
"""
A_LAUNCHER_OF_A_TETHERED_SLEEPER = """
import sys, time
from pathlib import Path
from services.cli.launcher.child import Program
from services.cli.launcher.supervisor import Supervisor
import os
tether = [sys.executable, "-m", "services.cli.launcher.tether", "5", "tests.cli.sleeper", "600"]
supervisor = Supervisor([[Program("sleeper", tether, os.environ)]], Path(sys.argv[1]), print)
supervisor.start()
print(supervisor.pids()["sleeper"], flush=True)
time.sleep(600)
"""


class Kept:
    """A supervisor of stub processes, with what it told."""

    def __init__(self, logs: Path, *stages: dict[str, list[str]]) -> None:
        self.told: list[str] = []
        self.logs = logs
        self.supervisor = Supervisor(
            [
                [
                    Program(name, [sys.executable, "-c", *command], os.environ)
                    for name, command in stage.items()
                ]
                for stage in stages
            ],
            logs,
            self.told.append,
        )
        self.supervisor.start()

    def pid(self, name: str) -> int:
        return self.supervisor.pids().get(name, 0)

    def is_up(self, name: str) -> bool:
        return "up" in (self.logs / f"{name}.log").read_text()

    def stop(self, patience_seconds: float = 20, hurry: bool = False) -> None:
        asked = threading.Event()
        if hurry:
            asked.set()
        self.supervisor.stop(patience_seconds, asked)


@pytest.fixture
def keep(tmp_path: Path) -> Iterator:
    kept: list[Kept] = []

    def start(*stages: dict[str, list[str]]) -> Kept:
        kept.append(Kept(tmp_path / "logs", *stages))
        return kept[-1]

    yield start
    for one in kept:
        one.stop(hurry=True)


def test_a_killed_process_is_started_again_and_told(keep):
    kept = keep({"tier-0": [SLEEPING], "tier-1": [SLEEPING]})
    killed, neighbour = kept.pid("tier-0"), kept.pid("tier-1")
    os.kill(killed, signal.SIGKILL)
    eventually(lambda: kept.pid("tier-0") not in (0, killed))
    assert kept.pid("tier-1") == neighbour
    assert kept.told[0].startswith("tier-0 was killed by SIGKILL; starting it again in")


def test_a_process_that_dies_at_every_start_is_hopeless_and_its_last_words_are_kept(keep):
    kept = keep({"tier-0": [SLEEPING], "points-0": [DOOMED]})
    dying = eventually(kept.supervisor.hopeless)
    assert dying.name == "points-0"
    assert "CARAT_FLAVOUR is no setting" in dying.last_words()
    assert "points-0 ended with exit code 1" in kept.told[0]


def test_one_death_does_not_make_a_process_hopeless(keep):
    kept = keep({"tier-0": [SLEEPING]})
    killed = kept.pid("tier-0")
    os.kill(killed, signal.SIGKILL)
    eventually(lambda: kept.pid("tier-0") not in (0, killed))
    assert kept.supervisor.hopeless() is None


def test_callers_are_stopped_before_those_whom_they_call(keep, tmp_path: Path):
    order = tmp_path / "order"
    kept = keep(
        {"points-0": [NOTING_ITS_END, str(order), "points"]}, {"tier-0": [NOTING_ITS_END, str(order), "tier"]}
    )
    eventually(lambda: kept.is_up("points-0") and kept.is_up("tier-0"))
    kept.stop()
    assert order.read_text() == "points tier "
    assert kept.supervisor.pids() == {}


def test_a_process_that_is_deaf_to_sigterm_is_killed_when_patience_ends(keep):
    kept = keep({"tier-0": [DEAF]})
    eventually(lambda: kept.is_up("tier-0"))
    deaf = kept.pid("tier-0")
    kept.stop(patience_seconds=0.2)
    assert not is_alive(deaf)


def test_a_second_ctrl_c_ends_all_patience(keep):
    kept = keep({"tier-0": [DEAF]})
    eventually(lambda: kept.is_up("tier-0"))
    deaf = kept.pid("tier-0")
    kept.stop(patience_seconds=3600, hurry=True)
    assert not is_alive(deaf)


def test_nothing_is_started_again_after_the_stop(keep):
    kept = keep({"tier-0": [SLEEPING]})
    pid = kept.pid("tier-0")
    kept.stop()
    assert not is_alive(pid)
    assert kept.told == []


def test_a_process_ends_when_its_launcher_is_killed(tmp_path: Path):
    launcher = subprocess.Popen(
        [sys.executable, "-c", A_LAUNCHER_OF_A_TETHERED_SLEEPER, str(tmp_path)],
        env=environment_for_children(),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert launcher.stdout is not None
    with launcher:
        sleeper = int(launcher.stdout.readline())
        eventually(lambda: "sleeping for 600" in (tmp_path / "sleeper.log").read_text())
        launcher.kill()
    eventually(lambda: not is_alive(sleeper))


def test_what_a_dead_process_left_behind_ends_with_it(keep, tmp_path: Path):
    note = tmp_path / "pid"
    kept = keep({"operations-0": [LEAVING_A_PROCESS_BEHIND, str(note)]})
    left = int(eventually(lambda: note.exists() and note.read_text()))
    os.kill(kept.pid("operations-0"), signal.SIGKILL)
    eventually(lambda: not is_alive(left))
