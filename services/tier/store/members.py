"""Members in and out of the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from services.kernel.calendar import Days, day_date
from services.kernel.shards import shard_of
from services.runtime.arrays import insert_rows, unnested
from services.runtime.database import fetching
from services.tier.columns import Texts
from services.tier.tables import MEMBER


@dataclass(frozen=True, slots=True)
class Members:
    """What is known of members themselves; `birthday` and `erased_on` are NEVER, `merged_into` is '' for none."""

    shard: NDArray[np.int16]
    member_id: Texts
    enrolled_on: Days
    tier_system: Texts
    birthday: Days
    merged_into: Texts
    erased_on: Days

    def __len__(self) -> int:
        return len(self.shard)


def insert_members(connection: sa.Connection, members: Members) -> NDArray[np.bool_]:
    """Adds those who are not members yet, in key order; answers which rows were added."""
    columns = {
        "shard": members.shard,
        "member_id": members.member_id,
        "enrolled_on": members.enrolled_on,
        "tier_system": members.tier_system,
        "birthday": members.birthday,
    }
    statement = insert_rows(MEMBER, columns).on_conflict_do_nothing().returning(MEMBER.c.member_id)
    added = set(connection.execute(statement).scalars())
    return np.array([member in added for member in members.member_id], dtype=np.bool_)


def read_members(connection: sa.Connection, member_ids: Sequence[str]) -> Members:
    """Those of the ids who are members, in no particular order."""
    wanted = unnested(
        {"shard": (shard_of(member_ids), sa.SmallInteger()), "member_id": (list(member_ids), sa.Text())},
        "wanted",
    )
    same = (MEMBER.c.shard == wanted.c.shard) & (MEMBER.c.member_id == wanted.c.member_id)
    fetched = fetching(connection)(sa.select(*MEMBER.c).select_from(wanted.join(MEMBER, same)))
    return Members(**fetched)


def update_member(connection: sa.Connection, member_id: str, changes: Mapping[str, Any]) -> None:
    """Writes new values over those of one member's record; who asks holds the member's standing."""
    connection.execute(sa.update(MEMBER).where(_is_one_of([member_id])).values(dict(changes)))


def erase_members(connection: sa.Connection, member_ids: Sequence[str], erased_on: int) -> None:
    """Takes away what records say of persons, for good."""
    nothing = {"birthday": None, "tier_system": "", "erased_on": day_date(erased_on)}
    connection.execute(sa.update(MEMBER).where(_is_one_of(member_ids)).values(nothing))


def _is_one_of(member_ids: Sequence[str]) -> sa.ColumnElement[bool]:
    keys = list(zip(shard_of(member_ids).tolist(), member_ids, strict=True))
    return sa.tuple_(MEMBER.c.shard, MEMBER.c.member_id).in_(keys)
