"""Snapshots of the composition, and what they are counted from."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa

from services.kernel.calendar import day_date, day_number
from services.kernel.columns import Index
from services.runtime.arrays import insert_rows
from services.runtime.database import Fetch, fetching
from services.tier.columns import Standings, Texts
from services.tier.policy import Policy
from services.tier.rules.composition import Composition, MovesUntil, no_moves_until
from services.tier.rules.window import DailyActivity
from services.tier.store.due import Due
from services.tier.tables import ACTIVITY_DAY, COMPOSITION, COMPOSITION_DAY, MOVE, STANDING

_COUNTED = ("members", "in_grace", "at_risk", "inactive")
_COLUMNS = ("system", "level", *_COUNTED)


def members_on(as_of: int) -> Due:
    """Who was enrolled by a day."""
    return STANDING.c.enrolled_on <= day_date(as_of)


def evaluated_by(as_of: int) -> Due:
    """Who was enrolled by a day and not evaluated since: their standing tells of that day."""
    return members_on(as_of) & (STANDING.c.evaluated_on <= day_date(as_of))


def evaluated_after(as_of: int) -> Due:
    """Who was enrolled by a day and evaluated since: their moves tell of that day."""
    return members_on(as_of) & (STANDING.c.evaluated_on > day_date(as_of))


def read_moves_until(
    fetch: Fetch, standings: Standings, as_of: int, first_shard: int, last_shard: int
) -> MovesUntil:
    """The moves up to a day of those in consecutive shards who were evaluated since."""
    if len(standings) == 0:
        return no_moves_until()
    move = MOVE.c
    same = (move.shard == STANDING.c.shard) & (move.member_id == STANDING.c.member_id)
    found = fetch(
        sa.select(move.member_id, move.system, move.to_level, move.reason, move.grace_until)
        .select_from(STANDING.join(MOVE, same))
        .where(STANDING.c.shard.between(first_shard, last_shard), evaluated_after(as_of))
        .where(move.effective_on <= day_date(as_of))
        .order_by(move.seq)
    )
    row = _rows(found["member_id"], standings)
    known = row >= 0
    columns = (found[name][known] for name in ("system", "to_level", "reason", "grace_until"))
    return MovesUntil(row[known], *columns)


def read_counting_days(
    fetch: Fetch, standings: Standings, as_of: int, policy: Policy, first_shard: int, last_shard: int
) -> DailyActivity:
    """The activity up to a day, as far back as any system counts, of those who were evaluated since."""
    if len(standings) == 0:
        return DailyActivity.none()
    day = ACTIVITY_DAY.c
    same = (day.shard == STANDING.c.shard) & (day.member_id == STANDING.c.member_id)
    found = fetch(
        sa.select(day.member_id, day.day, day.spend, day.visits, day.points)
        .select_from(STANDING.join(ACTIVITY_DAY, same))
        .where(STANDING.c.shard.between(first_shard, last_shard), evaluated_after(as_of))
        .where(day.day.between(day_date(_first_counted(policy, as_of)), day_date(as_of)))
    )
    row = _rows(found["member_id"], standings)
    known = row >= 0
    counts = [found[name][known] for name in ("spend", "visits", "points")]
    return DailyActivity.of(row[known], found["day"][known], *counts)


def _rows(member_id: Texts, standings: Standings) -> Index:
    """The row of each member; -1 for one who came after the standings were read."""
    row_of = {member: row for row, member in enumerate(standings.member_id.tolist())}
    return np.array([row_of.get(member, -1) for member in member_id.tolist()], dtype=np.intp)


def _first_counted(policy: Policy, as_of: int) -> int:
    """The first day that counts in any system; 1970, where the reckoning of days begins, for one without a start."""
    systems = np.arange(len(policy.system_ids), dtype=np.int16)
    start = policy.counting_start(systems, np.full(len(systems), as_of, dtype=np.int32))
    return max(0, int(start.min(initial=as_of)))


def add_composition(connection: sa.Connection, run_id: str, composition: Composition) -> None:
    """Adds the counts of a part of the members to those of a run, in the order of system and level."""
    columns = {name: getattr(composition, name) for name in _COLUMNS}
    rows = insert_rows(COMPOSITION, {"run_id": [run_id] * len(composition), **columns})
    added = {name: COMPOSITION.c[name] + rows.excluded[name] for name in _COUNTED}
    connection.execute(rows.on_conflict_do_update(index_elements=["run_id", "system", "level"], set_=added))


def read_composition_of_run(fetch: Fetch, run_id: str) -> tuple[int, Composition]:
    """The day that a run has made the snapshot of, and what it counted; nothing of one that is not finished."""
    of_run = _snapshots().where(COMPOSITION_DAY.c.run_id == run_id)
    found = fetch(of_run.order_by(COMPOSITION.c.system, COMPOSITION.c.level))
    day = int(found["day"][0]) if len(found["day"]) else 0
    return day, Composition(**{name: found[name] for name in _COLUMNS})


def has_composition(connection: sa.Connection, day: int) -> bool:
    """Whether there is a snapshot of a day."""
    of_day = sa.select(COMPOSITION_DAY.c.day).where(COMPOSITION_DAY.c.day == day_date(day))
    return connection.scalar(of_day) is not None


def record_composition_day(connection: sa.Connection, day: int, run_id: str) -> None:
    """Makes what a run counted the snapshot of a day; the first one stays."""
    snapshot = {"day": np.array([day], dtype=np.int32), "run_id": [run_id]}
    connection.execute(insert_rows(COMPOSITION_DAY, snapshot).on_conflict_do_nothing())


def read_latest_day(connection: sa.Connection) -> int | None:
    """The latest day of which there is a snapshot."""
    day = connection.scalar(sa.select(sa.func.max(COMPOSITION_DAY.c.day)))
    return None if day is None else day_number(day)


def read_compositions(connection: sa.Connection, first: int, last: int) -> Sequence[tuple[int, Composition]]:
    """The snapshots of the days from a first to a last one, oldest first; days without one are left out."""
    within = COMPOSITION_DAY.c.day.between(day_date(first), day_date(last))
    fetch = fetching(connection)
    days = fetch(sa.select(COMPOSITION_DAY.c.day).where(within).order_by(COMPOSITION_DAY.c.day))["day"]
    found = fetch(_snapshots().where(within))
    return [
        (day, Composition(**{name: found[name][found["day"] == day] for name in _COLUMNS}))
        for day in days.tolist()
    ]


def _snapshots() -> sa.Select[Any]:
    of_day = COMPOSITION.c.run_id == COMPOSITION_DAY.c.run_id
    columns = [COMPOSITION.c[name] for name in _COLUMNS]
    return sa.select(COMPOSITION_DAY.c.day, *columns).select_from(COMPOSITION_DAY.join(COMPOSITION, of_day))
