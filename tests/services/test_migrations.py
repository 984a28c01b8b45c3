"""What the migrations of a service build is what its tables say, to the last index."""

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from services.benefits.tables import METADATA as BENEFITS
from services.points.tables import METADATA as POINTS
from services.runtime.database import Database
from services.runtime.migrate import migrate
from services.tier.tables import METADATA as TIER
from workers.progress.tables import METADATA as WORKERS
from workers.progress.tables import MIGRATIONS as WORKERS_MIGRATIONS
from workers.progress.tables import VERSION_TABLE

SERVICES = Path(__file__).parents[2] / "services"
ALL = [
    *(
        pytest.param(metadata, SERVICES / name / "migrations", "alembic_version", id=name)
        for name, metadata in (("tier", TIER), ("points", POINTS), ("benefits", BENEFITS))
    ),
    pytest.param(WORKERS, WORKERS_MIGRATIONS, VERSION_TABLE, id="workers"),
]


@pytest.mark.filterwarnings("ignore:Did not recognize type 'xid8'")
@pytest.mark.parametrize(("metadata", "migrations", "version_table"), ALL)
def test_the_migrated_schema_is_that_of_the_tables(
    new_url: Callable[[str], str], metadata: sa.MetaData, migrations: Path, version_table: str
) -> None:
    database = Database(new_url("migrated"))
    migrate(database, migrations, version_table)
    with database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": version_table, "compare_server_default": True}
        )
        assert compare_metadata(context, metadata) == []
    database.close()


@pytest.mark.parametrize(("metadata", "migrations", "version_table"), ALL)
def test_migrating_again_changes_nothing(
    new_url: Callable[[str], str], metadata: sa.MetaData, migrations: Path, version_table: str
) -> None:
    database = Database(new_url("migrated"))
    for _ in range(2):
        migrate(database, migrations, version_table)
    with database.engine.connect() as connection:
        assert set(sa.inspect(connection).get_table_names()) == {*metadata.tables, version_table}
    database.close()
