"""Purchases three ways: in batches, one by one, and by hand-written SQL one by one; and where the time goes."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from services.cli.launcher.interruption import Interruption
from services.runtime.boot import database_name
from services.runtime.settings import ServiceName, Settings
from tests.load.by_pgbench import measure_pgbench
from tests.load.callers import Load, Rate, measure_callers
from tests.load.options import Options
from tests.load.purchase_stages import BATCH, Profile, measure_stages
from tests.load.scratch import Scratch
from tests.load.stack import enrol_buyers, running_stack

_SERVICES: Final[tuple[ServiceName, ...]] = ("tier", "points")

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Ways:
    """What was measured; `by_sql` is purchases a second by pgbench's number of clients.

    `one_caller` sends batches one after the other: its latency against `profile` is what gRPC costs.
    """

    batches: Rate
    unary: Rate
    one_caller: Rate
    by_sql: dict[int, float]
    profile: Profile

    @property
    def best_sql(self) -> tuple[int, float]:
        """The number of clients with which pgbench was fastest, and its purchases a second."""
        return max(self.by_sql.items(), key=lambda way: way[1])


def measure_purchases(folder: Path, options: Options, interruption: Interruption, tell: Tell) -> Ways:
    """Measures on one server with one membership, one way after the other."""
    with running_stack(folder, interruption, tell) as settings:
        tell(f"enrolling {options.buyers:,} members")
        enrol_buyers(settings, options.buyers)
        scratch = _analysed(settings)

        def called(processes: int, calls: int, channels: int, batch: int) -> Rate:
            scratch.settle()
            return measure_callers(
                Load(
                    address=settings.points_address,
                    members=options.buyers,
                    processes=processes,
                    calls=calls,
                    channels=channels,
                    batch=batch,
                    warm_seconds=options.warm_seconds,
                    seconds=options.seconds,
                )
            )

        tell("purchases in batches")
        batches = called(processes=2, calls=4, channels=4, batch=BATCH)
        tell("purchases one by one")
        unary = called(processes=4, calls=64, channels=4, batch=0)
        tell("batches by one caller, and the same without gRPC")
        one_caller = called(processes=1, calls=1, channels=1, batch=BATCH)
        profile = measure_stages(settings, options.buyers, options.seconds)
        tell("purchases by pgbench")
        return Ways(batches, unary, one_caller, measure_pgbench(scratch, options), profile)


def _analysed(settings: Settings) -> Scratch:
    """The server, after what autovacuum would do at a time of its own choosing."""
    scratch = Scratch(str(settings.points_database_url))
    for service in _SERVICES:
        scratch.rows(database_name(service), "VACUUM (ANALYZE)")
    return scratch
