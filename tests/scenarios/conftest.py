"""The databases of the session: one of Tier, one of Points; and a runner over both."""

from collections.abc import Callable, Iterator
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from services.points.__main__ import MIGRATIONS
from services.points.tables import METADATA
from services.runtime.database import Database
from tests.scenarios.runner_points import PointsRunner
from tests.tier.fixtures import migrated_database, tier_database, tier_world
from tests.tier.world import TierWorld

__all__ = ["tier_database", "tier_world"]

StartPlaying = Callable[[ZoneInfo], PointsRunner]


@pytest.fixture(scope="session")
def points_database(new_url: Callable[[str], str]) -> Iterator[Database]:
    """A migrated Points database that does not wait for the disk."""
    yield from migrated_database(new_url("points"), MIGRATIONS)


@pytest.fixture
def start_playing(points_database: Database, tier_world: TierWorld) -> Iterator[StartPlaying]:
    """Gives the runner of a program in a time zone, over the Points and the Tier service with nothing in them."""
    names = ", ".join(table.name for table in METADATA.sorted_tables)
    with points_database.engine.begin() as connection:
        connection.execute(sa.text(f"TRUNCATE {names} RESTART IDENTITY"))
    runners: list[PointsRunner] = []

    def start(zone: ZoneInfo) -> PointsRunner:
        runners.append(PointsRunner(tier_world, points_database, zone))
        return runners[-1]

    yield start
    for runner in runners:
        runner.close()
