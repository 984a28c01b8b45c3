"""One server process of the Tier service: python -m services.tier."""

import asyncio
from pathlib import Path

from carat.tier.v1.tier_service_pb2 import DESCRIPTOR
from carat.tier.v1.tier_service_pb2_grpc import add_TierServiceServicer_to_server
from services.runtime.boot import opened_database, server_limits
from services.runtime.clock import Clock
from services.runtime.logs import configure_logs
from services.runtime.server import Service, serve
from services.runtime.settings import load_settings
from services.tier.servicer import TierServicer

MIGRATIONS = Path(__file__).parent / "migrations"


def main() -> None:
    """Serves until told to stop."""
    settings = load_settings()
    configure_logs(settings.log_level, settings.log_format, service="tier")
    with opened_database(settings, "tier", MIGRATIONS) as database:
        servicer = TierServicer(database, Clock(settings.fixed_now))
        service = Service(
            full_name=DESCRIPTOR.services_by_name["TierService"].full_name,
            domain="tier.carat",
            register=lambda server: add_TierServiceServicer_to_server(servicer, server),
        )
        asyncio.run(
            serve(
                service,
                settings.bind_address("tier"),
                server_limits(settings),
                metrics_port=settings.tier_metrics_port,
            )
        )


if __name__ == "__main__":
    main()
