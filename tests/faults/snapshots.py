"""The state of all databases, kept beside the tables and brought back while the services run."""

from collections.abc import Mapping

import sqlalchemy as sa

from tests.faults.twin import TABLES


def keep(databases: Mapping[str, sa.Engine], name: str) -> None:
    """Keeps every table under a name; what was kept under it before is forgotten. Nothing may be under way."""
    for database, tables in TABLES.items():
        with databases[database].begin() as connection:
            connection.execute(sa.text(f"DROP SCHEMA IF EXISTS {name} CASCADE"))
            connection.execute(sa.text(f"CREATE SCHEMA {name}"))
            for table in tables:
                connection.execute(sa.text(f"CREATE TABLE {name}.{table.name} AS TABLE public.{table.name}"))


def bring_back(databases: Mapping[str, sa.Engine], name: str) -> None:
    """Makes every table what it was when it was kept. Nothing may be under way."""
    for database, tables in TABLES.items():
        with databases[database].begin() as connection:
            all_tables = ", ".join(table.name for table in tables)
            # In a deadlock the other gives way: services try again.
            connection.execute(sa.text("SET LOCAL deadlock_timeout = '1min'"))
            connection.execute(sa.text(f"TRUNCATE {all_tables}"))
            for table in tables:
                copied = f"INSERT INTO {table.name} OVERRIDING SYSTEM VALUE SELECT * FROM {name}.{table.name}"
                connection.execute(sa.text(copied))
        # Row counts and free space as an aged database has them: plans must not depend on a truncation.
        with databases[database].connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text("ANALYZE"))
