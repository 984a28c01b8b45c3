"""A migrated database for every test of the Points service, emptied in between."""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import cast

import pytest
import sqlalchemy as sa

from services.points.__main__ import MIGRATIONS
from services.points.tables import METADATA
from services.runtime.database import Database
from services.runtime.migrate import migrate
from tests.points.fake_tier import FakeTier
from tests.points.real_tier import RealTier
from tests.points.world import NOW, World, opened_world
from tests.tier.fixtures import tier_database, tier_world
from tests.tier.policies import AUTOMATIC
from tests.tier.world import TierWorld

__all__ = ["tier_database", "tier_world"]


@pytest.fixture(scope="session")
def migrated(new_url: Callable[[str], str]) -> Iterator[Database]:
    database = Database(new_url("points"))
    migrate(database, MIGRATIONS)
    yield database
    database.close()


@pytest.fixture
def database(migrated: Database) -> Database:
    """An empty database with the current schema."""
    names = ", ".join(table.name for table in METADATA.sorted_tables)
    with migrated.engine.begin() as connection:
        connection.execute(sa.text(f"TRUNCATE {names} RESTART IDENTITY"))
    return migrated


@pytest.fixture
async def bare_world(database: Database) -> AsyncIterator[World]:
    """A Points service to which no policy was applied yet."""
    async with opened_world(database) as world:
        yield world


@pytest.fixture
async def world(bare_world: World) -> World:
    """A Points service with one point for each ringgit of service."""
    await bare_world.apply()
    return bare_world


@pytest.fixture
async def world_with_tier(database: Database, tier_world: TierWorld) -> AsyncIterator[World]:
    """A Points service with one point for each ringgit, over the real Tier, whose members enrol by purchase."""
    tier_world.today = NOW.date()
    tier_world.apply(AUTOMATIC)
    async with opened_world(database, cast(FakeTier, RealTier(tier_world, NOW))) as world:
        await world.apply()
        yield world
