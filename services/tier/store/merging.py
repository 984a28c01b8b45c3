"""Merges of records in and out of the database, and the activity that changes hands with them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Final

import numpy as np
import sqlalchemy as sa

from services.kernel.calendar import day_date
from services.kernel.shards import shard_of
from services.runtime.database import Fetched, fetching
from services.tier.columns import Standings
from services.tier.tables import ACTIVITY, ACTIVITY_DAY, MEMBER, MEMBER_MERGE, REVERSAL, STATUS_GIFT

_COUNTS: Final = ("spend", "visits", "points")
_DTYPES: Final = {
    **dict.fromkeys(("shard", "system", "level"), np.int16),
    **dict.fromkeys((*_COUNTS, "treatments"), np.int64),
    "member_id": object,
}


@dataclass(frozen=True, slots=True)
class Merge:
    """One merge: whose record was given up for whose, and both standings as they were, one row each."""

    request_id: str
    source_member_id: str
    target_member_id: str
    source: Standings
    target: Standings
    gift_carried: bool
    is_undone: bool


def read_merge(connection: sa.Connection, request_id: str) -> Merge | None:
    """The merge of an id."""
    return next(iter(_read(connection, MEMBER_MERGE.c.request_id == request_id)), None)


def read_merges_into(connection: sa.Connection, target_member_id: str) -> list[Merge]:
    """The merges that gave records to this one and were not undone."""
    lasting = MEMBER_MERGE.c.undone_on.is_(None)
    return _read(connection, (MEMBER_MERGE.c.target_member_id == target_member_id) & lasting)


def merges_behind(connection: sa.Connection, member_id: str) -> list[Merge]:
    """The merges that gave records to this one, directly or by way of others."""
    found: list[Merge] = []
    waiting = [member_id]
    while waiting:
        merges = read_merges_into(connection, waiting.pop())
        found += merges
        waiting += [merge.source_member_id for merge in merges]
    return found


def record_merge(connection: sa.Connection, merge: Merge, merged_on: int) -> None:
    """Adds a merge, and gives up the source's record for the target's."""
    before = {
        "source": _as_json(merge.source),
        "target": _as_json(merge.target),
        "gift_carried": merge.gift_carried,
    }
    connection.execute(
        sa.insert(MEMBER_MERGE).values(
            request_id=merge.request_id,
            source_member_id=merge.source_member_id,
            target_member_id=merge.target_member_id,
            merged_on=day_date(merged_on),
            before=before,
        )
    )
    _set_merged_into(connection, merge.source_member_id, merge.target_member_id)


def record_undone(connection: sa.Connection, merge: Merge, undone_on: int) -> None:
    """Notes that a merge was undone; the source's record stands for itself again."""
    connection.execute(
        sa.update(MEMBER_MERGE)
        .where(MEMBER_MERGE.c.request_id == merge.request_id)
        .values(undone_on=day_date(undone_on))
    )
    _set_merged_into(connection, merge.source_member_id, "")


def give_activity(connection: sa.Connection, merge: Merge) -> None:
    """Gives all activity of the source to the target; each purchase keeps the merge that first took it away."""
    days = _active_days(connection, merge.source_member_id)
    taken_away = sa.func.coalesce(ACTIVITY.c.merged_by, merge.request_id)
    _rekey(
        connection,
        _of_member(ACTIVITY, merge.source_member_id) & ACTIVITY.c.occurred_on.in_(days),
        merge.target_member_id,
        merged_by=taken_away,
    )
    _add_up_again(connection, merge.source_member_id, days)
    _add_up_again(
        connection, merge.target_member_id, [*days, *_active_days(connection, merge.target_member_id)]
    )


def give_activity_back(connection: sa.Connection, merge: Merge, behind: Sequence[str]) -> None:
    """Gives the source what the merge had taken away; `behind` are the merges that had given the source its own."""
    days = _active_days(connection, merge.target_member_id)
    _rekey(
        connection,
        _given_by(merge, behind) & ACTIVITY.c.occurred_on.in_(days),
        merge.source_member_id,
        merged_by=sa.func.nullif(ACTIVITY.c.merged_by, merge.request_id),
    )
    for member_id in (merge.source_member_id, merge.target_member_id):
        _add_up_again(connection, member_id, days)


def read_days_apart(
    connection: sa.Connection, merge: Merge, behind: Sequence[str]
) -> tuple[Fetched, Fetched]:
    """What the target has of the source, and what it has beside, by day and with reversals taken off."""
    days = _active_days(connection, merge.target_member_id)
    given = _given_by(merge, behind)
    own = _of_member(ACTIVITY, merge.target_member_id) & sa.func.coalesce(~given, sa.true())
    fetch = fetching(connection)
    return fetch(_by_day(given, days)), fetch(_by_day(own, days))


def carries_gift(connection: sa.Connection, source_member_id: str, target_member_id: str) -> bool:
    """Whether the source has given status to somebody and the target has not."""
    given = [
        sa.exists().where(_of_member(STATUS_GIFT, member_id))
        for member_id in (source_member_id, target_member_id)
    ]
    return bool(connection.scalar(sa.select(given[0] & ~given[1])))


def carry_gift(connection: sa.Connection, from_member_id: str, to_member_id: str) -> None:
    """Makes the giver of a gift another record of the same person, so that it stays the only one."""
    shard = int(shard_of([to_member_id])[0])
    connection.execute(
        sa.update(STATUS_GIFT)
        .where(_of_member(STATUS_GIFT, from_member_id))
        .values(shard=shard, member_id=to_member_id)
    )


def _given_by(merge: Merge, behind: Sequence[str]) -> sa.ColumnElement[bool]:
    by_any = ACTIVITY.c.merged_by.in_([merge.request_id, *behind])
    return _of_member(ACTIVITY, merge.target_member_id) & by_any


def _rekey(connection: sa.Connection, which: sa.ColumnElement[bool], member_id: str, merged_by: Any) -> None:
    """Gives purchases and their reversals to another record."""
    key = {"shard": int(shard_of([member_id])[0]), "member_id": member_id}
    moved = (
        sa.update(ACTIVITY)
        .where(which)
        .values(**key, merged_by=merged_by)
        .returning(ACTIVITY.c.transaction_id)
        .cte("moved")
    )
    connection.execute(
        sa.update(REVERSAL).where(REVERSAL.c.transaction_id == moved.c.transaction_id).values(**key)
    )


def _add_up_again(connection: sa.Connection, member_id: str, days: Sequence[date]) -> None:
    """Writes the sums by day of one record anew."""
    connection.execute(sa.delete(ACTIVITY_DAY).where(_of_member(ACTIVITY_DAY, member_id)))
    sums = _by_day(_of_member(ACTIVITY, member_id), days).subquery()
    shard = sa.literal(int(shard_of([member_id])[0]), sa.SmallInteger())
    rows = sa.select(shard, sa.literal(member_id), sums)
    names = ["shard", "member_id", "day", *_COUNTS]
    connection.execute(sa.insert(ACTIVITY_DAY).from_select(names, rows))


def _by_day(which: sa.ColumnElement[bool], days: Sequence[date]) -> sa.Select[Any]:
    """Some purchases by day, reversals taken off. Only the days given are looked at: they lead to the rows."""
    reversed_ = (
        sa.select(*[sa.func.coalesce(sa.func.sum(REVERSAL.c[name]), 0).label(name) for name in _COUNTS])
        .where(REVERSAL.c.transaction_id == ACTIVITY.c.transaction_id)
        .lateral("reversed")
    )
    left = [
        sa.cast(sa.func.sum(ACTIVITY.c[name] - reversed_.c[name]), sa.BigInteger).label(name)
        for name in _COUNTS
    ]
    return (
        sa.select(ACTIVITY.c.occurred_on.label("day"), *left)
        .select_from(ACTIVITY.join(reversed_, sa.true()))
        .where(which, ACTIVITY.c.occurred_on.in_(days))
        .group_by(ACTIVITY.c.occurred_on)
    )


def _active_days(connection: sa.Connection, member_id: str) -> list[date]:
    days = sa.select(ACTIVITY_DAY.c.day).where(_of_member(ACTIVITY_DAY, member_id))
    return list(connection.scalars(days))


def _of_member(table: sa.Table, member_id: str) -> sa.ColumnElement[bool]:
    return (table.c.shard == int(shard_of([member_id])[0])) & (table.c.member_id == member_id)


def _set_merged_into(connection: sa.Connection, member_id: str, target_member_id: str) -> None:
    connection.execute(
        sa.update(MEMBER).where(_of_member(MEMBER, member_id)).values(merged_into=target_member_id)
    )


def _read(connection: sa.Connection, which: sa.ColumnElement[bool]) -> list[Merge]:
    merge = MEMBER_MERGE.c
    columns = (
        merge.request_id,
        merge.source_member_id,
        merge.target_member_id,
        merge.before,
        merge.undone_on,
    )
    rows = connection.execute(sa.select(*columns).where(which).order_by(merge.request_id))
    return [
        Merge(*row[:3], _of_json(row.before["source"]), _of_json(row.before["target"]),
              row.before["gift_carried"], row.undone_on is not None)
        for row in rows
    ]  # fmt: skip


def _as_json(standing: Standings) -> dict[str, Any]:
    """A standing without what belongs to the person: that is not kept beyond an erasure, and merges leave it."""
    kept = [field.name for field in fields(Standings) if field.name != "birth_month"]
    return {name: getattr(standing, name).tolist()[0] for name in kept}


def _of_json(columns: Mapping[str, Any]) -> Standings:
    known = {name: np.array([value], dtype=_DTYPES.get(name, np.int32)) for name, value in columns.items()}
    return Standings(**known, birth_month=np.zeros(1, dtype=np.int16))
