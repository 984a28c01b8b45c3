"""Feeds tell nothing that is younger than the oldest transaction under way, be it PostgreSQL's own housekeeping."""

import time
from typing import Final

import sqlalchemy as sa

from services.runtime.database import Database

_PATIENCE_SECONDS: Final = 10.0
_POLL_SECONDS: Final = 0.01


def wait_until_told(database: Database, table: sa.Table) -> None:
    """Waits until readers of a feed are told all that is committed, unless a test keeps a transaction open."""
    horizon = sa.func.pg_snapshot_xmin(sa.func.pg_current_snapshot())
    is_hidden = sa.select(sa.exists().where(table.c.xid >= horizon))
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while database.transact(lambda connection: connection.scalar(is_hidden)) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
