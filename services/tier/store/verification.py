"""The promises of the Tier service, each as a query for those who break it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import sqlalchemy as sa

from services.kernel.calendar import Days
from services.kernel.shards import SHARDS
from services.runtime.arrays import unnested
from services.runtime.database import Fetch, fetching
from services.tier.columns import Ids
from services.tier.store.policies import PolicyBook
from services.tier.tables import STANDING

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Checked:
    """What checking one promise found; `members` are up to 20 of those who break it."""

    promise: str
    checked: int
    breaches: int
    members: list[str]


_PROMISES: Final = {
    "Every member has a standing, and every standing a member": (
        "SELECT count(*) FROM member",
        "SELECT member_id FROM member m FULL JOIN standing s USING (shard, member_id) "
        "WHERE m.enrolled_on IS NULL OR s.enrolled_on IS NULL",
    ),
    "What counts equals the recorded activity of the window": (
        "SELECT count(*) FROM standing",
        """SELECT s.member_id FROM standing s LEFT JOIN LATERAL (
             SELECT coalesce(sum(spend), 0) spend, coalesce(sum(visits), 0) visits, coalesce(sum(points), 0) points
             FROM activity_day d WHERE d.shard = s.shard AND d.member_id = s.member_id
             AND d.day BETWEEN s.counted_from AND s.evaluated_on) w ON true
           WHERE (s.spend, s.visits, s.points) IS DISTINCT FROM (w.spend, w.visits, w.points)""",
    ),
    "The sums by day equal the recorded activities": (
        "SELECT count(*) FROM activity_day",
        """SELECT member_id FROM (
             SELECT shard, member_id, occurred_on AS day, sum(spend) spend, sum(visits) visits, sum(points) points
             FROM activity GROUP BY 1, 2, 3) a
           FULL JOIN activity_day d USING (shard, member_id, day)
           WHERE (a.spend, a.visits, a.points) IS DISTINCT FROM (d.spend, d.visits, d.points)""",
    ),
    "Treatments are numbered without a gap": (
        "SELECT count(*) FROM standing",
        """SELECT member_id FROM standing s FULL JOIN (
             SELECT shard, member_id, max(ordinal) treatments, bool_and(ordinal = counted) gapless FROM (
               SELECT shard, member_id, ordinal,
                      sum(visits) OVER (PARTITION BY shard, member_id ORDER BY ordinal, transaction_id) counted
               FROM activity WHERE visits > 0) n
             GROUP BY 1, 2) a USING (shard, member_id)
           WHERE coalesce(s.treatments, 0) <> coalesce(a.treatments, 0) OR NOT coalesce(a.gapless, true)""",
    ),
    "Every standing is where the last move led": (
        "SELECT count(*) FROM standing",
        """SELECT s.member_id FROM standing s LEFT JOIN LATERAL (
             SELECT to_level, grace_until FROM move m WHERE m.shard = s.shard AND m.member_id = s.member_id
             ORDER BY seq DESC LIMIT 1) last ON true
           WHERE last.to_level IS DISTINCT FROM s.level OR last.grace_until IS DISTINCT FROM s.grace_until
             -- Grace that ends while the system is inactive ends without a move (DECISIONS, Meanings 17).
             AND NOT (s.grace_until IS NULL AND coalesce(last.grace_until <= s.evaluated_on, false))""",
    ),
    "A member moves at most once per rule and day": (
        "SELECT count(*) FROM move",
        """SELECT member_id FROM move WHERE reason IN (1, 4, 5, 7, 8, 9)
           GROUP BY shard, member_id, reason, effective_on HAVING count(*) > 1""",
    ),
    "Every move begins where the one before it ended": (
        "SELECT count(*) FROM move",
        """SELECT member_id FROM (
             SELECT member_id, from_level, reason,
                    lag(to_level) OVER (PARTITION BY shard, member_id ORDER BY seq) AS before FROM move) m
           WHERE from_level IS DISTINCT FROM before AND NOT (reason = 1 AND before IS NULL)""",
    ),
}


def verify_standings(connection: sa.Connection) -> Iterator[Checked]:
    """Checks each promise in turn on one snapshot of the data."""
    connection.execute(sa.text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
    for promise, (checked, breaking) in _PROMISES.items():
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


def points_by_shard(connection: sa.Connection) -> list[int]:
    """Points granted to the members of each shard, for comparison with the ledger."""
    totals = [0] * SHARDS
    for shard, points in connection.execute(
        sa.text("SELECT shard, sum(points)::bigint FROM activity GROUP BY shard")
    ):
        totals[shard] = points
    return totals
