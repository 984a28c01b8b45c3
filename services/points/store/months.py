"""What the entries of one member come to until a day."""

from dataclasses import fields
from datetime import date
from typing import Any, Final

import sqlalchemy as sa

from services.kernel.shards import shard_of
from services.points.rules.months import EntrySums
from services.points.store.accounts import CAME_ON
from services.points.store.statement import has_account
from services.points.tables import ENTRY
from services.runtime.database import fetching


def read_entry_sums(
    connection: sa.Connection, member_id: str, first_day: date, last_day: date
) -> EntrySums | None:
    """Entries until a last day, those before a first day apart; in one statement, so that all sums agree.

    None for one who was never enrolled and never bought.
    """
    shard = int(shard_of([member_id])[0])
    key = (ENTRY.c.kind, (ENTRY.c.occurred_on < first_day).label("is_before"), ENTRY.c.lot_on)
    statement: sa.Select[Any] = (
        sa.select(
            *key,
            sa.func.count().label("entries"),
            sa.cast(sa.func.sum(ENTRY.c.points), sa.BigInteger).label("points"),
            sa.func.max(ENTRY.c.occurred_on).label("last_on"),
            CAME_ON,
        )
        .where(ENTRY.c.shard == shard, ENTRY.c.member_id == member_id, ENTRY.c.occurred_on <= last_day)
        .group_by(*key)
    )
    fetched = fetching(connection)(statement)
    if not len(fetched["points"]) and not has_account(connection, shard, member_id):
        return None
    return EntrySums(**{name: fetched[name] for name in _COLUMNS})


_COLUMNS: Final = [field.name for field in fields(EntrySums)]
