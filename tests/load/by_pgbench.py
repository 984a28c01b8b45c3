"""Purchases by pgbench: hand-written SQL for the same rows, one purchase at a time."""

import os
import re
from pathlib import Path
from typing import Final

import services.points
import services.tier
from services.runtime.database import Database
from services.runtime.migrate import migrate
from tests.load.options import Options
from tests.load.scratch import Scratch, finished

CLIENTS: Final = (8, 16, 32, 64)
_DATABASE: Final = "by_pgbench"
_HERE: Final = Path(__file__).parent


def measure_pgbench(scratch: Scratch, options: Options) -> dict[int, float]:
    """Purchases a second by number of clients."""
    scratch.create(_DATABASE)
    try:
        for service in (services.tier, services.points):
            _migrate_into_schema(scratch, Path(str(service.__file__)).parent)
        given = ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-v", f"members={options.buyers}"]
        finished(scratch.begin("psql", _DATABASE, *given, "-f", _HERE / "one_purchase_members.sql"))
        _pgbench(scratch, options.buyers, CLIENTS[0], options.warm_seconds)
        return {clients: _pgbench(scratch, options.buyers, clients, options.seconds) for clients in CLIENTS}
    finally:
        scratch.drop(_DATABASE)


def _migrate_into_schema(scratch: Scratch, service: Path) -> None:
    """Both services have tables of one name, so each gets a schema of its own name."""
    scratch.rows(_DATABASE, f"CREATE SCHEMA {service.name}")
    scratch.rows(_DATABASE, f"ALTER DATABASE {_DATABASE} SET search_path = {service.name}")
    database = Database(scratch.url(_DATABASE), connections=1)
    migrate(database, service / "migrations")
    database.close()


def _pgbench(scratch: Scratch, members: int, clients: int, seconds: float) -> float:
    scratch.settle()
    threads = min(clients, os.cpu_count() or 1)
    said = finished(
        scratch.begin(
            "pgbench", _DATABASE, "-n", "-M", "prepared", "-f", _HERE / "one_purchase.sql",
            "-c", str(clients), "-j", str(threads), "-T", str(max(1, round(seconds))), "-D", f"members={members}",
        )
    )  # fmt: skip
    found = re.search(r"tps = ([\d.]+)", said)
    if found is None or "number of failed transactions: 0 " not in said:
        raise RuntimeError(f"pgbench failed:\n{said}")
    return float(found[1])
