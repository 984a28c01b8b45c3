"""What purchases and moves say of the objectives of a program, reversals taken off.

A purchase counts on its own day, with what reversals left of it; one that was taken back as a whole is none.
"""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from services.kernel.calendar import day_date
from services.runtime.database import Fetched, fetching
from services.tier.tables import ACTIVITY, MEMBER, MOVE, REVERSAL

_AMOUNTS = ("spend", "visits", "base_micropoints")


@dataclass(frozen=True, slots=True)
class Buyers:
    """Members who bought of a system before a period, those of them who bought again, and those who bought in it."""

    before: int
    returned: int
    active: int


def read_sales(connection: sa.Connection, system: int, first: int, last: int) -> Fetched:
    """Spend and visits of a system by day and by the level from which was bought."""
    bought = _bought(first, last)
    sums = [_total(bought.c[name]).label(name) for name in ("spend", "visits")]
    by_day = sa.select(bought.c.occurred_on, bought.c.level, *sums).where(bought.c.system == system)
    return fetching(connection)(by_day.group_by(bought.c.occurred_on, bought.c.level))


def count_buyers(connection: sa.Connection, system: int, before: int, first: int, last: int) -> Buyers:
    """Who bought from a day `before` the first one on; who comes again to another system came again."""
    bought = _bought(before, last)
    in_period, in_system = bought.c.occurred_on >= day_date(first), bought.c.system == system
    by_member = (
        sa.select(
            sa.func.bool_or(in_period).label("came"),
            sa.func.bool_or(in_period & in_system).label("active"),
            sa.func.bool_or(~in_period & in_system).label("before"),
        )
        .group_by(bought.c.member_id)
        .subquery()
    )
    counted = sa.select(
        sa.func.count().filter(by_member.c.before),
        sa.func.count().filter(by_member.c.before & by_member.c.came),
        sa.func.count().filter(by_member.c.active),
    )
    return Buyers(*connection.execute(counted.select_from(by_member)).one())


def count_holders(
    connection: sa.Connection, system: int, first: int, last: int
) -> dict[int, tuple[int, int]]:
    """By level, the members of a system who held it on a first day, and those of them who bought until a last one.

    The activity of a record that was merged into another stands there.
    """
    held, member = _held(first), MEMBER.c
    bought = sa.select(_bought(first, last).c.member_id).distinct().subquery()
    buyer = sa.func.coalesce(sa.func.nullif(member.merged_into, ""), held.c.member_id)
    same = (member.shard == held.c.shard) & (member.member_id == held.c.member_id)
    counted = (
        sa.select(held.c.to_level, sa.func.count(), sa.func.count(bought.c.member_id))
        .select_from(held.join(MEMBER, same).outerjoin(bought, bought.c.member_id == buyer))
        .where(held.c.system == system)
        .group_by(held.c.to_level)
    )
    return {level: (members, retained) for level, members, retained in connection.execute(counted)}


def _held(day: int) -> sa.Subquery:
    """The last move of every member until a day."""
    move = MOVE.c
    return (
        sa.select(move.shard, move.member_id, move.system, move.to_level)
        .ext(distinct_on(move.shard, move.member_id))
        .where(move.effective_on <= day_date(day))
        .order_by(move.shard, move.member_id, move.seq.desc())
        .subquery()
    )


def _bought(first: int, last: int) -> sa.Subquery:
    """What reversals left of the purchases of some days."""
    activity, reversal = ACTIVITY.c, REVERSAL.c
    taken_back = (
        sa.select(
            reversal.transaction_id,
            sa.func.bool_or(reversal.everything).label("everything"),
            *[_total(reversal[name]).label(name) for name in _AMOUNTS],
        )
        .group_by(reversal.transaction_id)
        .subquery()
    )
    left = {name: activity[name] - sa.func.coalesce(taken_back.c[name], 0) for name in _AMOUNTS}
    nothing_left = sa.and_(*[amount == 0 for amount in left.values()])
    as_a_whole = taken_back.c.transaction_id.is_not(None) & (taken_back.c.everything | nothing_left)
    return (
        sa.select(
            activity.member_id,
            activity.occurred_on,
            activity.system,
            activity.level,
            *[left[name].label(name) for name in ("spend", "visits")],
        )
        .select_from(ACTIVITY.outerjoin(taken_back, taken_back.c.transaction_id == activity.transaction_id))
        .where(activity.occurred_on.between(day_date(first), day_date(last)), ~as_a_whole)
        .subquery()
    )


def _total(column: sa.ColumnElement[Any]) -> sa.Cast[int]:
    return sa.cast(sa.func.sum(column), sa.BigInteger)
