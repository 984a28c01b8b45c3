"""Standings in and out of the database, always in the order of shard and member."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from services.kernel.calendar import day_date, day_number
from services.kernel.columns import Index
from services.kernel.shards import shard_of
from services.runtime.arrays import insert_rows, unnested
from services.runtime.database import Fetch, fetching
from services.tier.columns import Standings
from services.tier.rules.window import DailyActivity
from services.tier.tables import ACTIVITY_DAY, STANDING

COLUMNS = [STANDING.c[field.name] for field in fields(Standings)]
_KEY = ("shard", "member_id")
_FIXED = (*_KEY, "version")


def standings_of(fetched: Any) -> Standings:
    """The fetched columns as a record."""
    return Standings(**{field.name: fetched[field.name] for field in fields(Standings)})


def read_standings(connection: sa.Connection, member_ids: Sequence[str], *, lock: bool) -> Standings:
    """The standings of those members who exist; with `lock` no one else changes them until the transaction ends."""
    return fetch_standings(fetching(connection), member_ids, lock=lock)


def fetch_standings(fetch: Fetch, member_ids: Sequence[str], *, lock: bool) -> Standings:
    """The same by any reader; only one inside a transaction can lock."""
    statement = _of_members(member_ids)
    return standings_of(fetch(statement.with_for_update(of=STANDING) if lock else statement))


def _of_members(member_ids: Sequence[str]) -> sa.Select[Any]:
    wanted = unnested(
        {"shard": (shard_of(member_ids), sa.SmallInteger()), "member_id": (list(member_ids), sa.Text())},
        "wanted",
    )
    same = (STANDING.c.shard == wanted.c.shard) & (STANDING.c.member_id == wanted.c.member_id)
    return (
        sa.select(*COLUMNS)
        .select_from(wanted.join(STANDING, same))
        .order_by(*[STANDING.c[name] for name in _KEY])
    )


def insert_standings(connection: sa.Connection, standings: Standings) -> None:
    """Adds the standings of new members."""
    columns = {field.name: getattr(standings, field.name) for field in fields(Standings)}
    connection.execute(insert_rows(STANDING, columns))


def record_standings(connection: sa.Connection, standings: Standings) -> Index:
    """Writes standings over those that are still of the version they were decided on; answers the rows written.

    Rows are visited in the order given, which must be that of shard and member, so that no two writers wait for
    each other.
    """
    columns = {field.name: getattr(standings, field.name) for field in fields(Standings)}
    position = np.arange(len(standings), dtype=np.int64)
    given = unnested(
        {
            **{name: (values, STANDING.c[name].type) for name, values in columns.items()},
            "position": (position, sa.BigInteger()),
        }
    )
    changed = {name: given.c[name] for name in columns if name not in _FIXED}
    statement = (
        sa.update(STANDING)
        .where(*[STANDING.c[name] == given.c[name] for name in (*_KEY, "version")])
        .values(**changed, version=STANDING.c.version + 1)
        .returning(given.c.position)
    )
    _visit_in_the_order_given(connection)
    return _rows_written(connection, statement.cte("written"), len(standings))


def record_locked_standings(connection: sa.Connection, standings: Standings) -> None:
    """Writes standings that this transaction has locked, so that all of them are still of their version."""
    if len(record_standings(connection, standings)) != len(standings):
        raise RuntimeError("a locked standing was changed by someone else")


def _rows_written(connection: sa.Connection, written: sa.CTE, asked: int) -> Index:
    """All rows, or (only when some were passed over) which ones."""
    some = sa.case((sa.func.count() < asked, sa.func.array_agg(written.c.position)))
    count, rows = connection.execute(sa.select(sa.func.count(), some).select_from(written)).one()
    if count == asked:
        return np.arange(asked, dtype=np.intp)
    return np.sort(np.array(rows or [], dtype=np.intp))


def _visit_in_the_order_given(connection: sa.Connection) -> None:
    connection.execute(sa.text("SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off"))


def read_daily(
    fetch: Fetch, standings: Standings, first: NDArray[np.int32], end: NDArray[np.int32]
) -> DailyActivity:
    """The recorded activity of each standing's member on the days first <= day < end; empty spans cost nothing."""
    rows = np.flatnonzero(first < end)
    if len(rows) == 0:
        return DailyActivity.none()
    wanted = unnested(
        {
            "row": (rows.astype(np.int64), sa.BigInteger()),
            "shard": (standings.shard[rows], sa.SmallInteger()),
            "member_id": (standings.member_id[rows], sa.Text()),
            "first": (first[rows], sa.Date()),
            "end": (end[rows], sa.Date()),
        },
        "wanted",
    )
    day = ACTIVITY_DAY.c
    fetched = fetch(
        sa.select(wanted.c.row, day.day, day.spend, day.visits, day.points).select_from(
            wanted.join(
                ACTIVITY_DAY,
                (day.shard == wanted.c.shard)
                & (day.member_id == wanted.c.member_id)
                & (day.day >= wanted.c.first)
                & (day.day < wanted.c.end),
            )
        )
    )
    return DailyActivity.of(
        fetched["row"].astype(np.intp), fetched["day"], fetched["spend"], fetched["visits"], fetched["points"]
    )


def read_history(fetch: Fetch, standings: Standings) -> DailyActivity:
    """All recorded activity of each standing's member."""
    since_ever = np.zeros(len(standings), dtype=np.int32)
    return read_daily(fetch, standings, since_ever, (standings.evaluated_on + 1).astype(np.int32))


def forget_birth_months(connection: sa.Connection, member_ids: Sequence[str]) -> None:
    """Takes the month of the birthday from standings, for good."""
    keys = list(zip(shard_of(member_ids).tolist(), member_ids, strict=True))
    connection.execute(
        sa.update(STANDING)
        .where(sa.tuple_(STANDING.c.shard, STANDING.c.member_id).in_(keys), STANDING.c.birth_month != 0)
        .values(birth_month=0, version=STANDING.c.version + 1)
    )


def read_days_after(connection: sa.Connection, member_id: str, day: int) -> list[int]:
    """The days after one on which a member was active, in order."""
    active = ACTIVITY_DAY.c
    shard = int(shard_of([member_id])[0])
    later = (active.shard == shard) & (active.member_id == member_id) & (active.day > day_date(day))
    days = connection.scalars(sa.select(active.day).where(later).order_by(active.day))
    return [day_number(each) for each in days]
