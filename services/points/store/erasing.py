"""What goes of members whose personal data is erased; their entries stay."""

from collections.abc import Sequence

import sqlalchemy as sa

from services.kernel.shards import shard_of
from services.points.tables import ACCOUNT, ENTRY, ENTRY_NOTE, WAITING_AWARD
from services.runtime.arrays import rows_of


def erase(connection: sa.Connection, member_ids: Sequence[str]) -> None:
    """Marks accounts as erased, and removes what staff wrote about them and awards that wait for them."""
    given = rows_of(ACCOUNT, {"shard": shard_of(member_ids), "member_id": list(member_ids)})
    same = (ACCOUNT.c.shard == given.c.shard) & (ACCOUNT.c.member_id == given.c.member_id)
    connection.execute(sa.update(ACCOUNT).where(same).values(erased=True))
    of_them = (ENTRY.c.shard == given.c.shard) & (ENTRY.c.member_id == given.c.member_id)
    noted = sa.select(ENTRY.c.transaction_id).select_from(given.join(ENTRY, of_them))
    connection.execute(sa.delete(ENTRY_NOTE).where(ENTRY_NOTE.c.transaction_id.in_(noted)))
    connection.execute(sa.delete(WAITING_AWARD).where(WAITING_AWARD.c.member_id.in_(list(member_ids))))
