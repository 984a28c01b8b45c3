"""Allowances as they stand; opened, closed and counted."""

from dataclasses import fields
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from services.benefits.columns import Allowances, Holders, Mask, Numbers, Openings, Rows, Shards, Texts
from services.benefits.policy import AllowanceRules
from services.benefits.tables import ALLOWANCE, HOLDER
from services.kernel.calendar import Days, day_date
from services.runtime.arrays import rows_of, unnested
from services.runtime.database import Fetch

OPENED_BY_MOVE = "move"
OPENED_BY_USE = "use"

_COLUMNS = tuple(field.name for field in fields(Allowances))
_KEY = ("shard", "member_id", "code", "level", "period_start")
_TERMS = ("period_end", "granted", "value_limit_minor", "combinable", "revision", "opened_on")


def read_allowances(fetch: Fetch, first_shard: int, last_shard: int, day: int) -> Allowances:
    """The allowances of consecutive shards whose period has the day, open or closed."""
    return _allowances(
        fetch,
        sa.select(*_selected()).where(
            ALLOWANCE.c.shard.between(first_shard, last_shard),
            ALLOWANCE.c.period_start <= day_date(day),
            ALLOWANCE.c.period_end > day_date(day),
        ),
    )


def read_allowances_of(fetch: Fetch, shard: Shards, member_id: Texts, days: Days) -> Allowances:
    """The allowances, open or closed, whose period has the day given for their member; each once."""
    given = unnested(
        {
            "shard": (shard, sa.SmallInteger()),
            "member_id": (member_id, sa.Text()),
            "day": (days, sa.Date()),
        }
    )
    around = sa.exists().where(
        given.c.shard == ALLOWANCE.c.shard,
        given.c.member_id == ALLOWANCE.c.member_id,
        given.c.day >= ALLOWANCE.c.period_start,
        given.c.day < ALLOWANCE.c.period_end,
    )
    members = sa.select(given.c.shard, given.c.member_id).distinct().subquery()
    return _allowances(
        fetch,
        sa.select(*_selected())
        .join_from(
            ALLOWANCE,
            members,
            sa.and_(ALLOWANCE.c.shard == members.c.shard, ALLOWANCE.c.member_id == members.c.member_id),
        )
        .where(around)
        .order_by(*(ALLOWANCE.c[name] for name in _KEY)),
    )


def record_openings(connection: sa.Connection, openings: Openings, opened_by: str) -> Mask:
    """Opens allowances whose holders stand as they did when that was decided; returns which were opened.

    Not opened is what is there already, and what was decided on a holder who has moved since. The holders'
    rows are locked in key order.
    """
    versions = {"shard": openings.shard, "member_id": openings.member_id, "version": openings.holder_version}
    decided = rows_of(HOLDER, versions, "decided")
    standing = (
        sa.select(HOLDER.c.shard, HOLDER.c.member_id)
        .join_from(
            HOLDER,
            decided,
            sa.and_(*(HOLDER.c[name] == decided.c[name] for name in versions)),
        )
        .order_by(HOLDER.c.shard, HOLDER.c.member_id)
        .with_for_update(key_share=True, of=HOLDER)
        .cte("standing")
    )
    given = _given(openings, opened_by)
    still = sa.tuple_(given.c.shard, given.c.member_id).in_(sa.select(standing.c.shard, standing.c.member_id))
    return _inserted(connection, openings, sa.select(given).where(still), given)


def record_openings_of_locked(connection: sa.Connection, openings: Openings, opened_by: str) -> None:
    """Opens allowances of members whose rows this transaction has locked; what is there already stays."""
    given = _given(openings, opened_by)
    _inserted(connection, openings, sa.select(given), given)


def record_level_entered(connection: sa.Connection, stays: Holders, rules: AllowanceRules) -> None:
    """Closes what members have of other levels, and re-opens what they have of the level entered.

    Only where the period ends after the day of entering; what has been used stays used. Another tier system may
    have a level of the same code: what was opened of that is re-opened only if some rule grants it here, too.
    """
    text = sa.Text()
    given = unnested(
        {
            "shard": (stays.shard, sa.SmallInteger()),
            "member_id": (stays.member_id, text),
            "tier_system": (stays.tier_system, text),
            "level": (stays.level, text),
            "opened_on": (stays.since, sa.Date()),
        }
    )
    of_level_held = (ALLOWANCE.c.level == given.c.level) & is_granted_in(given.c.tier_system, rules)
    closed_on = sa.case(
        (~of_level_held, sa.func.greatest(given.c.opened_on, ALLOWANCE.c.opened_on)), else_=sa.null()
    )
    connection.execute(
        sa.update(ALLOWANCE)
        .where(
            ALLOWANCE.c.shard == given.c.shard,
            ALLOWANCE.c.member_id == given.c.member_id,
            ALLOWANCE.c.period_end > given.c.opened_on,
            ALLOWANCE.c.closed_on.is_(None) != of_level_held,
        )
        .values(closed_on=closed_on)
    )


def is_granted_in(tier_system: sa.ColumnElement[str], rules: AllowanceRules) -> sa.ColumnElement[bool]:
    """Whether an allowance is one that a rule, of now or of before, grants to its level in a tier system."""
    names = ("tier_system", "level", "code")
    granted = unnested({name: (getattr(rules, name), sa.Text()) for name in names}, "granted")
    return sa.exists().where(
        granted.c.tier_system == tier_system,
        granted.c.level == ALLOWANCE.c.level,
        granted.c.code == ALLOWANCE.c.code,
    )


def record_used(connection: sa.Connection, candidates: Allowances, rows: Rows, quantity: Numbers) -> None:
    """Adds each quantity to the allowance in its row of the candidates, whose member's row is locked."""
    taken_from, place = np.unique(rows, return_inverse=True)
    added = np.zeros(len(taken_from), dtype=np.int32)
    np.add.at(added, place, quantity)
    given = rows_of(ALLOWANCE, {**_keys(candidates, taken_from), "used": added})
    connection.execute(
        sa.update(ALLOWANCE)
        .where(*(ALLOWANCE.c[name] == given.c[name] for name in _KEY))
        .values(used=ALLOWANCE.c.used + given.c.used)
    )


def _selected() -> list[sa.Column[Any]]:
    return [ALLOWANCE.c[name] for name in _COLUMNS]


def _allowances(fetch: Fetch, statement: sa.Select[Any]) -> Allowances:
    return Allowances(**fetch(statement))


def _keys(columns: Allowances, rows: Rows) -> dict[str, Any]:
    return {name: getattr(columns, name)[rows] for name in _KEY}


def _given(openings: Openings, opened_by: str) -> sa.TableValuedAlias:
    columns = {name: getattr(openings, name) for name in (*_KEY, *_TERMS)}
    rows = len(openings)
    return rows_of(
        ALLOWANCE, {**columns, "used": np.zeros(rows, dtype=np.int32), "opened_by": [opened_by] * rows}
    )


def _inserted(
    connection: sa.Connection, openings: Openings, rows: sa.Select[Any], given: sa.TableValuedAlias
) -> Mask:
    key = [ALLOWANCE.c[name] for name in _KEY[1:]]
    inserting = (
        postgresql.insert(ALLOWANCE)
        .from_select([column.name for column in given.c], rows.order_by(*(given.c[name] for name in _KEY)))
        .on_conflict_do_nothing()
        .returning(*key)
    )
    opened = {tuple(row) for row in connection.execute(inserting)}
    starts = [day_date(day) for day in openings.period_start.tolist()]
    wanted = zip(openings.member_id, openings.code, openings.level, starts, strict=True)
    return np.fromiter((row in opened for row in wanted), dtype=np.bool_, count=len(openings))
