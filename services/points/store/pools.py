"""Household pools and who is in them.

Who is in a pool changes only while the pool's account is locked, and the pool of a member only while the member's is:
an act that holds the account sees the members as they stay until it ends.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from services.kernel.shards import shard_of
from services.points.ledger_columns import POOL_PREFIX, RedemptionState
from services.points.store.ledger import open_accounts
from services.points.store.redemptions import holds_at
from services.points.tables import POOL, POOL_MEMBER, REDEMPTION


def account_of_pool(pool_id: str) -> str:
    """The member id under which the ledger keeps a pool."""
    return POOL_PREFIX + pool_id


def pool_of_account(member_id: str) -> str:
    """The pool that the ledger keeps under a member id; '' where that is a member."""
    return member_id.removeprefix(POOL_PREFIX) if member_id.startswith(POOL_PREFIX) else ""


def found(connection: sa.Connection, pool_id: str) -> bool:
    """Founds a pool with an account of its own; False: the id was taken before, be it by a pool that is no more."""
    insert = postgresql.insert(POOL).values(pool_id=pool_id).on_conflict_do_nothing()
    if connection.scalar(insert.returning(POOL.c.pool_id)) is None:
        return False
    open_accounts(connection, {account_of_pool(pool_id)})
    return True


def join(connection: sa.Connection, pool_id: str, member_id: str) -> bool:
    """Takes a member into a pool; False: the member is in one already."""
    insert = postgresql.insert(POOL_MEMBER).values(member_id=member_id, pool_id=pool_id)
    return connection.scalar(insert.on_conflict_do_nothing().returning(POOL_MEMBER.c.member_id)) is not None


def leave(connection: sa.Connection, member_id: str) -> None:
    """Lets a member go from whichever pool."""
    connection.execute(sa.delete(POOL_MEMBER).where(POOL_MEMBER.c.member_id == member_id))


def read_members(connection: sa.Connection, pool_id: str) -> list[str]:
    """The members of a pool in the order of joining; none of a pool that is not there, or no more."""
    members = sa.select(POOL_MEMBER.c.member_id).where(POOL_MEMBER.c.pool_id == pool_id)
    return list(connection.scalars(members.order_by(POOL_MEMBER.c.seq)))


def cancel_holds(connection: sa.Connection, member_id: str, now: datetime) -> None:
    """Gives up whatever authorisations hold of an account, which this transaction has locked."""
    connection.execute(
        sa.update(REDEMPTION)
        .where(
            REDEMPTION.c.shard == int(shard_of([member_id])[0]),
            REDEMPTION.c.member_id == member_id,
            holds_at(now),
        )
        .values(state=RedemptionState.CANCELLED)
    )
