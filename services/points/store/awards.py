"""Awards on their way into the ledger: they wait for an account, for a policy, or for room in the account."""

from collections.abc import Collection, Sequence
from typing import Final

import numpy as np
import sqlalchemy as sa

from services.points.followed import Award
from services.points.tables import ENTRY, WAITING_AWARD
from services.runtime.arrays import insert_rows
from services.runtime.database import fetching

_COLUMNS: Final = [WAITING_AWARD.c[name] for name in Award.__dataclass_fields__]


def entry_of_award(award_id: str) -> str:
    """The id of an award in the ledger."""
    return f"award {award_id}"


def keep_waiting(connection: sa.Connection, awards: Sequence[Award]) -> None:
    """Keeps awards until they can be posted; those that wait already, or are in the ledger, stay as they are."""
    posted = sa.select(ENTRY.c.transaction_id)
    ids = [entry_of_award(each.award_id) for each in awards]
    known = set(connection.scalars(posted.where(ENTRY.c.transaction_id.in_(ids))))
    new = [each for each in awards if entry_of_award(each.award_id) not in known]
    if new:
        columns = {
            **{name: [getattr(each, name) for each in new] for name in Award.__dataclass_fields__},
            "points": np.array([each.points for each in new], dtype=np.int64),
            "awarded_on": np.array([each.awarded_on for each in new], dtype=np.int32),
        }
        connection.execute(insert_rows(WAITING_AWARD, columns).on_conflict_do_nothing())


def lock_waiting(connection: sa.Connection, member_ids: Collection[str]) -> list[Award]:
    """The awards that wait for these members, locked in the order of their ids."""
    fetched = fetching(connection)(
        sa.select(*_COLUMNS)
        .where(WAITING_AWARD.c.member_id.in_(sorted(member_ids)))
        .order_by(WAITING_AWARD.c.award_id)
        .with_for_update()
    )
    columns = [fetched[name].tolist() for name in Award.__dataclass_fields__]
    return [Award(*row) for row in zip(*columns, strict=True)]


def forget_waiting(connection: sa.Connection, awards: Sequence[Award]) -> None:
    """Takes away locked awards that wait for nothing any more."""
    ids = [each.award_id for each in awards]
    connection.execute(sa.delete(WAITING_AWARD).where(WAITING_AWARD.c.award_id.in_(ids)))


def read_awaiting(connection: sa.Connection, after: str, limit: int) -> Sequence[str]:
    """Members for whom awards wait, in the order of their ids, after one of them."""
    members = sa.select(WAITING_AWARD.c.member_id).where(WAITING_AWARD.c.member_id > after)
    return list(connection.scalars(members.distinct().order_by(WAITING_AWARD.c.member_id).limit(limit)))


def count_waiting(connection: sa.Connection) -> int:
    """How many awards wait."""
    return connection.scalar(sa.select(sa.func.count()).select_from(WAITING_AWARD)) or 0
