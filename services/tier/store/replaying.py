"""The recorded history of members, as it is replayed under another policy."""

from typing import Any, Final

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from services.kernel.calendar import day_date
from services.kernel.shards import SHARDS
from services.runtime.database import Fetch
from services.tier.columns import Activities
from services.tier.store.members import Members
from services.tier.tables import ACTIVITY, MEMBER, REVERSAL

_ACTIVITIES_PER_MEMBER: Final = 10
"""So many activities weigh as much as a member."""

_TAKEN_BACK: Final = ("base_micropoints", "package_micropoints", "spend", "visits")


def weigh_histories(fetch: Fetch) -> NDArray[np.int64]:
    """Members in each shard, those with a long history for several."""
    members, activities = (_count_by_shard(fetch, table) for table in (MEMBER, ACTIVITY))
    return members + activities // _ACTIVITIES_PER_MEMBER


def read_histories(fetch: Fetch, first_shard: int, last_shard: int, as_of: int) -> tuple[Members, Activities]:
    """Who is a member in consecutive shards, and their activity up to a day in the order of its days.

    Reversals are taken off; what was reversed in whole never was. Records merged into others are left out: what
    they had is the others' now.
    """
    members = _members_of(fetch, first_shard, last_shard, as_of)
    return members, _activities_of(fetch, first_shard, last_shard, as_of)


def _members_of(fetch: Fetch, first_shard: int, last_shard: int, as_of: int) -> Members:
    member = MEMBER.c
    found = fetch(
        sa.select(MEMBER)
        .where(member.shard.between(first_shard, last_shard), member.merged_into == "")
        .where(member.enrolled_on <= day_date(as_of))
        .order_by(member.shard, member.member_id)
    )
    return Members(**found)


def _activities_of(fetch: Fetch, first_shard: int, last_shard: int, as_of: int) -> Activities:
    activity = ACTIVITY.c
    reversed_ = (
        sa.select(REVERSAL.c.transaction_id, *[_total(REVERSAL.c[name]).label(name) for name in _TAKEN_BACK])
        .where(REVERSAL.c.shard.between(first_shard, last_shard))
        .group_by(REVERSAL.c.transaction_id)
        .subquery("reversed")
    )
    left = {name: activity[name] - sa.func.coalesce(reversed_.c[name], 0) for name in _TAKEN_BACK}
    found = fetch(
        sa.select(
            activity.member_id,
            activity.occurred_on,
            activity.property,
            *[sa.cast(value, sa.BigInteger).label(name) for name, value in left.items()],
        )
        .select_from(ACTIVITY.outerjoin(reversed_, reversed_.c.transaction_id == activity.transaction_id))
        .where(activity.shard.between(first_shard, last_shard), activity.occurred_on <= day_date(as_of))
        .where(sa.or_(reversed_.c.transaction_id.is_(None), *[value != 0 for value in left.values()]))
        .order_by(
            activity.shard,
            activity.member_id,
            activity.occurred_on,
            activity.recorded_at,
            activity.ordinal,
            activity.transaction_id,
        )
    )
    unnamed = np.full(len(found["member_id"]), "", dtype=object)
    return Activities(transaction_id=unnamed, **found)


def _count_by_shard(fetch: Fetch, table: sa.Table) -> NDArray[np.int64]:
    counted = fetch(sa.select(table.c.shard, sa.func.count().label("rows")).group_by(table.c.shard))
    rows = np.zeros(SHARDS, dtype=np.int64)
    rows[counted["shard"]] = counted["rows"]
    return rows


def _total(column: sa.ColumnElement[Any]) -> sa.ColumnElement[int]:
    return sa.cast(sa.func.sum(column), sa.BigInteger)
