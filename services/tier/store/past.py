"""What was a member's activity on a past day: without what was reversed, merged or separated only later."""

from datetime import date
from typing import Any, Final

import sqlalchemy as sa

from services.kernel.calendar import day_date
from services.kernel.shards import shard_of
from services.runtime.database import Fetched, fetching
from services.runtime.feed import cursor_of
from services.tier.store.moves import told_columns
from services.tier.tables import ACTIVITY, ACTIVITY_DAY, MEMBER_MERGE, MOVE, REVERSAL

_COUNTS: Final = ("spend", "visits", "points")


def read_days_until(connection: sa.Connection, member_id: str, as_of: int) -> Fetched:
    """The activity up to a day as of that day, by day; `treatments` are the visits that were ever numbered."""
    until = day_date(as_of)
    records = _joined_records(connection, member_id)
    if len(records) == 1:
        return _added_up(connection, _lasting(member_id, until), _reversed_later(member_id, until))
    owners = sorted(_owners(connection, member_id, until))
    days = list(
        connection.scalars(
            sa.select(ACTIVITY_DAY.c.day).where(
                sa.or_(*[_of_member(ACTIVITY_DAY, record) for record in records]), ACTIVITY_DAY.c.day <= until
            )
        )
    )
    owner = sa.func.coalesce(MEMBER_MERGE.c.source_member_id, ACTIVITY.c.member_id)
    return _added_up(connection, *_owned(owner.in_(owners) & ACTIVITY.c.occurred_on.in_(days), until))


def select_moves_until(member_id: str, as_of: int, limit: int) -> sa.Select[Any]:
    """A member's latest moves up to a day, newest first, as messages need them."""
    return (
        sa.select(*told_columns(), cursor_of(MOVE))
        .where(_of_member(MOVE, member_id), MOVE.c.effective_on <= day_date(as_of))
        .order_by(MOVE.c.seq.desc())
        .limit(limit)
    )


def select_entry_until(member_id: str, as_of: int) -> sa.Select[Any]:
    """The latest of those moves by which the member entered a level or left the ladders."""
    return select_moves_until(member_id, as_of, limit=1).where(MOVE.c.from_level != MOVE.c.to_level)


def _lasting(member_id: str, until: date) -> sa.Select[Any]:
    """What is left of the member's activity now."""
    day = ACTIVITY_DAY.c
    return sa.select(day.day, day.spend, day.visits, day.points, day.visits.label("treatments")).where(
        _of_member(ACTIVITY_DAY, member_id), day.day <= until
    )


def _reversed_later(member_id: str, until: date) -> sa.Select[Any]:
    """What was taken back after the day was there on the day; what was ever taken back had been numbered."""
    later = REVERSAL.c.occurred_on > until
    amounts = [sa.case((later, REVERSAL.c[name]), else_=0).label(name) for name in _COUNTS]
    return (
        sa.select(ACTIVITY.c.occurred_on.label("day"), *amounts, REVERSAL.c.visits.label("treatments"))
        .select_from(REVERSAL.join(ACTIVITY, ACTIVITY.c.transaction_id == REVERSAL.c.transaction_id))
        .where(_of_member(REVERSAL, member_id), ACTIVITY.c.occurred_on <= until)
    )


def _owned(which: sa.ColumnElement[bool], until: date) -> tuple[sa.Select[Any], sa.Select[Any]]:
    """Purchases, and what was taken back of them by the day."""
    purchases = ACTIVITY.outerjoin(MEMBER_MERGE, MEMBER_MERGE.c.request_id == ACTIVITY.c.merged_by)
    reversals = purchases.join(REVERSAL, REVERSAL.c.transaction_id == ACTIVITY.c.transaction_id)
    day = ACTIVITY.c.occurred_on.label("day")
    given = [ACTIVITY.c[name] for name in (*_COUNTS, "visits")]
    taken = [-REVERSAL.c[name] for name in _COUNTS]
    return (
        sa.select(day, *_named(given)).select_from(purchases).where(which),
        sa.select(day, *_named([*taken, sa.literal(0, sa.BigInteger())]))
        .select_from(reversals)
        .where(which, REVERSAL.c.occurred_on <= until),
    )


def _named(columns: list[Any]) -> list[Any]:
    return [column.label(name) for column, name in zip(columns, (*_COUNTS, "treatments"), strict=True)]


def _added_up(connection: sa.Connection, *parts: sa.Select[Any]) -> Fetched:
    lines = sa.union_all(*parts).subquery()
    sums = [
        sa.cast(sa.func.sum(lines.c[name]), sa.BigInteger).label(name) for name in (*_COUNTS, "treatments")
    ]
    return fetching(connection)(sa.select(lines.c.day, *sums).group_by(lines.c.day))


def _joined_records(connection: sa.Connection, member_id: str) -> set[str]:
    """The record and all that were ever merged with it, directly or by way of others."""
    merge, found, waiting = MEMBER_MERGE.c, {member_id}, [member_id]
    while waiting:
        one = waiting.pop()
        either = sa.select(merge.source_member_id, merge.target_member_id).where(
            (merge.source_member_id == one) | (merge.target_member_id == one)
        )
        others = {record for pair in connection.execute(either) for record in pair} - found
        found |= others
        waiting += others
    return found


def _owners(connection: sa.Connection, member_id: str, until: date) -> set[str]:
    """The records whose own activity was the member's on a day."""
    merge = MEMBER_MERGE.c
    lasting = (merge.merged_on <= until) & (merge.undone_on.is_(None) | (merge.undone_on > until))
    gone = sa.select(sa.func.count()).where(merge.source_member_id == member_id, lasting)
    if connection.scalar(gone):
        return set()
    found, waiting = {member_id}, [member_id]
    while waiting:
        into = sa.select(merge.source_member_id).where(merge.target_member_id == waiting.pop(), lasting)
        given_up = set(connection.scalars(into)) - found
        found |= given_up
        waiting += given_up
    return found


def _of_member(table: sa.Table, member_id: str) -> sa.ColumnElement[bool]:
    return (table.c.shard == int(shard_of([member_id])[0])) & (table.c.member_id == member_id)
