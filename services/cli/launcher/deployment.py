"""Everything up: PostgreSQL, then the processes of every service, answering; and down again, in order."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from services.cli.failures import CommandFailed
from services.cli.launcher.child import Program
from services.cli.launcher.databases import with_databases
from services.cli.launcher.environment import environment_of
from services.cli.launcher.health import wait_until_serving
from services.cli.launcher.interruption import Interruption
from services.cli.launcher.ports import reserve_ports
from services.cli.launcher.postgres_watch import PostgresWatch
from services.cli.launcher.supervisor import Supervisor
from services.runtime.settings import ServiceName, Settings

START_SECONDS: Final = 120.0
KILLED_AFTER_SECONDS: Final = 30.0
"""How long a process may take beyond the time for draining; an engine stops Ray meanwhile."""

_TETHER: Final = "services.cli.launcher.tether"
_MODULES: Final[dict[ServiceName, str]] = {
    "tier": "services.tier",
    "points": "services.points",
    "benefits": "services.benefits",
    "operations": "workers",
}
# Callers are stopped before those whom they call.
_STAGES: Final[tuple[tuple[ServiceName, ...], ...]] = (("operations",), ("points", "benefits"), ("tier",))


@dataclass(frozen=True)
class Deployment:
    """A running Carat; `settings` name the addresses and databases that were really taken."""

    settings: Settings
    supervisor: Supervisor
    logs: Path
    watch: PostgresWatch | None

    def check(self) -> None:
        """Raises CommandFailed when it cannot go on by itself."""
        if self.watch is not None and self.watch.moved.is_set():
            raise CommandFailed("the port of PostgreSQL was taken while it was down: start Carat again")


@contextmanager
def launched(
    settings: Settings, interruption: Interruption, tell: Callable[[str], None]
) -> Iterator[Deployment]:
    """Everything up while the context lasts; `tell` is given lines for people, from any thread.

    The caller holds the data directory (`data_dir_of_ones_own`). CommandFailed or PostgresError when it
    cannot be brought up; whatever was up until then is stopped again.
    """
    logs = settings.data_dir / "logs"
    with ExitStack() as held:
        settings = reserve_ports(settings, held)
        settings, watch = with_databases(settings, held, interruption, tell)
        tell("starting the services")
        supervisor = Supervisor(programs(settings), logs, tell)
        held.callback(supervisor.stop, settings.drain_seconds + KILLED_AFTER_SECONDS, interruption.hurry)
        held.callback(tell, "stopping everything")
        held.callback(interruption.begin_stopping)
        supervisor.start()
        wait_until_serving(settings, supervisor, START_SECONDS)
        yield Deployment(settings, supervisor, logs, watch)


def programs(settings: Settings) -> list[list[Program]]:
    """The processes of all services, in the stages in which they are stopped."""
    environment = environment_of(settings)
    counts: dict[ServiceName, int] = {
        "tier": settings.tier_processes,
        "points": settings.points_processes,
        "benefits": settings.benefits_processes,
        "operations": 1,
    }
    tethered = [sys.executable, "-m", _TETHER, str(settings.drain_seconds + KILLED_AFTER_SECONDS)]
    return [
        [
            Program(f"{service}-{number}", [*tethered, _MODULES[service]], environment)
            for service in stage
            for number in range(counts[service])
        ]
        for stage in _STAGES
    ]
