"""The promises of the Tier service, each as a query for those who break it."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa

from services.kernel.calendar import Days
from services.kernel.shards import SHARDS, shard_of
from services.runtime.arrays import unnested
from services.runtime.database import Fetch, fetching
from services.tier.columns import Ids
from services.tier.store.policies import PolicyBook
from services.tier.store.promises import PROMISES
from services.tier.store.reading import read_one_snapshot
from services.tier.tables import STANDING

_SHOWN = 20
_GRANTED = """
    SELECT g.shard, m.source_member_id, sum(g.points)::bigint, sum(g.spend)::bigint, sum(g.visits)::bigint FROM (
      SELECT shard, merged_by, points, spend, visits FROM activity
      UNION ALL
      SELECT a.shard, a.merged_by, -r.points, -r.spend, -r.visits
      FROM reversal r JOIN activity a USING (transaction_id)) g
    LEFT JOIN member_merge m ON m.request_id = g.merged_by GROUP BY 1, 2"""


@dataclass(frozen=True, slots=True)
class Checked:
    """What checking one promise found; `members` are up to 20 of those who break it."""

    promise: str
    checked: int
    breaches: int
    members: list[str]


@dataclass(frozen=True, slots=True)
class Granted:
    """Sums of activity less reversals, one for each shard."""

    points: list[int]
    spend: list[int]
    visits: list[int]


def verify_standings(connection: sa.Connection) -> Iterator[Checked]:
    """Checks each promise in turn on one snapshot of the data."""
    read_one_snapshot(connection)
    for promise, (checked, breaking) in PROMISES.items():
        yield _checked(connection, promise, sa.text(checked), sa.text(breaking).columns(STANDING.c.member_id))
    yield _checked(
        connection,
        "What counts begins where the window begins",
        sa.select(sa.func.count()).select_from(STANDING),
        _counting_from_another_day(connection),
    )


def _checked(
    connection: sa.Connection, promise: str, checked: sa.Executable, breaking: sa.sql.selectable.HasCTE
) -> Checked:
    found = breaking.cte("breaking")
    some = sa.select(found.c.member_id).distinct().order_by(found.c.member_id).limit(_SHOWN)
    counted = sa.select(
        sa.select(sa.func.count()).select_from(found).scalar_subquery(), sa.func.array(some.scalar_subquery())
    )
    breaches, members = connection.execute(counted).one()
    return Checked(promise, connection.scalar(checked) or 0, breaches, members)


def _counting_from_another_day(connection: sa.Connection) -> sa.Select[tuple[str]]:
    """Who counts from another day than the window's first as of the last evaluation, or the enrolment's.

    What was evaluated on the first day of a revision may have been so before the revision was applied, and is left
    out.
    """
    fetch = fetching(connection)
    evaluated = fetch(sa.select(STANDING.c.system, STANDING.c.evaluated_on).distinct())
    begins = _window_starts(fetch, evaluated["system"], evaluated["evaluated_on"])
    same = (STANDING.c.system == begins.c.system) & (STANDING.c.evaluated_on == begins.c.evaluated_on)
    return (
        sa.select(STANDING.c.member_id)
        .select_from(begins.join(STANDING, same))
        .where(STANDING.c.counted_from != sa.func.greatest(begins.c.start, STANDING.c.enrolled_on))
    )


def _window_starts(fetch: Fetch, system: Ids, evaluated_on: Days) -> sa.FromClause:
    start = np.zeros(len(system), dtype=np.int32)
    if len(system):
        policy = PolicyBook().current(fetch)
        lasting = ~np.isin(evaluated_on, policy.effective_from)
        system, evaluated_on = system[lasting], evaluated_on[lasting]
        start = np.maximum(policy.counting_start(system, evaluated_on), 0).astype(np.int32)
    return unnested(
        {
            "system": (system, sa.SmallInteger()),
            "evaluated_on": (evaluated_on, sa.Date()),
            "start": (start, sa.Date()),
        },
        "begins",
    )


def granted_by_shard(connection: sa.Connection) -> Granted:
    """What was recorded of the members of each shard and not taken back, for comparison with the ledger.

    The ledger knows nothing of merges: what one gave to another record is told of that which it was recorded with.
    """
    granted = Granted([0] * SHARDS, [0] * SHARDS, [0] * SHARDS)
    for shard, recorded_for, points, spend, visits in connection.execute(sa.text(_GRANTED)):
        place = shard if recorded_for is None else int(shard_of([recorded_for])[0])
        granted.points[place] += points
        granted.spend[place] += spend
        granted.visits[place] += visits
    return granted
