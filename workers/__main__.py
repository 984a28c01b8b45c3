"""The engine process: python -m workers."""

import asyncio
import os
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType

import services.benefits
import services.points
import services.tier
from carat.operations.v1.operations_service_pb2 import DESCRIPTOR
from carat.operations.v1.operations_service_pb2_grpc import add_OperationsServiceServicer_to_server
from services.runtime.boot import opened_database, server_limits
from services.runtime.clock import Clock
from services.runtime.database import Database
from services.runtime.logs import configure_logs
from services.runtime.migrate import migrate
from services.runtime.server import Service, serve
from services.runtime.settings import Settings, load_settings
from workers.engine import Engine
from workers.executor import Executor
from workers.inline import InlineExecutor
from workers.job import Owner
from workers.jobs import INQUIRIES, JOBS
from workers.operations import Operations
from workers.progress.tables import MIGRATIONS, VERSION_TABLE
from workers.servicer import DOMAIN, OperationsServicer


def main() -> None:
    """Goes on with the runs that were going on, and serves until told to stop."""
    settings = load_settings()
    configure_logs(settings.log_level, settings.log_format, service="operations")
    with ExitStack() as opened:
        databases: dict[Owner, Database] = {
            "tier": opened.enter_context(opened_database(settings, "tier", _migrations(services.tier))),
            "points": opened.enter_context(opened_database(settings, "points", _migrations(services.points))),
            "benefits": opened.enter_context(
                opened_database(settings, "benefits", _migrations(services.benefits))
            ),
        }
        for database in databases.values():
            migrate(database, MIGRATIONS, VERSION_TABLE)
        engine = Engine({**JOBS, **INQUIRIES}, databases, _executor(settings))
        opened.callback(engine.stop)
        engine.start()
        asyncio.run(_serve(settings, engine))


async def _serve(settings: Settings, engine: Engine) -> None:
    servicer = OperationsServicer(Operations(engine, Clock(settings.fixed_now)))
    service = Service(
        full_name=DESCRIPTOR.services_by_name["OperationsService"].full_name,
        domain=DOMAIN,
        register=lambda server: add_OperationsServiceServicer_to_server(servicer, server),
    )
    await serve(
        service,
        settings.bind_address("operations"),
        server_limits(settings),
        metrics_port=settings.operations_metrics_port,
    )


def _executor(settings: Settings) -> Executor:
    if settings.executor == "inline":
        return InlineExecutor()
    # Here and not above: an engine that runs inline starts without it.
    from workers.conductor import RayExecutor

    workers = settings.ray_workers or os.cpu_count() or 1
    return RayExecutor(workers, settings.object_store_memory_bytes, settings.ray_address)


def _migrations(package: ModuleType) -> Path:
    return Path(str(package.__file__)).parent / "migrations"


if __name__ == "__main__":
    main()
