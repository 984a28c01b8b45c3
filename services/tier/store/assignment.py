"""Who may be in another tier system than the rule says, for the bulk job."""

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from services.kernel.calendar import day_date
from services.kernel.columns import Mask
from services.kernel.shards import SHARDS
from services.runtime.arrays import unnested
from services.runtime.database import Fetch
from services.tier.columns import NO_SYSTEM, Standings, Texts
from services.tier.policy import Policy
from services.tier.rules.window import DailyActivity
from services.tier.store.standings import COLUMNS, standings_of
from services.tier.tables import ACTIVITY_DAY, MEMBER, STANDING

Misplaced = sa.ColumnElement[bool]

_SAME = (MEMBER.c.shard == STANDING.c.shard) & (MEMBER.c.member_id == STANDING.c.member_id)
_ASSIGNABLE = (
    (MEMBER.c.merged_into == "") & MEMBER.c.erased_on.is_(None) & STANDING.c.lifetime_since.is_(None)
)


def perhaps_misplaced(policy: Policy, as_of: int) -> Misplaced:
    """Everybody but those who are, as of a day, where their attribute or the default puts them.

    Where the split decides only the rule can tell, and so it is for who was evaluated on a later day.
    """
    document = policy.document_on(as_of)
    number_of = {
        system.external_id: policy.system_ids.index(system.external_id) for system in document.systems
    }
    if document.split is None:
        number_of[""] = number_of.get(document.default_system, NO_SYSTEM)
    placed = sa.case(number_of, value=MEMBER.c.tier_system, else_=sa.null())
    later = STANDING.c.evaluated_on > day_date(as_of)
    return _ASSIGNABLE & (later | STANDING.c.system.is_distinct_from(placed))


def count_misplaced(fetch: Fetch, misplaced: Misplaced) -> NDArray[np.int64]:
    """Members in each shard to look at."""
    counted = fetch(
        sa.select(STANDING.c.shard, sa.func.count().label("members"))
        .select_from(STANDING.join(MEMBER, _SAME))
        .where(misplaced)
        .group_by(STANDING.c.shard)
    )
    members = np.zeros(SHARDS, dtype=np.int64)
    members[counted["shard"]] = counted["members"]
    return members


def read_misplaced(
    fetch: Fetch, misplaced: Misplaced, first_shard: int, last_shard: int
) -> tuple[Standings, Texts]:
    """The standings to look at in consecutive shards, with the attribute of each one's record."""
    statement = (
        sa.select(*COLUMNS, MEMBER.c.tier_system)
        .select_from(STANDING.join(MEMBER, _SAME))
        .where(STANDING.c.shard.between(first_shard, last_shard), misplaced)
        .order_by(STANDING.c.shard, STANDING.c.member_id)
    )
    fetched = fetch(statement)
    return standings_of(fetched), fetched["tier_system"]


def read_histories_of_misplaced(
    fetch: Fetch, misplaced: Misplaced, first_shard: int, last_shard: int, standings: Standings
) -> DailyActivity:
    """The whole recorded activity of some of those to look at in consecutive shards."""
    active = ACTIVITY_DAY.c
    of_standing = (active.shard == STANDING.c.shard) & (active.member_id == STANDING.c.member_id)
    fetched = fetch(
        sa.select(active.member_id, active.day, active.spend, active.visits, active.points)
        .select_from(STANDING.join(MEMBER, _SAME).join(ACTIVITY_DAY, of_standing))
        .where(STANDING.c.shard.between(first_shard, last_shard), misplaced)
    )
    row_of = {member: row for row, member in enumerate(standings.member_id.tolist())}
    row = np.array([row_of.get(member, -1) for member in fetched["member_id"].tolist()], dtype=np.intp)
    wanted = row >= 0
    counts = [fetched[name][wanted] for name in ("spend", "visits", "points")]
    return DailyActivity.of(row[wanted], fetched["day"][wanted], *counts)


def read_attributes(fetch: Fetch, standings: Standings) -> tuple[Texts, Mask]:
    """The attribute of each standing's member, and whether the member may change systems by the rule."""
    wanted = unnested(
        {
            "row": (np.arange(len(standings), dtype=np.int64), sa.BigInteger()),
            "shard": (standings.shard, sa.SmallInteger()),
            "member_id": (standings.member_id, sa.Text()),
        },
        "wanted",
    )
    same = (MEMBER.c.shard == wanted.c.shard) & (MEMBER.c.member_id == wanted.c.member_id)
    fetched = fetch(
        sa.select(MEMBER.c.tier_system, _ASSIGNABLE.label("assignable"))
        .select_from(wanted.join(MEMBER, same).join(STANDING, _SAME))
        .order_by(wanted.c.row)
    )
    return fetched["tier_system"], fetched["assignable"]
