"""The composition root of one Points process: python -m services.points."""

import asyncio
from functools import partial
from pathlib import Path
from typing import Final

from carat.points.v1.points_service_pb2_grpc import add_PointsServiceServicer_to_server
from services.points.clients.feeds import BenefitsClient, award_follower, move_follower
from services.points.clients.tier import TierClient
from services.points.recording.purchases import Recorder
from services.points.recording.reversals import Reverser
from services.points.redriving import Redriver
from services.points.servicer import PointsServicer
from services.points.store.policies import PolicyBook
from services.points.tidying import Tidying
from services.runtime.boot import opened_database, server_limits
from services.runtime.clock import Clock
from services.runtime.database import Database
from services.runtime.logs import configure_logs
from services.runtime.server import Service, serve
from services.runtime.settings import Settings, load_settings

MIGRATIONS: Final = Path(__file__).parent / "migrations"


async def serve_points(settings: Settings, database: Database) -> None:
    """Serves PointsService until told to stop, follows Tier and Benefits, and finishes what is pending."""
    tier = TierClient(settings.tier_address, settings.rpc_timeout_seconds, settings.max_message_bytes)
    clock = Clock(settings.fixed_now)
    recorder = Recorder(database, tier, clock)
    reverser = Reverser(database, tier, clock)
    servicer = PointsServicer(database, recorder, reverser, clock, settings.coalescer_cap)
    book, pause = PolicyBook(), settings.feed_poll_seconds
    benefits = BenefitsClient(
        settings.benefits_address, settings.rpc_timeout_seconds, settings.max_message_bytes
    )
    moves = move_follower(database, book, clock, tier.read_moves, pause)
    awards = award_follower(database, book, benefits, pause)
    tidying = Tidying(database, book, clock, settings.redrive_after_seconds)
    redriver = Redriver(database, recorder, reverser, settings.redrive_after_seconds)
    service = Service(
        "carat.points.v1.PointsService",
        "points.carat",
        partial(add_PointsServiceServicer_to_server, servicer),
    )
    try:
        await serve(
            service,
            settings.bind_address("points"),
            server_limits(settings),
            [moves.run, awards.run, redriver.run, tidying.run],
            settings.points_metrics_port or 0,
        )
    finally:
        await tier.close()
        await benefits.close()


def main() -> None:
    """Runs one process of the Points service with the settings of the environment."""
    settings = load_settings()
    configure_logs(settings.log_level, settings.log_format, service="points")
    with opened_database(settings, "points", MIGRATIONS) as database:
        asyncio.run(serve_points(settings, database))


if __name__ == "__main__":
    main()
