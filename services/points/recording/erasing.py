"""Members whose personal data was erased: the ledger stays, staff's notes go (DECISIONS, Meanings 24 and 35)."""

import sqlalchemy as sa

from services.points.recording.merging import Occasion
from services.points.recording.pools import remove_member
from services.points.store.erasing import erase
from services.points.store.merging import read_families, read_pool_of


def erase_member(connection: sa.Connection, occasion: Occasion | None, member_id: str) -> None:
    """Erases a member and the records merged into it; their places in pools are given up."""
    family = list(read_families(connection, [member_id]))
    if occasion is not None:
        for each in family:
            pool_id = read_pool_of(connection, each)
            if pool_id:
                remove_member(connection, occasion.policy, pool_id, each, occasion.today, occasion.now)
    erase(connection, family)
