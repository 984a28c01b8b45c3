"""The promises of the Tier service, each as a query for those who break it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from services.kernel.shards import SHARDS

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
             SELECT shard, member_id, sum(visits) treatments FROM activity GROUP BY 1, 2) a USING (shard, member_id)
           WHERE coalesce(s.treatments, 0) <> coalesce(a.treatments, 0)""",
    ),
    "Every standing is where the last move led": (
        "SELECT count(*) FROM standing",
        """SELECT s.member_id FROM standing s LEFT JOIN LATERAL (
             SELECT to_level, grace_until FROM move m WHERE m.shard = s.shard AND m.member_id = s.member_id
             ORDER BY seq DESC LIMIT 1) last ON true
           WHERE last.to_level IS DISTINCT FROM s.level""",
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
        total = connection.scalar(sa.text(checked)) or 0
        counted = sa.text(
            f"WITH breaking AS ({breaking}) SELECT (SELECT count(*) FROM breaking), "
            f"array(SELECT DISTINCT member_id FROM breaking ORDER BY 1 LIMIT {_SHOWN})"
        )
        breaches, members = connection.execute(counted).one()
        yield Checked(promise, total, breaches, members)


def points_by_shard(connection: sa.Connection) -> list[int]:
    """Points granted to the members of each shard, for comparison with the ledger."""
    totals = [0] * SHARDS
    for shard, points in connection.execute(
        sa.text("SELECT shard, sum(points)::bigint FROM activity GROUP BY shard")
    ):
        totals[shard] = points
    return totals
