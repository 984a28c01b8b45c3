"""The databases of the services: those of the settings, and for the rest an embedded PostgreSQL."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack

from services.cli.launcher.child import Program
from services.cli.launcher.environment import environment_of
from services.cli.launcher.interruption import Interruption
from services.cli.launcher.postgres_watch import PostgresWatch
from services.cli.launcher.supervisor import Supervisor
from services.runtime.boot import database_name
from services.runtime.postgres import EmbeddedPostgres
from services.runtime.settings import Settings

_GUARD = "services.cli.launcher.postgres_guard"


def with_databases(
    settings: Settings, held: ExitStack, interruption: Interruption, tell: Callable[[str], None]
) -> tuple[Settings, PostgresWatch | None]:
    """The settings with an address for every database, all made; `held` stops what was started for it.

    The watch is None when all databases are somebody else's.
    """
    missing = [service for service, url in settings.database_urls().items() if url is None]
    if not missing:
        return settings, None
    tell("starting PostgreSQL")
    _start_guard(settings, held, interruption, tell)
    postgres = EmbeddedPostgres(settings.data_dir)
    held.callback(postgres.stop)
    postgres.start()
    for service in missing:
        postgres.ensure_database(database_name(service))
    watch = PostgresWatch(postgres, tell)
    held.callback(watch.stop)
    held.callback(interruption.begin_stopping)
    watch.start()
    urls = {f"{service}_database_url": postgres.url(database_name(service)) for service in missing}
    return settings.model_copy(update=urls), watch


def _start_guard(
    settings: Settings, held: ExitStack, interruption: Interruption, tell: Callable[[str], None]
) -> None:
    command = [sys.executable, "-m", _GUARD, str(settings.data_dir), str(settings.drain_seconds)]
    guard = Program("postgres-guard", command, environment_of(settings))
    supervisor = Supervisor([[guard]], settings.data_dir / "logs", tell)
    held.callback(supervisor.stop, settings.drain_seconds, interruption.hurry)
    supervisor.start()
