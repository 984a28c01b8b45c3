"""One PostgreSQL for the tests of Benefits, and an empty world on it for each."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path

import pytest
import pytest_asyncio
import sqlalchemy as sa

from services.benefits.__main__ import MIGRATIONS
from services.benefits.tables import METADATA
from services.runtime.database import Database
from services.runtime.migrate import migrate
from services.runtime.postgres import EmbeddedPostgres
from tests.benefits.world import LUXESPA, World, opened_world

_numbers = count()


@pytest.fixture(scope="session")
def benefits_postgres() -> Iterator[EmbeddedPostgres]:
    """A server of its own, below a folder that its user may enter."""
    place = Path(tempfile.mkdtemp(prefix="carat-test-"))
    place.chmod(0o711)
    with EmbeddedPostgres(place / "data") as server:
        yield server
    shutil.rmtree(place, ignore_errors=True)


@pytest.fixture(scope="session")
def shared_database(benefits_postgres: EmbeddedPostgres) -> Iterator[Database]:
    """A migrated database that outlives single tests."""
    yield from _migrated(benefits_postgres, "benefits")


@pytest.fixture
def database(shared_database: Database) -> Database:
    """A Benefits database without a row."""
    shared_database.transact(_emptied)
    return shared_database


@pytest.fixture
def own_database(benefits_postgres: EmbeddedPostgres) -> Iterator[Database]:
    """A Benefits database that no other test sees."""
    yield from _migrated(benefits_postgres, f"benefits_{next(_numbers)}")


@pytest_asyncio.fixture
async def bare_world(database: Database) -> AsyncIterator[World]:
    """A Benefits service without a policy."""
    async with opened_world(database) as world:
        yield world


@pytest_asyncio.fixture
async def world(bare_world: World) -> World:
    """A Benefits service with LuxeSpa's policy."""
    await bare_world.apply(LUXESPA)
    return bare_world


def _migrated(server: EmbeddedPostgres, name: str) -> Iterator[Database]:
    server.ensure_database(name)
    opened = Database(server.url(name), connections=20)
    migrate(opened, MIGRATIONS)
    yield opened
    opened.close()


def _emptied(connection: sa.Connection) -> None:
    for table in METADATA.sorted_tables:
        connection.execute(sa.delete(table))
