"""A whole Carat whose every process can be killed and started again by itself: PostgreSQL, services, engine."""

import os
import signal
import subprocess
import sys
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from services.cli.connections import Connections, connect
from services.cli.launcher.child import Program
from services.cli.launcher.deployment import programs
from services.cli.launcher.environment import environment_of
from services.cli.launcher.health import is_serving
from services.cli.launcher.ports import reserve_ports
from services.runtime.boot import database_name
from services.runtime.postgres import EmbeddedPostgres
from services.runtime.settings import SERVICES, ServiceName, Settings, load_settings
from tests.cli.launching import children_of
from tests.cli.waiting import environment_for_children, eventually, is_alive, is_listening

NOW: Final = datetime(2026, 12, 1, 4, tzinfo=UTC)
"""At which the clocks of all services stand still."""

OWNERS: Final[tuple[ServiceName, ...]] = ("tier", "points", "benefits")
"""The services that have a database."""

ENGINE: Final = "operations-0"
GUARD: Final = "postgres-guard"

PATIENCE_SECONDS: Final = 180.0

_POSTGRES_GUARD: Final = "services.cli.launcher.postgres_guard"
_LAST_WORDS: Final = 4_000


class Deployment:
    """Two processes each of Tier and Points, one of Benefits, the engine (inline), and their PostgreSQL."""

    def __init__(self, folder: Path) -> None:
        self._held = ExitStack()
        settings = reserve_ports(_settings(folder / "data"), self._held)
        self.postgres = EmbeddedPostgres(settings.data_dir).start()
        self._held.callback(self.postgres.stop)
        for service in OWNERS:
            self.postgres.ensure_database(database_name(service))
        urls = {service: self.postgres.url(database_name(service)) for service in OWNERS}
        self.settings = settings.model_copy(
            update={f"{service}_database_url": url for service, url in urls.items()}
        )
        # Without a pool: no connection of ours is found broken after PostgreSQL was killed.
        self.databases: dict[str, sa.Engine] = {
            service: sa.create_engine(url, poolclass=sa.NullPool) for service, url in urls.items()
        }
        self._logs = folder / "logs"
        self._logs.mkdir()
        guard = [sys.executable, "-m", _POSTGRES_GUARD, str(settings.data_dir), "1"]
        self._programs = {program.name: program for program in _programs(self.settings, guard)}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._disturbed = set(self._programs)
        self._held.callback(self._end_processes)

    def connect(self) -> Connections:
        """Channels to all services, as any client has them."""
        return connect(self.settings)

    def start(self, name: str, **environment: str) -> None:
        """Starts a process that does not run, with a changed environment if one is given."""
        program = self._programs[name]
        if not environment:
            self._disturbed.discard(name)
        with (self._logs / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                list(program.command),
                env={**program.environment, **environment},
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def change(self, name: str, **environment: str) -> None:
        """Changes the environment of a process for good; `mend` starts it anew."""
        program = self._programs[name]
        self._programs[name] = replace(program, environment={**program.environment, **environment})
        self._disturbed.add(name)

    def kill(self, *names: str) -> None:
        """kill -9, and returns when they are gone."""
        for name in names:
            self._processes[name].kill()
        for name in names:
            self._bury(name)

    def wait_until_killed(self, name: str) -> None:
        """Returns when a process is gone that kills itself at a fault point, or was killed."""
        process = self._processes[name]
        code = process.wait(PATIENCE_SECONDS)
        self._bury(name)
        assert code == -signal.SIGKILL, f"{name} ended with {code}:\n{self._last_words(name)}"

    def kill_postgres(self) -> None:
        """kill -9 of the server itself; returns when it is gone."""
        with self.databases["tier"].connect() as connection:
            folder = Path(str(connection.scalar(sa.text("SHOW data_directory"))))
        pid = int((folder / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGKILL)
        eventually(lambda: not is_alive(pid), PATIENCE_SECONDS)

    def shard_actors(self) -> list[int]:
        """The processes of Ray's actors under this engine."""
        engine = self._processes[ENGINE].pid
        return [pid for pid in _descendants(engine) if _command(pid).startswith(b"ray::ShardActor")]

    def mend(self) -> None:
        """Starts whatever does not run as it should, and returns when every service answers."""
        self.postgres.start()
        for name in self._programs:
            process = self._processes.get(name)
            if process is None or process.poll() is not None or name in self._disturbed:
                self._bury(name)
                self.start(name)
        self.wait_until_serving()

    def wait_until_serving(self) -> None:
        """Returns when every service answers, and every process that was started takes calls."""
        eventually(self._is_serving, PATIENCE_SECONDS)

    def close(self) -> None:
        """Ends everything."""
        self._held.close()

    def _is_serving(self) -> bool:
        for name, process in self._processes.items():
            assert process.poll() is None, f"{name} ended by itself:\n{self._last_words(name)}"
        # A service answers as soon as one of its processes does; the other must not be met while it starts.
        servers = [process.pid for name, process in self._processes.items() if name != GUARD]
        return all(map(is_listening, servers)) and all(
            is_serving(self.settings, service) for service in SERVICES
        )

    def _bury(self, name: str) -> None:
        process = self._processes.pop(name, None)
        self._disturbed.add(name)
        if process is not None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # with what it started
            process.wait(PATIENCE_SECONDS)
            if process.stdin is not None:
                process.stdin.close()

    def _last_words(self, name: str) -> str:
        return (self._logs / f"{name}.log").read_text()[-_LAST_WORDS:]

    def _end_processes(self) -> None:
        for process in self._processes.values():
            process.terminate()
        for name, process in list(self._processes.items()):
            with suppress(subprocess.TimeoutExpired):
                process.wait(PATIENCE_SECONDS)
            self._bury(name)


def _settings(data_dir: Path) -> Settings:
    return load_settings(
        data_dir=data_dir,
        executor="inline",
        ray_workers=2,
        object_store_memory_bytes=80 << 20,
        redrive_after_seconds=0.5,
        drain_seconds=1,
        fixed_now=NOW,
        **{f"{service}_address": "127.0.0.1:0" for service in SERVICES},
    )


def _programs(settings: Settings, guard: list[str]) -> list[Program]:
    """What the launcher runs, but for the engine, whose chunks are smaller."""
    environment = {**environment_of(settings), "PYTHONPATH": environment_for_children()["PYTHONPATH"]}
    found = [program for stage in programs(settings) for program in stage]
    commands = {program.name: program.command for program in found}
    commands[ENGINE] = [*commands[ENGINE][:-1], "tests.faults.engine"]
    commands[GUARD] = guard
    return [Program(name, command, environment) for name, command in commands.items()]


def _descendants(pid: int) -> list[int]:
    children = children_of(pid)
    return [*children, *(below for child in children for below in _descendants(child))]


def _command(pid: int) -> bytes:
    """Nothing when it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""
