"""Who gave a level held for life, and to whom: once for ever."""

import sqlalchemy as sa

from services.kernel.calendar import day_date
from services.kernel.shards import shard_of
from services.tier.tables import STATUS_GIFT


def has_given(connection: sa.Connection, member_id: str) -> bool:
    """Whether the member has given the level already; who asks holds the member's standing."""
    gift, shard = STATUS_GIFT.c, int(shard_of([member_id])[0])
    given = sa.exists().where(gift.shard == shard, gift.member_id == member_id)
    return bool(connection.scalar(sa.select(given)))


def record_gift(connection: sa.Connection, member_id: str, recipient_id: str, given_on: int) -> None:
    """Writes down that the member gave the level; whoever loses a race for it fails with IntegrityError."""
    connection.execute(
        sa.insert(STATUS_GIFT).values(
            shard=int(shard_of([member_id])[0]),
            member_id=member_id,
            recipient_member_id=recipient_id,
            given_on=day_date(given_on),
        )
    )
