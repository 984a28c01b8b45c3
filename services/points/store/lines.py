"""Entries that no till sent: written with their effect on the balances in one statement."""

from dataclasses import fields
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from services.kernel.calendar import day_date
from services.kernel.columns import Mask
from services.points.ledger_columns import ACTIVE, EARNING, EntryKind, Lines
from services.points.rules.lots import OLDEST_DAY
from services.points.store.affected import among, counted_and_named, size_of
from services.points.tables import ACCOUNT, ENTRY, ENTRY_NOTE, ENTRY_ORDER
from services.runtime.arrays import given_rows, insert_rows, parameters

_COLUMNS: Final = [field.name for field in fields(Lines)]

RETURNED: Final = ("transaction_id", "shard", "member_id", "kind", "points", "occurred_on", "lot_on")
"""What `credited` needs of inserted entries."""

_SINCE_EVER: Final = sa.literal(day_date(OLDEST_DAY), sa.Date)
"""Points given back to the oldest may be as old as any."""


def record_lines(connection: sa.Connection, lines: Lines) -> Mask:
    """Adds entries and their points to the balances, opening accounts where there are none.

    Answers which were added: those whose transaction id the ledger holds already are left alone.
    """
    sent = parameters(ENTRY, _COLUMNS, lines) | size_of(lines.transaction_id)
    counted, named = connection.execute(_RECORD, sent).one()
    return among(lines.transaction_id, counted, named)


def record_note(connection: sa.Connection, transaction_id: str, actor_id: str, note: str) -> None:
    """Keeps who decided an entry, and why."""
    columns = {"transaction_id": [transaction_id], "actor_id": [actor_id], "note": [note]}
    connection.execute(insert_rows(ENTRY_NOTE, columns))


def credited(inserted: sa.CTE) -> sa.CTE:
    """Adds inserted entries to their accounts.

    Folded by member, for one statement may not meet an account twice; in the order of the accounts' key.
    """
    entry = inserted.c
    earned = sa.case((entry.kind.in_(EARNING), entry.points), else_=0)
    gives_back = sa.and_(entry.lot_on.is_(None), entry.points > 0)
    oldest = sa.func.min(sa.case((gives_back, _SINCE_EVER), (entry.points > 0, entry.lot_on)))
    active = sa.func.max(sa.case((entry.kind.in_(ACTIVE), entry.occurred_on)))
    expired = sa.func.count().filter(entry.kind == EntryKind.EXPIRATION)
    folded = (
        sa.select(entry.shard, entry.member_id, _total(entry.points), _total(earned), oldest, active, expired)
        .group_by(entry.shard, entry.member_id)
        .order_by(entry.shard, entry.member_id)
    )
    columns = ["shard", "member_id", "balance", "lifetime_earned", "oldest_on", "active_on", "expirations"]
    credit = postgresql.insert(ACCOUNT).from_select(columns, folded)
    new = credit.excluded
    return credit.on_conflict_do_update(
        index_elements=["shard", "member_id"],
        set_={
            "balance": ACCOUNT.c.balance + new.balance,
            "lifetime_earned": ACCOUNT.c.lifetime_earned + new.lifetime_earned,
            "oldest_on": sa.case(
                (ACCOUNT.c.balance > 0, sa.func.least(ACCOUNT.c.oldest_on, new.oldest_on)),
                else_=new.oldest_on,
            ),
            "active_on": sa.func.greatest(ACCOUNT.c.active_on, new.active_on),
            "expirations": ACCOUNT.c.expirations + new.expirations,
        },
    ).cte("credited")


def _recording() -> sa.Select[Any]:
    rows = given_rows(ENTRY, _COLUMNS)
    wanted = sa.select(ENTRY_ORDER.next_value().label("entry_id"), rows).cte("wanted")
    inserted = (
        postgresql.insert(ENTRY)
        .from_select(["entry_id", *_COLUMNS], sa.select(wanted).order_by(wanted.c.transaction_id))
        .on_conflict_do_nothing()
        .returning(*(ENTRY.c[name] for name in RETURNED))
        .cte("inserted")
    )
    answer = counted_and_named(inserted.c.transaction_id)
    return sa.select(*answer).select_from(inserted).add_cte(credited(inserted))


def _total(column: sa.ColumnElement[Any]) -> sa.ColumnElement[int]:
    return sa.cast(sa.func.sum(column), sa.BigInteger)


_RECORD: Final = _recording()
