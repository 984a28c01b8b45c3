"""Entries put straight into the ledger, with their effect on the balances."""

from datetime import date, timedelta
from typing import Any

from services.kernel.calendar import NEVER, day_number
from services.points.ledger_columns import EntryKind
from services.points.recording.entries import NewEntry, lines_of
from services.points.store.lines import record_lines
from services.points.store.policies import PolicyBook
from services.runtime.database import Connection, Database

TODAY = date(2026, 7, 15)
"""The day of tests.points.world.NOW."""


def entry(
    transaction_id: str,
    points: int,
    member_id: str = "M1",
    kind: EntryKind = EntryKind.ADJUSTMENT,
    on: date = TODAY,
    lot_on: date | None = None,
    **given: Any,
) -> NewEntry:
    """An entry of today; what is added was earned on that day, what is taken comes from the oldest."""
    earned_on = lot_on or (on if points > 0 else None)
    lot = NEVER if earned_on is None else day_number(earned_on)
    return NewEntry(transaction_id, kind, member_id, points, day_number(on), lot, **given)


def days_ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def post(database: Database, *entries: NewEntry) -> None:
    """Posts entries; a policy must have been applied."""

    def work(connection: Connection) -> None:
        policy = PolicyBook().current(connection)
        assert policy is not None
        assert record_lines(connection, lines_of(entries, policy)).all()

    database.transact(work)
