"""Who is in grace, and a member's moves from the first on."""

import sqlalchemy as sa

from services.kernel.calendar import day_date
from services.kernel.shards import shard_of
from services.runtime.database import Fetched, fetching
from services.tier.store.due import Due
from services.tier.tables import MOVE, STANDING


def grace_going_on(as_of: int) -> Due:
    """Whose grace began before a day, as far as is recorded."""
    return STANDING.c.grace_until.is_not(None) & (STANDING.c.grace_from < day_date(as_of))


def read_moves(connection: sa.Connection, member_id: str) -> Fetched:
    """What every move of a member says of grace, in the order of deciding."""
    move = MOVE.c
    columns = (
        move.effective_on,
        move.system,
        move.to_level,
        move.reason,
        move.grace_until,
        move.touchpoint,
    )
    of_member = sa.select(*columns).where(
        move.shard == int(shard_of([member_id])[0]), move.member_id == member_id
    )
    return fetching(connection)(of_member.order_by(move.seq))


def count_in_grace(connection: sa.Connection) -> list[tuple[int, int, int, int]]:
    """System, level, the day on which grace is over, and members of whom this holds."""
    standing = STANDING.c
    # Nothing takes the level of a locked member before the lock ends (DECISIONS, Meanings 22).
    over_on = sa.func.greatest(standing.grace_until, standing.kept_until, type_=sa.Date()).label("over_on")
    counted = (
        sa.select(standing.system, standing.level, over_on, sa.func.count().label("members"))
        .where(standing.grace_until.is_not(None))
        .group_by(standing.system, standing.level, over_on)
    )
    found = fetching(connection)(counted)
    return list(zip(*(column.tolist() for column in found.values()), strict=True))
