"""Awards in and out of the database; their table is the feed that Points follows."""

from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa

from services.benefits.awards import Award
from services.benefits.tables import AWARD
from services.kernel.calendar import day_date
from services.runtime.feed import after_cursor, cursor_of

StoredAward = sa.Row[Any]
"""A row of the table `award` with its `cursor`."""


def read_award(connection: sa.Connection, award_id: str) -> StoredAward | None:
    """The award of an id."""
    return connection.execute(_selected().where(AWARD.c.award_id == award_id)).one_or_none()


def insert_award(connection: sa.Connection, award: Award) -> None:
    """Adds an award; of two that race for one id one collides on the key and is tried again."""
    columns = {name: getattr(award, name) for name in Award.__dataclass_fields__}
    connection.execute(sa.insert(AWARD).values(columns | {"awarded_on": day_date(award.awarded_on)}))


def read_award_feed(connection: sa.Connection, cursor: str, limit: int) -> Sequence[StoredAward]:
    """The awards after a cursor that are safe to follow. Raises CursorInvalid."""
    return connection.execute(after_cursor(_selected(), AWARD, cursor, limit)).all()


def blank_notes(connection: sa.Connection, member_ids: Collection[str]) -> None:
    """Removes what was written about members in their awards."""
    connection.execute(sa.update(AWARD).where(AWARD.c.member_id.in_(sorted(member_ids))).values(note=""))


def _selected() -> sa.Select[Any]:
    columns = [column for column in AWARD.c if column.name not in ("xid", "seq")]
    return sa.select(*columns, cursor_of(AWARD))
