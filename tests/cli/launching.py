"""A whole Carat started by `carat up`, as small as it gets, and what can be seen of it from outside."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from services.runtime.settings import SERVICES, Settings, load_settings
from tests.cli.waiting import environment_for_children, eventually, is_alive

COMMAND = [sys.executable, "-m", "services.cli"]
SERVICE_LINE = re.compile(r"^(\w+)\s+(127\.0\.0\.1:\d+)\s", re.MULTILINE)
ENTIRELY_UP = "Carat is up"


@contextmanager
def folder_for_postgres() -> Iterator[Path]:
    """An empty folder that the account of the server can enter, as pytest's own cannot be by any but its user."""
    folder = Path(tempfile.mkdtemp(prefix="carat-tests-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


class Launched:
    """A `carat up` on ports and in a folder of its own; its standard output goes to a file."""

    def __init__(self, data_dir: Path, **settings: str) -> None:
        self.data_dir = data_dir
        self.output = data_dir.with_suffix(".out")
        any_port = {f"CARAT_{service.upper()}_ADDRESS": "127.0.0.1:0" for service in SERVICES}
        small = {"CARAT_EXECUTOR": "inline", "CARAT_POINTS_PROCESSES": "1", "CARAT_DRAIN_SECONDS": "1"}
        self.environment = environment_for_children() | any_port | small | settings
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [*COMMAND, "up", "--data-dir", str(data_dir)],
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        eventually(lambda: ENTIRELY_UP in self.said() or self.process.poll() is not None, 240)
        assert self.process.poll() is None, self.said()

    def said(self) -> str:
        """What it has written so far."""
        return self.output.read_text()

    @property
    def addresses(self) -> dict[str, str]:
        """Where each service is, as the launcher says."""
        return dict(SERVICE_LINE.findall(self.said()))

    @property
    def variables(self) -> dict[str, str]:
        """What another command needs to find the services."""
        return {f"CARAT_{service.upper()}_ADDRESS": place for service, place in self.addresses.items()}

    @property
    def settings(self) -> Settings:
        """The settings of a client of these services."""
        return load_settings(**{f"{service}_address": place for service, place in self.addresses.items()})

    def children(self) -> dict[str, list[int]]:
        """The processes of each service, and of the guard; by the module that they run."""
        found: dict[str, list[int]] = {}
        for pid in children_of(self.process.pid):
            found.setdefault(module_of(pid), []).append(pid)
        return found

    def postgres_pid(self) -> int:
        """The server of the data directory; 0 while there is none."""
        noted = self.data_dir / "location"
        home = Path(noted.read_text().strip()) if noted.exists() else self.data_dir
        try:
            words = (home / "cluster" / "postmaster.pid").read_text().split()
        except FileNotFoundError:
            return 0
        return int(words[0]) if words else 0  # empty while a server that begins writes it

    def processes(self) -> list[int]:
        """Everything that it has started."""
        return [*children_of(self.process.pid), self.postgres_pid()]

    def carat(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Another command, told where the services are."""
        return subprocess.run(
            [*COMMAND, *arguments],
            env=environment_for_children() | self.variables,
            capture_output=True,
            text=True,
            check=False,
        )

    def stop(self) -> int:
        """Ends it as an operator does; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(240)


def children_of(pid: int) -> list[int]:
    """The living processes that a process has started."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*"):
        with suppress(FileNotFoundError, ProcessLookupError):  # the thread has ended meanwhile
            found += map(int, (task / "children").read_text().split())
    return [child for child in found if is_alive(child)]


def module_of(pid: int) -> str:
    """The module that a Python process of ours runs; nothing when it has ended."""
    try:
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    except (FileNotFoundError, ProcessLookupError):
        return ""
    modules = [argument for argument in arguments if argument.startswith(("services.", "workers"))]
    return modules[-1] if modules else os.path.basename(arguments[0])
