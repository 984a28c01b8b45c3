"""The engine's migrations make the tables that its code expects."""

from collections.abc import Callable
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from services.runtime.database import Database
from services.runtime.migrate import migrate
from tests.workers.counting_job import METADATA as ACCOUNTS
from workers.progress.tables import METADATA, MIGRATIONS, VERSION_TABLE


def differences(database: Database) -> list[Any]:
    with database.engine.connect() as connection:
        options = {"version_table": VERSION_TABLE, "compare_server_default": True}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), METADATA))


def test_the_migrated_schema_is_that_of_the_tables(fresh_database: Callable[[], Database]) -> None:
    assert differences(fresh_database()) == []


def test_a_difference_would_be_seen(fresh_database: Callable[[], Database]) -> None:
    database = fresh_database()
    ACCOUNTS.create_all(database.engine)
    assert differences(database) != []


def test_migrating_again_changes_nothing(fresh_database: Callable[[], Database]) -> None:
    database = fresh_database()
    migrate(database, MIGRATIONS, VERSION_TABLE)
    assert differences(database) == []
