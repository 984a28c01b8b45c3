"""What every process of a service does before it serves: settings, logs, its database, its limits."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from services.runtime.database import Database
from services.runtime.migrate import migrate
from services.runtime.postgres import EmbeddedPostgres
from services.runtime.server import ServerLimits
from services.runtime.settings import ServiceName, Settings


def database_name(service: ServiceName) -> str:
    """The name of a service's database in the embedded PostgreSQL."""
    return f"carat_{service}"


@contextmanager
def opened_database(settings: Settings, service: ServiceName, migrations: Path) -> Iterator[Database]:
    """The service's database, brought to the current schema: the one of the settings, or the embedded one.

    Whoever started the embedded PostgreSQL stops it again; the launcher starts it before all services.
    """
    url = settings.database_urls()[service]
    embedded = None if url else EmbeddedPostgres(settings.data_dir).start()
    if embedded is not None:
        embedded.ensure_database(database_name(service))
        url = embedded.url(database_name(service))
    database = Database(str(url), settings.database_pool_size)
    try:
        migrate(database, migrations)
        yield database
    finally:
        database.close()
        if embedded is not None:
            embedded.stop()


def server_limits(settings: Settings) -> ServerLimits:
    """What one server process takes on at most."""
    return ServerLimits(
        max_message_bytes=settings.max_message_bytes,
        max_concurrent_rpcs=settings.max_concurrent_rpcs,
        max_rpc_seconds=settings.max_rpc_seconds,
        drain_seconds=settings.drain_seconds,
        # Each thread works in one transaction at a time: with more, some would only wait for a connection.
        threads=settings.database_pool_size,
    )
