"""The levels that members hold, and held, as far as Tier's moves have been followed."""

from collections.abc import Sequence
from operator import attrgetter

import numpy as np
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from services.kernel.shards import shard_of
from services.points.followed import FollowedMove
from services.points.tables import ACCOUNT, LEVEL_CHANGE
from services.runtime.arrays import insert_rows, rows_of


def record_levels(connection: sa.Connection, moves: Sequence[FollowedMove]) -> None:
    """Gives everybody in the moves an account, and the level of the latest move of all, whatever order they come in.

    Accounts are written, and thereby locked, in the order of their key.
    """
    latest = {each.member_id: each for each in sorted(moves, key=attrgetter("sequence"))}
    shard = dict(zip(latest, shard_of(latest).tolist(), strict=True))
    ordered = sorted(latest.values(), key=lambda move: (shard[move.member_id], move.member_id))
    zeros = np.zeros(len(ordered), dtype=np.int64)
    columns = {
        "shard": np.array([shard[each.member_id] for each in ordered], dtype=np.int16),
        "member_id": [each.member_id for each in ordered],
        "balance": zeros,
        "lifetime_earned": zeros,
        "tier_system": [each.to_system for each in ordered],
        "level": [each.to_level for each in ordered],
        "level_sequence": np.array([each.sequence for each in ordered], dtype=np.int64),
    }
    insert = insert_rows(ACCOUNT, columns)
    connection.execute(
        insert.on_conflict_do_update(
            index_elements=["shard", "member_id"],
            set_={name: insert.excluded[name] for name in ("tier_system", "level", "level_sequence")},
            where=insert.excluded.level_sequence > ACCOUNT.c.level_sequence,
        )
    )


def record_level_changes(connection: sa.Connection, moves: Sequence[FollowedMove]) -> set[int]:
    """Adds moves to what is known of past levels; the sequences of those that were not known before."""
    if not moves:
        return set()
    members = [each.member_id for each in moves]
    columns = {
        "shard": shard_of(members),
        "member_id": members,
        "sequence": np.array([each.sequence for each in moves], dtype=np.int64),
        "effective_on": np.array([each.effective_on for each in moves], dtype=np.int32),
        "from_system": [each.from_system for each in moves],
        "from_level": [each.from_level for each in moves],
        "to_system": [each.to_system for each in moves],
        "to_level": [each.to_level for each in moves],
    }
    given = rows_of(LEVEL_CHANGE, columns)
    in_order = sa.select(given).order_by(given.c.shard, given.c.member_id, given.c.sequence)
    insert = postgresql.insert(LEVEL_CHANGE).from_select(list(columns), in_order)
    added = connection.scalars(insert.on_conflict_do_nothing().returning(LEVEL_CHANGE.c.sequence))
    return set(added)
