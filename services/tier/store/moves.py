"""The history of moves, which is also the feed that other services follow."""

from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from services.kernel.shards import shard_of
from services.runtime.arrays import insert_rows
from services.runtime.database import Fetched, fetching
from services.runtime.feed import after_cursor, cursor_of, end_of
from services.tier.acts import ActKind
from services.tier.columns import MoveReason, Moves, Standings
from services.tier.tables import MEMBER_MERGE, MOVE, STAFF_ACT

_DECIDED = (
    "effective_on", "system", "from_level", "to_level", "from_rank", "to_rank", "reason", "revision",
    "spend", "visits", "points", "grace_until", "level_since", "locked_until", "touchpoint",
)  # fmt: skip
_OF_TWO = (MoveReason.MERGED_AWAY, MoveReason.MERGED_IN, MoveReason.MERGE_UNDONE)


def record_moves(
    connection: sa.Connection,
    standings: Standings,
    moves: Moves,
    transaction_ids: NDArray[np.object_],
    run_id: str,
) -> None:
    """Adds moves to the history; `transaction_ids` are those of the activities that the moves refer to."""
    if len(moves) == 0:
        return
    caused = moves.activity >= 0
    transactions = np.full(len(moves), "", dtype=object)
    transactions[caused] = transaction_ids[moves.activity[caused]]
    columns = {name: getattr(moves, name) for name in _DECIDED}
    connection.execute(
        insert_rows(
            MOVE,
            {
                "shard": standings.shard[moves.row],
                "member_id": standings.member_id[moves.row],
                **columns,
                "transaction_id": transactions,
                "run_id": np.full(len(moves), run_id, dtype=object),
            },
        )
    )


def select_moves_of(shard: int, member_id: str, before_seq: int | None, limit: int) -> sa.Select[Any]:
    """A member's moves, newest first, from one before `before_seq` (None: from the newest)."""
    statement = sa.select(*told_columns(), cursor_of(MOVE)).where(
        MOVE.c.shard == shard, MOVE.c.member_id == member_id
    )
    if before_seq is not None:
        statement = statement.where(MOVE.c.seq < before_seq)
    return statement.order_by(MOVE.c.seq.desc()).limit(limit)


def select_feed(cursor: str, limit: int) -> sa.Select[Any]:
    """The moves after a cursor that are safe to follow. Raises CursorInvalid."""
    return after_cursor(sa.select(*told_columns(), cursor_of(MOVE)), MOVE, cursor, limit)


def read_feed_end(connection: sa.Connection) -> str:
    """The cursor of the last move of all; '' where there is none."""
    return connection.scalar(end_of(MOVE)) or ""


def select_moves_of_run(run_id: str, first_shard: int, last_shard: int) -> sa.Select[Any]:
    """The moves that a run recorded for the members of some shards, in order of shard and member."""
    return (
        sa.select(*told_columns())
        .where(MOVE.c.run_id == run_id, MOVE.c.shard.between(first_shard, last_shard))
        .order_by(MOVE.c.shard, MOVE.c.member_id, MOVE.c.seq)
    )


def read_moves_since(connection: sa.Connection, member_id: str, request_id: str) -> Fetched:
    """Reason and levels of a member's moves since the latest that a request made, in order."""
    shard = int(shard_of([member_id])[0])
    of_member = (MOVE.c.shard == shard) & (MOVE.c.member_id == member_id)
    latest = sa.select(sa.func.max(MOVE.c.seq)).where(of_member, MOVE.c.transaction_id == request_id)
    later = sa.select(MOVE.c.reason, MOVE.c.from_level, MOVE.c.to_level)
    return fetching(connection)(
        later.where(of_member, MOVE.c.seq > latest.scalar_subquery()).order_by(MOVE.c.seq)
    )


def told_columns() -> list[sa.ColumnElement[Any]]:
    """All that is told of a move, beside its cursor."""
    return [*(column for column in MOVE.c if column.name != "xid"), _other_member_id()]


def _other_member_id() -> sa.ColumnElement[str]:
    """The other record of a merge, which the act that made the move leads to; '' for all other moves."""
    act, merge = STAFF_ACT.c, MEMBER_MERGE.c
    merged_by = sa.case(
        (act.kind == ActKind.MERGE_UNDONE, act.details["merge_request_id"].astext), else_=act.request_id
    )
    other = (
        sa.select(
            sa.case(
                (merge.source_member_id == MOVE.c.member_id, merge.target_member_id),
                else_=merge.source_member_id,
            )
        )
        .select_from(STAFF_ACT.join(MEMBER_MERGE, merge.request_id == merged_by))
        .where(act.request_id == MOVE.c.transaction_id)
        .correlate(MOVE)
        .scalar_subquery()
    )
    is_of_two = MOVE.c.reason.in_(_OF_TWO)
    return sa.case((is_of_two, sa.func.coalesce(other, "")), else_="").label("other_member_id")
