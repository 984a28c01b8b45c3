"""What expired of a member, and what of it was given back."""

import sqlalchemy as sa

from services.kernel.calendar import day_number
from services.kernel.shards import shard_of
from services.points.ledger_columns import EntryKind
from services.points.rules.reinstatement import Expiration
from services.points.tables import ENTRY


def read_expirations(connection: sa.Connection, member_id: str) -> list[Expiration]:
    """Expirations and reinstatements of a locked account, as they were posted."""
    kinds = (EntryKind.EXPIRATION, EntryKind.REINSTATEMENT)
    entries = (
        sa.select(ENTRY.c.occurred_on, -ENTRY.c.points)
        .where(ENTRY.c.shard == int(shard_of([member_id])[0]), ENTRY.c.member_id == member_id)
        .where(ENTRY.c.kind.in_(kinds))
        .order_by(ENTRY.c.entry_id)
    )
    return [Expiration(day_number(day), points) for day, points in connection.execute(entries)]
