"""The promises of the Tier service: of each what it counts, and a query for those who break it."""

from collections.abc import Mapping
from typing import Final

from services.tier.columns import MoveReason

_BY_DATE: Final = (
    MoveReason.ENROLLED, MoveReason.RENEWED, MoveReason.GRACE_ENTERED, MoveReason.GRACE_EXPIRED,
    MoveReason.REVIEW_FAILED, MoveReason.RESET_FAILED, MoveReason.GRACE_LAPSED, MoveReason.THRESHOLD_LOST,
    MoveReason.GRACE_TOUCHED, MoveReason.LIFETIME_GRANTED, MoveReason.INACTIVATED,
)  # fmt: skip
_BY_CHECKS: Final = (MoveReason.THRESHOLD_LOST, MoveReason.GRACE_ENTERED)
_BY_STAFF: Final = (
    MoveReason.SYSTEM_CHANGED, MoveReason.MERGED_AWAY, MoveReason.MERGED_IN, MoveReason.MERGE_UNDONE,
    MoveReason.ERASED,
)  # fmt: skip


def _these(reasons: tuple[MoveReason, ...]) -> str:
    return f"({', '.join(str(reason.value) for reason in reasons)})"


_OF_MEMBER: Final = "m.shard = s.shard AND m.member_id = s.member_id"
_UNMERGED: Final = """NOT EXISTS (
             SELECT FROM member_merge WHERE s.member_id IN (source_member_id, target_member_id))"""

_STANDINGS: Final[Mapping[str, tuple[str, str]]] = {
    "Every member has a standing, and every standing a member, born in the same month": (
        "SELECT count(*) FROM member",
        "SELECT member_id FROM member m FULL JOIN standing s USING (shard, member_id) "
        "WHERE m.enrolled_on IS NULL OR s.enrolled_on IS NULL "
        "OR coalesce(extract(month FROM m.birthday), 0) <> s.birth_month",
    ),
    "What counts equals the recorded activity of the window": (
        "SELECT count(*) FROM standing",
        """SELECT s.member_id FROM standing s LEFT JOIN LATERAL (
             SELECT coalesce(sum(spend), 0) spend, coalesce(sum(visits), 0) visits, coalesce(sum(points), 0) points
             FROM activity_day d WHERE d.shard = s.shard AND d.member_id = s.member_id
             AND d.day BETWEEN s.counted_from AND s.evaluated_on) w ON true
           WHERE (s.spend, s.visits, s.points) IS DISTINCT FROM (w.spend, w.visits, w.points)""",
    ),
    "Every standing is where the last move led": (
        "SELECT count(*) FROM standing",
        f"""SELECT s.member_id FROM standing s LEFT JOIN LATERAL (
             SELECT CASE WHEN to_level < 0 THEN -1 ELSE system END AS system,
                    to_level, level_since, grace_until, locked_until
             FROM move m WHERE {_OF_MEMBER} ORDER BY seq DESC LIMIT 1) last ON true
           WHERE (last.system, last.to_level, last.level_since, last.grace_until, last.locked_until)
             IS DISTINCT FROM (s.system, s.level, s.level_since, s.grace_until, s.kept_until)""",
    ),
    "The marks of every standing are those that the last moves set": (
        "SELECT count(*) FROM standing",
        f"""SELECT s.member_id FROM standing s LEFT JOIN LATERAL (
             SELECT max(seq) FILTER (WHERE reason = {MoveReason.LIFETIME_GRANTED:d}) AS granted,
                    max(seq) FILTER (WHERE reason = {MoveReason.INACTIVATED:d}) AS inactivated,
                    max(seq) FILTER (WHERE reason = {MoveReason.REACTIVATED:d}) AS reactivated,
                    max(seq) FILTER (WHERE to_level < 0) AS departed
             FROM move m WHERE {_OF_MEMBER}) marked ON true
           LEFT JOIN move g ON g.seq = marked.granted AND g.seq > coalesce(marked.departed, 0)
           LEFT JOIN move i ON i.seq = marked.inactivated
             AND i.seq > greatest(marked.reactivated, marked.departed, 0)
           WHERE {_UNMERGED}
             AND (s.inactive_since IS DISTINCT FROM i.effective_on
               OR s.lifetime_since IS DISTINCT FROM g.effective_on)""",
    ),
    "What is held for life was never taken away": (
        "SELECT count(*) FROM standing WHERE lifetime_since IS NOT NULL",
        f"""SELECT s.member_id FROM standing s JOIN move m ON {_OF_MEMBER}
           WHERE s.lifetime_since IS NOT NULL AND m.to_rank < m.from_rank AND m.reason NOT IN {_these(_BY_STAFF)}
             AND m.seq > (SELECT max(seq) FROM move g WHERE g.shard = s.shard AND g.member_id = s.member_id
                          AND g.reason = {MoveReason.LIFETIME_GRANTED:d})""",
    ),
}

_ACTIVITIES: Final[Mapping[str, tuple[str, str]]] = {
    "The sums by day equal the recorded activities less their reversals": (
        "SELECT count(*) FROM activity_day",
        """SELECT member_id FROM (
             SELECT a.shard, a.member_id, a.occurred_on AS day, sum(a.spend) - coalesce(sum(r.spend), 0) spend,
                    sum(a.visits) - coalesce(sum(r.visits), 0) visits,
                    sum(a.points) - coalesce(sum(r.points), 0) points
             FROM activity a LEFT JOIN (
               SELECT transaction_id, sum(spend) spend, sum(visits) visits, sum(points) points
               FROM reversal GROUP BY 1) r USING (transaction_id)
             GROUP BY 1, 2, 3) a
           FULL JOIN activity_day d USING (shard, member_id, day)
           WHERE (a.spend, a.visits, a.points) IS DISTINCT FROM (d.spend, d.visits, d.points)""",
    ),
    "Treatments are numbered without a gap": (
        "SELECT count(*) FROM standing",
        # Records that were ever joined number on from the sum of both: there no number is given twice, until they are
        # separated and number on from what is their own.
        """SELECT member_id FROM standing s FULL JOIN (
             SELECT shard, member_id, sum(visits) treatments,
                    bool_and(ordinal - visits >= before OR owner IN (
                      SELECT target_member_id FROM member_merge WHERE undone_on IS NOT NULL)) apart,
                    bool_and(ordinal = counted) gapless FROM (
               SELECT shard, member_id, ordinal, visits, coalesce(source_member_id, member_id) AS owner,
                      coalesce(lag(ordinal) OVER (
                        PARTITION BY shard, member_id, merged_by ORDER BY ordinal, transaction_id), 0) before,
                      sum(visits) OVER (PARTITION BY shard, member_id ORDER BY ordinal, transaction_id) counted
               FROM activity LEFT JOIN member_merge ON request_id = merged_by WHERE visits > 0) n
             GROUP BY 1, 2) a USING (shard, member_id)
           WHERE coalesce(s.treatments, 0) <> coalesce(a.treatments, 0) OR NOT coalesce(a.apart, true)
             OR NOT coalesce(a.gapless, true) AND NOT EXISTS (
               SELECT FROM member_merge WHERE member_id IN (source_member_id, target_member_id))""",
    ),
    "No purchase was reversed beyond what it gave": (
        "SELECT count(*) FROM reversal",
        # Numeric division truncates toward zero like the rule; its product does not overflow.
        """SELECT coalesce(a.member_id, r.member_id) AS member_id FROM activity a RIGHT JOIN (
             SELECT transaction_id, min(member_id) AS member_id, min(shard) AS shard, max(member_id) AS last,
                    sum(base_micropoints) AS base, sum(package_micropoints) AS package, sum(spend) AS spend,
                    sum(visits) AS visits, sum(points) AS points
             FROM reversal GROUP BY transaction_id) r USING (transaction_id)
           WHERE (a.shard, a.member_id, a.member_id) IS DISTINCT FROM (r.shard, r.member_id, r.last)
             OR r.base > a.base_micropoints OR r.package > a.package_micropoints
             OR r.base - r.package > a.base_micropoints - a.package_micropoints
             OR r.spend > a.spend OR r.visits > a.visits
             OR r.points <> coalesce(div(
                  a.points::numeric * (r.base::numeric * 10000 + r.package::numeric * a.package_bonus_bp),
                  nullif(a.base_micropoints::numeric * 10000
                    + a.package_micropoints::numeric * a.package_bonus_bp, 0)), 0)""",
    ),
}

_MOVES: Final[Mapping[str, tuple[str, str]]] = {
    "A member moves at most once per rule and day": (
        "SELECT count(*) FROM move",
        # What a continuous check took may be won back by a purchase of the same day, and be lost again on it.
        f"""SELECT DISTINCT member_id FROM (
             SELECT shard, member_id, reason, seq, lag(seq) OVER (
               PARTITION BY shard, member_id, reason, touchpoint, effective_on ORDER BY seq) AS earlier
             FROM move WHERE reason IN {_these(_BY_DATE)}) d
           WHERE earlier IS NOT NULL AND (reason NOT IN {_these(_BY_CHECKS)} OR NOT EXISTS (
             SELECT FROM move m WHERE m.shard = d.shard AND m.member_id = d.member_id
             AND m.seq > d.earlier AND m.seq < d.seq AND m.transaction_id <> ''))""",
    ),
    "Every move begins where the one before it ended": (
        "SELECT count(*) FROM move",
        """SELECT member_id FROM (
             SELECT member_id, from_level, lag(to_level, 1, -1::smallint) OVER (
               PARTITION BY shard, member_id ORDER BY seq) AS before FROM move) m
           WHERE from_level <> before""",
    ),
}

PROMISES: Final[Mapping[str, tuple[str, str]]] = {**_STANDINGS, **_ACTIVITIES, **_MOVES}
"""By the words of the promise."""
