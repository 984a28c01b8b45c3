"""Brings one service's database to the current schema."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command, context
from alembic.config import Config

from services.runtime.database import Database

_MIGRATION_LOCK = 0x0CA7A7


def migrate(database: Database, migrations: Path, version_table: str = "alembic_version") -> None:
    """Applies the migrations in a folder that the database does not have yet; several processes may call it at once."""
    config = Config()
    config.set_main_option("script_location", str(migrations))
    config.set_main_option("path_separator", "os")
    with database.engine.begin() as connection:
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
        config.attributes.update(connection=connection, version_table=version_table)
        command.upgrade(config, "head")


def run_migrations() -> None:
    """The body of every migrations/env.py: runs on the connection that `migrate` opened."""
    attributes = context.config.attributes
    context.configure(connection=attributes["connection"], version_table=attributes["version_table"])
    context.run_migrations()
