"""A Tier database whose schema is made once a session; its rows are taken away before each test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from services.runtime.database import Database
from services.runtime.migrate import migrate
from tests.tier.world import TierWorld

MIGRATIONS = Path(__file__).parents[2] / "services" / "tier" / "migrations"


@pytest.fixture(scope="session")
def tier_database(new_url: Callable[[str], str]) -> Iterator[Database]:
    """A migrated Tier database that does not wait for the disk."""
    yield from migrated_database(new_url("tier"), MIGRATIONS)


def migrated_database(url: str, migrations: Path) -> Iterator[Database]:
    """A new database with the schema of a service, for a session; it does not wait for the disk."""
    database = Database(url)
    migrate(database, migrations)
    name = database.url.database
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text(f'ALTER DATABASE "{name}" SET synchronous_commit = off'))
    database.close()
    database = Database(url)
    yield database
    database.close()


@pytest.fixture
def tier_world(tier_database: Database) -> TierWorld:
    """The Tier service with nothing in it."""
    world = TierWorld(tier_database)
    world.clear()
    return world
