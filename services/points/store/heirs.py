"""Which record holds the points of a member now: the member's own, or the one that it was merged into."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa

from services.points.store.accounts import read_accounts
from services.points.store.limits import read_room


@dataclass(frozen=True, slots=True)
class Heir:
    """The record that holds a member's points, with what decides whether and which bonus it gets.

    `room` is how many points it may still get, `earning_room` how many it may still earn.
    """

    member_id: str
    room: int
    earning_room: int
    tier_system: str
    level: str
    erased: bool


def locked_heirs(connection: sa.Connection, member_ids: Collection[str]) -> dict[str, Heir]:
    """By member, the record at the end of all merges, locked; who has no account is left out.

    Every record on the way is locked too, so that no merge moves points away meanwhile.
    """
    heirs: dict[str, Heir] = {}
    merged_into: dict[str, str] = {}
    wanted = sorted(set(member_ids))
    while wanted:
        found = read_accounts(connection, wanted, lock=True)
        room = read_room(connection, found)
        earned_and_gone = np.maximum(found.lifetime_earned - found.balance, 0)
        for row, member_id in enumerate(found.member_id):
            if found.merged_into[row]:
                merged_into[member_id] = found.merged_into[row]
                continue
            heirs[member_id] = Heir(
                member_id,
                int(room[row]),
                int(room[row]) - int(earned_and_gone[row]),
                found.tier_system[row],
                found.level[row],
                bool(found.erased[row]),
            )
        known = heirs.keys() | merged_into.keys()
        wanted = sorted({merged_into[each] for each in found.member_id if each in merged_into} - known)
    ends = {member_id: _end(member_id, merged_into) for member_id in member_ids}
    return {member_id: heirs[end] for member_id, end in ends.items() if end in heirs}


def _end(member_id: str, merged_into: dict[str, str]) -> str:
    while member_id in merged_into:
        member_id = merged_into[member_id]
    return member_id
