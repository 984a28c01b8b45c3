"""A member's standing as of a day: settled and rolled as a purchase of that day would find it, recording nothing."""

from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa

from services.kernel.shards import shard_of
from services.runtime.database import Fetched, fetching
from services.tier.columns import Standings
from services.tier.policy import Policy
from services.tier.refusals import Reason
from services.tier.rules.settlement import settled
from services.tier.rules.window import days_at_stake, rolled
from services.tier.store.members import Members, read_members
from services.tier.store.moves import select_moves_of
from services.tier.store.standings import read_daily, read_standings

_MOVES_SHOWN = 10


@dataclass(frozen=True, slots=True)
class View:
    """One member's record, standing (one row) and latest moves."""

    member: Members
    standing: Standings
    moves: Fetched


def view_standing(connection: sa.Connection, policy: Policy, member_id: str, as_of: int) -> View | Reason:
    """The member's standing as of a day not before the latest activity, or why it cannot be told."""
    recorded = read_standings(connection, [member_id], lock=False)
    if len(recorded) == 0:
        return Reason.MEMBER_UNKNOWN
    if as_of < recorded.enrolled_on[0]:
        return Reason.DATE_BEFORE_ENROLMENT
    day = np.array([as_of], dtype=np.int32)
    fetch = fetching(connection)
    daily = read_daily(fetch, recorded, *days_at_stake(recorded, day, policy))
    current = settled(recorded, day, policy, daily, anniversaries_of_the_day=False).standings
    shard = int(shard_of([member_id])[0])
    return View(
        read_members(connection, [member_id]),
        rolled(current, day, policy, daily),
        fetch(select_moves_of(shard, member_id, before_seq=None, limit=_MOVES_SHOWN)),
    )
