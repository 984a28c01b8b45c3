"""Reads for callers: members per level, resets performed, one member's record."""

from collections.abc import Mapping

import sqlalchemy as sa

from services.kernel.calendar import Days, day_date, day_number
from services.tier.tables import STANDING, TIER_SYSTEM_STATE


def read_one_snapshot(connection: sa.Connection) -> None:
    """Lets a transaction that has not begun to read see the data of one moment, and write nothing."""
    connection.execute(sa.text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))


def count_members(connection: sa.Connection) -> dict[tuple[int, int], tuple[int, int, int]]:
    """Members, members in grace and inactive members by the numbers of system and level."""
    marked = [sa.func.count(STANDING.c[name]) for name in ("grace_until", "inactive_since")]
    rows = connection.execute(
        sa.select(STANDING.c.system, STANDING.c.level, sa.func.count(), *marked).group_by(
            STANDING.c.system, STANDING.c.level
        )
    )
    return {(system, level): (members, grace, inactive) for system, level, members, grace, inactive in rows}


def read_last_resets(connection: sa.Connection) -> dict[int, int]:
    """The day of the reset performed last, by number of system."""
    return {
        system: day_number(day)
        for system, day in connection.execute(
            sa.select(TIER_SYSTEM_STATE.c.system, TIER_SYSTEM_STATE.c.last_reset)
        )
    }


def record_last_resets(connection: sa.Connection, last_resets: Mapping[int, int]) -> None:
    """Notes the resets performed, so that Next Reset moves on; never back."""
    for system, day in sorted(last_resets.items()):
        performed = sa.dialects.postgresql.insert(TIER_SYSTEM_STATE).values(
            system=system, last_reset=day_date(day)
        )
        connection.execute(
            performed.on_conflict_do_update(
                index_elements=["system"],
                set_={
                    "last_reset": sa.func.greatest(
                        TIER_SYSTEM_STATE.c.last_reset, performed.excluded.last_reset
                    )
                },
            )
        )


def next_reset_after(calendar: Days, last_reset: int | None) -> int:
    """The first reset of a calendar after the one performed last; NEVER where there is none."""
    days = calendar[1:]
    return int(days[0] if last_reset is None else days[days > last_reset][0])
