"""What stands in the way of purchases just held, looked for by one statement that finds nothing on most days."""

from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from services.points.columns import Pending
from services.points.reversal_columns import ACCEPTED
from services.points.rules.limits import NEAR_LIMIT
from services.points.tables import ACCOUNT, PENDING_PURCHASE, REDEMPTION, REVERSAL
from services.runtime.arrays import given_rows, parameters

_LOOKED_AT: Final = 1_000
"""Of what waits of a member, as many as a batch could bring again at most."""

_NAMED: Final = ["transaction_id", "shard", "member_id"]


@dataclass(frozen=True, slots=True)
class Obstacles:
    """Ids that other acts hold, members whose balance may be near its limit, and what waits of which members.

    `waiting` names purchases that wait for Tier, the earliest first.
    """

    other_acts: set[str]
    near_limit: set[str]
    waiting: dict[str, list[str]]


def read_obstacles(connection: sa.Connection, pending: Pending) -> Obstacles:
    """The obstacles of purchases that this transaction holds, as they are after it holds them."""
    obstacles = Obstacles(set(), set(), {})
    sent = parameters(PENDING_PURCHASE, _NAMED, pending)
    for transaction_id, member_id, is_taken, is_near, waiting in connection.execute(_OBSTACLES, sent):
        if is_taken:
            obstacles.other_acts.add(transaction_id)
        if is_near:
            obstacles.near_limit.add(member_id)
        if waiting:
            obstacles.waiting[member_id] = waiting
    return obstacles


def _obstacles() -> sa.Select[Any]:
    """A subquery for each purchase: a join may have a bad plan where no statistics keep up with a table."""
    given = given_rows(PENDING_PURCHASE, _NAMED)
    found = sa.select(
        given.c.transaction_id,
        given.c.member_id,
        _is_taken(given).label("is_taken"),
        _is_near(given).label("is_near"),
        _waiting(given).label("waiting"),
    ).subquery("found")
    return sa.select(found).where(sa.or_(found.c.is_taken, found.c.is_near, found.c.waiting.is_not(None)))


def _is_taken(given: sa.TableValuedAlias) -> sa.ColumnElement[bool]:
    """Whether the id is that of a redemption, a reversal or a credit note, which have tables of their own."""
    transaction_id, accepted = given.c.transaction_id, REVERSAL.c.state.in_(ACCEPTED)
    note = sa.and_(REVERSAL.c.credit_note_id != "", REVERSAL.c.credit_note_id == transaction_id)
    return sa.or_(
        sa.exists().where(REDEMPTION.c.redemption_id == transaction_id).correlate(given),
        sa.exists().where(REVERSAL.c.reversal_id == transaction_id, accepted).correlate(given),
        sa.exists().where(note, accepted).correlate(given),
    )


def _is_near(given: sa.TableValuedAlias) -> sa.ColumnElement[bool]:
    same = (ACCOUNT.c.shard == given.c.shard, ACCOUNT.c.member_id == given.c.member_id)
    most = sa.func.greatest(ACCOUNT.c.balance, ACCOUNT.c.lifetime_earned)
    near = sa.select(most > NEAR_LIMIT).where(*same).correlate(given).scalar_subquery()
    return sa.func.coalesce(near, sa.false())


def _waiting(given: sa.TableValuedAlias) -> sa.ColumnElement[Any]:
    """Looked for where anything waits at all."""
    anything = sa.select(PENDING_PURCHASE.c.seq).where(PENDING_PURCHASE.c.waiting).exists()
    queue = (
        sa.select(PENDING_PURCHASE.c.transaction_id, PENDING_PURCHASE.c.seq)
        .where(
            PENDING_PURCHASE.c.waiting,
            PENDING_PURCHASE.c.shard == given.c.shard,
            PENDING_PURCHASE.c.member_id == given.c.member_id,
        )
        .order_by(PENDING_PURCHASE.c.seq)
        .limit(_LOOKED_AT)
        .correlate(given)
        .subquery("queue")
    )
    in_order = postgresql.aggregate_order_by(queue.c.transaction_id, queue.c.seq)
    named = sa.select(sa.func.array_agg(in_order)).select_from(queue).scalar_subquery()
    return sa.case((anything, named))


_OBSTACLES: Final = _obstacles()
