"""The process of the Benefits service: `python -m services.benefits`."""

import asyncio
from functools import partial
from pathlib import Path

from carat.benefits.v1 import benefits_service_pb2
from carat.benefits.v1.benefits_service_pb2_grpc import add_BenefitsServiceServicer_to_server
from services.benefits.clients import TierClient, move_follower
from services.benefits.servicer import BenefitsServicer
from services.benefits.store.policies import PolicyBook
from services.runtime.boot import opened_database, server_limits
from services.runtime.clock import Clock
from services.runtime.database import Database
from services.runtime.logs import configure_logs
from services.runtime.server import Service, serve
from services.runtime.settings import Settings, load_settings

MIGRATIONS = Path(__file__).parent / "migrations"
DOMAIN = "benefits.carat"
FULL_NAME = benefits_service_pb2.DESCRIPTOR.services_by_name["BenefitsService"].full_name


async def serve_benefits(settings: Settings, database: Database) -> None:
    """Serves BenefitsService and follows Tier's moves until the process is told to stop."""
    book = PolicyBook()
    servicer = BenefitsServicer(database, Clock(settings.fixed_now), book, settings.coalescer_cap)
    tier = TierClient(settings.address("tier"), settings.rpc_timeout_seconds, settings.max_message_bytes)
    follower = move_follower(database, book, tier, settings.feed_poll_seconds)
    service = Service(FULL_NAME, DOMAIN, partial(add_BenefitsServiceServicer_to_server, servicer))
    try:
        await serve(
            service,
            settings.bind_address("benefits"),
            server_limits(settings),
            background=[follower.run],
            metrics_port=settings.benefits_metrics_port,
        )
    finally:
        await tier.close()


def main() -> None:
    """Reads the settings, brings the database to the current schema, and serves."""
    settings = load_settings()
    configure_logs(settings.log_level, settings.log_format, service="benefits")
    with opened_database(settings, "benefits", MIGRATIONS) as database:
        asyncio.run(serve_benefits(settings, database))


if __name__ == "__main__":
    main()
