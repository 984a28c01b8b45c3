"""What a member is owed on a day, shown and not recorded."""

import numpy as np
import sqlalchemy as sa

from services.benefits.columns import Allowances, texts
from services.benefits.policy import Policies
from services.benefits.rules.opening import decide_openings
from services.benefits.store.allowances import read_allowances_of
from services.benefits.store.holders import read_holders_of
from services.kernel.columns import stacked, taken
from services.kernel.shards import shard_of
from services.runtime.database import fetching


def view_allowances(
    connection: sa.Connection, policies: Policies, member_id: str, as_of: int
) -> Allowances | None:
    """The member's allowances of the periods around a day by code, level and period; None: an unknown member.

    Among them what was closed, and what a refresh or a use on that day would open.
    """
    fetch = fetching(connection)
    holders = read_holders_of(fetch, [member_id], lock=False)
    if not len(holders):
        return None
    day = np.array([as_of], dtype=np.int32)
    there = read_allowances_of(fetch, shard_of([member_id]), texts([member_id]), day)
    openings = decide_openings(holders, day, there, policies.rules)
    shown = stacked([there, openings.as_allowances()])
    keys = list(zip(shown.code, shown.level, shown.period_start, strict=True))
    return taken(shown, np.array(sorted(range(len(keys)), key=keys.__getitem__), dtype=np.intp))
