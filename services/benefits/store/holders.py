"""Who holds which level."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.dialects import postgresql

from services.benefits.columns import Holders, Mask
from services.benefits.tables import HOLDER
from services.kernel.shards import SHARDS, shard_of
from services.runtime.arrays import rows_of
from services.runtime.database import Fetch

_COLUMNS = ("shard", "member_id", "tier_system", "level", "since", "version")


def read_holders(
    fetch: Fetch, first_shard: int, last_shard: int, ladders: Sequence[tuple[str, str]]
) -> Holders:
    """The holders of consecutive shards who stand on one of the given (tier system, level) pairs."""
    wanted = [sa.and_(HOLDER.c.tier_system == system, HOLDER.c.level == level) for system, level in ladders]
    return _holders(
        fetch,
        sa.select(*_selected())
        .where(HOLDER.c.shard.between(first_shard, last_shard))
        .where(sa.or_(sa.false(), *wanted)),
    )


def read_holders_of(fetch: Fetch, member_ids: Sequence[str], *, lock: bool) -> Holders:
    """The given members, as far as they are known.

    With `lock` their rows are locked in key order until the transaction ends: whoever writes a member's
    allowances holds the member's row.
    """
    known = sorted(set(member_ids))
    given = rows_of(HOLDER, {"shard": shard_of(known), "member_id": known})
    statement = (
        sa.select(*_selected())
        .join_from(
            HOLDER, given, sa.and_(HOLDER.c.shard == given.c.shard, HOLDER.c.member_id == given.c.member_id)
        )
        .order_by(HOLDER.c.shard, HOLDER.c.member_id)
    )
    return _holders(fetch, statement.with_for_update(key_share=True, of=HOLDER) if lock else statement)


def count_holders_by_shard(fetch: Fetch) -> NDArray[np.int64]:
    """The number of holders in each of the 4,096 shards."""
    rows = fetch(sa.select(HOLDER.c.shard, sa.func.count().label("members")).group_by(HOLDER.c.shard))
    counts = np.zeros(SHARDS, dtype=np.int64)
    counts[rows["shard"]] = rows["members"]
    return counts


def record_stays(connection: sa.Connection, stays: Holders) -> Mask:
    """Puts each member, at most once among `stays`, on a level since a day; locks their rows in key order.

    Answers for which it is news: who is known to have entered a level later stays there.
    """
    given = rows_of(HOLDER, {name: getattr(stays, name) for name in _COLUMNS})
    ordered = sa.select(given).order_by(given.c.shard, given.c.member_id)
    entered = postgresql.insert(HOLDER).from_select(list(_COLUMNS), ordered)
    news = connection.scalars(
        entered.on_conflict_do_update(
            index_elements=[HOLDER.c.shard, HOLDER.c.member_id],
            set_={name: entered.excluded[name] for name in ("tier_system", "level", "since", "version")},
            where=HOLDER.c.version < entered.excluded.version,
        ).returning(HOLDER.c.member_id)
    )
    return np.isin(stays.member_id.astype(str), list(news))


def _selected() -> list[sa.Column[Any]]:
    return [HOLDER.c[name] for name in _COLUMNS]


def _holders(fetch: Fetch, statement: sa.Select[Any]) -> Holders:
    return Holders(**fetch(statement))
