"""Locks that stop others in the middle of their transactions, for as long as a test wants to."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import psycopg
import sqlalchemy as sa

from tests.cli.waiting import eventually
from tests.faults.deployment import PATIENCE_SECONDS

SECOND_HALF: Final = "SELECT 1 FROM standing WHERE shard >= 2048"
"""Rows to stop a run in its middle: chunks of the first half are recorded, those of the second are under way."""

_WAITING: Final = sa.text("SELECT count(*) FROM pg_stat_activity WHERE :gate = ANY(pg_blocking_pids(pid))")


@dataclass(frozen=True)
class Gate:
    """A closed gate."""

    database: sa.Engine
    held_by: psycopg.Connection[Any]

    def open(self) -> None:
        """Lets everybody pass; minds no server that was killed meanwhile."""
        self.held_by.close()

    def wait_for(self, transactions: int) -> None:
        """Returns when so many stand before it."""
        eventually(lambda: self._waiting() >= transactions, PATIENCE_SECONDS)

    def _waiting(self) -> int:
        with self.database.connect() as connection:
            return int(connection.scalar(_WAITING, {"gate": self.held_by.info.backend_pid}) or 0)


@contextmanager
def no_writes_to(database: sa.Engine, table: str) -> Iterator[Gate]:
    """Stops whoever is about to write to the table."""
    with _holding(database, f"LOCK TABLE {table} IN SHARE MODE") as gate:
        yield gate


@contextmanager
def no_changes_to(database: sa.Engine, rows: str) -> Iterator[Gate]:
    """Stops whoever is about to change one of the rows that a select names."""
    with _holding(database, f"{rows} FOR UPDATE") as gate:
        yield gate


@contextmanager
def _holding(database: sa.Engine, lock: str) -> Iterator[Gate]:
    url = database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    gate = Gate(database, psycopg.connect(url))
    try:
        gate.held_by.execute(lock.encode())
        yield gate
    finally:
        gate.open()
