"""The promises of the ledger: of each what it is about, and a query for those who break it (`member_id`)."""

from collections.abc import Mapping
from typing import Final

from services.points.ledger_columns import ACTIVE, EARNING, POOL_PREFIX, EntryKind, RedemptionState
from services.points.reversal_columns import ReversalState

_TAKEN_BACK: Final = (
    EntryKind.PURCHASE_REVERSAL,
    EntryKind.REFERRAL_REVERSAL,
    EntryKind.MERGE_OUT,
    EntryKind.MERGE_IN,
)
_ACTS: Final = tuple(
    kind for kind in EntryKind if kind not in (*_TAKEN_BACK, EntryKind.UNSPECIFIED, EntryKind.EXPIRATION)
)

_BETWEEN_ACCOUNTS: Final = (
    EntryKind.TRANSFER_OUT,
    EntryKind.TRANSFER_IN,
    EntryKind.MERGE_OUT,
    EntryKind.MERGE_IN,
)


def _these(kinds: tuple[EntryKind, ...]) -> str:
    return f"({', '.join(str(kind.value) for kind in kinds)})"


def _unequal(kept: str, added: str) -> str:
    """Accounts whose column is not what the entries come to, and entries without an account."""
    return f"""
        SELECT member_id FROM account FULL JOIN (
          SELECT shard, member_id, {added} AS added FROM entry GROUP BY shard, member_id) e USING (shard, member_id)
        WHERE coalesce({kept}, 0) <> coalesce(added, 0)"""


def _taken_below_zero(kinds: tuple[EntryKind, ...]) -> str:
    """Entries after which the balance is negative, replayed in the order in which they were posted.

    What was held is taken even if a reversal has taken it meanwhile.
    """
    return f"""
        SELECT member_id FROM (
          SELECT member_id, kind, points, transaction_id, posted_at, sum(points) OVER so_far AS balance,
                 -sum(points) FILTER (WHERE points < 0 AND kind IN {_these(_TAKEN_BACK)}) OVER so_far AS taken_back
          FROM entry WINDOW so_far AS (PARTITION BY shard, member_id ORDER BY entry_id)) replayed
        WHERE points < 0 AND balance < 0 AND kind IN {_these(kinds)}
          AND NOT (kind = {EntryKind.REDEMPTION:d} AND balance + coalesce(taken_back, 0) >= 0 AND EXISTS (
            SELECT FROM redemption WHERE redemption_id = transaction_id AND authorised_at < posted_at))"""


_BALANCES: Final[Mapping[str, tuple[str, str]]] = {
    "A balance is the sum of the member's entries.": ("entry", _unequal("balance", "sum(points)")),
    "What a member ever earned is the sum of what was earned, less what was taken back of it.": (
        "entry",
        _unequal("lifetime_earned", f"coalesce(sum(points) FILTER (WHERE kind IN {_these(EARNING)}), 0)"),
    ),
    "A balance is negative only by a reversal.": ("entry", _taken_below_zero(_ACTS)),
    "No points expire that were not there.": ("entry", _taken_below_zero((EntryKind.EXPIRATION,))),
    # Who took in another record was active whenever one of the two was.
    "An account knows its last purchase or redemption.": (
        "account",
        f"""
        SELECT member_id FROM account FULL JOIN (
          SELECT shard, member_id, max(occurred_on) FILTER (WHERE kind IN {_these(ACTIVE)}) AS active,
                 bool_or(kind = {EntryKind.MERGE_IN:d}) AS took_in
          FROM entry GROUP BY shard, member_id) e USING (shard, member_id)
        WHERE active_on IS DISTINCT FROM active
          AND NOT coalesce(took_in AND active_on >= coalesce(active, active_on), false)""",
    ),
    "An account stands where the last change of level led.": (
        "account",
        """
        SELECT a.member_id FROM account a JOIN (
          SELECT DISTINCT ON (shard, member_id) shard, member_id, to_system, to_level FROM level_change
          ORDER BY shard, member_id, sequence DESC) c USING (shard, member_id)
        WHERE (a.tier_system, a.level) <> (to_system, to_level)""",
    ),
    "An account knows how often points of it expired.": (
        "account",
        _unequal("expirations", f"count(*) FILTER (WHERE kind = {EntryKind.EXPIRATION:d})"),
    ),
    # The oldest day of which points are left when the oldest are spent first; reversals take from their own day.
    "No points of an account are older than it knows.": (
        "account",
        """
        WITH day AS (
          SELECT shard, member_id, lot_on, sum(points) AS points FROM entry GROUP BY shard, member_id, lot_on),
        running AS (
          SELECT shard, member_id, lot_on, points,
                 sum(points) FILTER (WHERE lot_on IS NOT NULL AND points > 0) OVER oldest_first AS given,
                 -sum(points) FILTER (WHERE lot_on IS NULL OR points < 0) OVER account AS owed
          FROM day WINDOW account AS (PARTITION BY shard, member_id),
                          oldest_first AS (account ORDER BY lot_on)),
        oldest AS (
          SELECT shard, member_id, min(lot_on) AS lot_on FROM running
          WHERE points > 0 AND given > greatest(coalesce(owed, 0), 0) GROUP BY shard, member_id)
        SELECT member_id FROM oldest JOIN account USING (shard, member_id)
        WHERE oldest_on IS NULL OR oldest_on > lot_on""",
    ),
}

_PURCHASES: Final[Mapping[str, tuple[str, str]]] = {
    "A transaction has one entry.": (
        "entry",
        "SELECT min(member_id) AS member_id FROM entry GROUP BY transaction_id HAVING count(*) > 1",
    ),
    "A purchase is pending or posted, never both.": (
        "pending_purchase",
        """
        SELECT e.member_id FROM entry e JOIN pending_purchase p USING (transaction_id)
        WHERE p.refused_reason IS NULL""",
    ),
    # Numeric division truncates toward zero like the rule; its product does not overflow.
    "What a purchase earned follows from its breakdown.": (
        "entry",
        f"""
        SELECT member_id FROM entry
        WHERE kind = {EntryKind.PURCHASE:d} AND (points <> multiplied_points + treatment_bonus
          OR multiplied_points <> div(
               (base_micropoints::numeric * 10000 + package_micropoints::numeric * package_bonus_bp)
                 * level_multiplier_bp * birthday_multiplier_bp * property_multiplier_bp,
               1e22))""",
    ),
    "Nothing more is taken back of a purchase than it was.": (
        "reversal",
        f"""
        SELECT coalesce(e.member_id, r.member_id) AS member_id FROM entry e RIGHT JOIN (
          SELECT transaction_id, min(member_id) AS member_id, sum(service_minor) AS service,
                 sum(addon_minor) AS addon, sum(product_minor) AS product, sum(package_minor) AS package,
                 sum(treatments) AS treatments, sum(base_micropoints) AS base,
                 sum(package_micropoints) AS package_base, sum(qualifying_spend_minor) AS spend,
                 sum(multiplied_points) AS multiplied, sum(treatment_bonus) AS bonus,
                 sum(referral_bonus) AS referral
          FROM reversal WHERE state <> {ReversalState.REFUSED:d} GROUP BY transaction_id) r USING (transaction_id)
        WHERE e.kind IS DISTINCT FROM {EntryKind.PURCHASE:d}
          OR service > service_minor OR addon > addon_minor OR product > product_minor
          OR package > package_minor OR r.treatments > e.treatments OR base > base_micropoints
          OR package_base > package_micropoints OR spend > qualifying_spend_minor
          OR multiplied > multiplied_points OR bonus > treatment_bonus""",
    ),
    "A reversal has one entry of its points once it is posted, and none before.": (
        "reversal",
        f"""
        SELECT coalesce(r.member_id, e.member_id) AS member_id
        FROM (SELECT * FROM reversal WHERE state = {ReversalState.POSTED:d}) r
        FULL JOIN (SELECT * FROM entry WHERE kind = {EntryKind.PURCHASE_REVERSAL:d}) e
          ON e.transaction_id = r.reversal_id
        WHERE e.points IS DISTINCT FROM -(r.multiplied_points + r.treatment_bonus)
          OR e.related_id <> r.transaction_id""",
    ),
    "A referral is paid at most once, unless it was taken back.": (
        "referral",
        f"""
        SELECT coalesce(friend_id, r.related_id) AS member_id FROM referral FULL JOIN (
          SELECT related_id, sum(points) AS paid,
                 count(*) FILTER (WHERE kind = {EntryKind.REFERRAL_BONUS:d})
                   - count(*) FILTER (WHERE kind = {EntryKind.REFERRAL_REVERSAL:d}) AS times
          FROM entry WHERE kind IN {_these((EntryKind.REFERRAL_BONUS, EntryKind.REFERRAL_REVERSAL))}
          GROUP BY related_id) r ON related_id = friend_id
        WHERE coalesce(r.paid, 0) <> coalesce(referral.points, 0)
          OR coalesce(r.times, 0) <> (coalesce(referral.points, 0) > 0)::int""",
    ),
}

_PAYMENTS: Final[Mapping[str, tuple[str, str]]] = {
    # One that was captured from a merged record, and is its own again, has left its entry with the other.
    "A redemption has one entry of its points once it is captured, and none before.": (
        "redemption",
        f"""
        SELECT coalesce(r.member_id, e.member_id) AS member_id
        FROM (SELECT * FROM redemption WHERE state = {RedemptionState.CAPTURED:d}) r
        FULL JOIN (SELECT * FROM entry WHERE kind = {EntryKind.REDEMPTION:d}) e
          ON e.transaction_id = r.redemption_id
        WHERE e.points IS DISTINCT FROM -r.captured_points OR (e.member_id <> r.member_id AND NOT EXISTS (
          SELECT FROM entry gave WHERE gave.shard = e.shard AND gave.member_id = e.member_id
            AND gave.kind = {EntryKind.MERGE_OUT:d}))""",
    ),
    "Nothing more is taken or given back of a redemption than it was.": (
        "redemption",
        f"""
        SELECT coalesce(r.member_id, e.member_id) AS member_id FROM redemption r FULL JOIN (
          SELECT related_id, min(member_id) AS member_id, sum(points) AS given_back FROM entry
          WHERE kind = {EntryKind.REDEMPTION_REVERSAL:d} GROUP BY related_id) e ON related_id = redemption_id
        WHERE reversed_points IS DISTINCT FROM coalesce(given_back, 0)
          OR reversed_points > captured_points OR captured_points > points
          OR captured_value_minor > value_minor""",
    ),
    # Each side of a merge has a number; what a transfer brings has one entry a day of earning, named after what left.
    "Both sides of a transfer or of a merge cancel out.": (
        "entry",
        f"""
        SELECT min(member_id) AS member_id FROM entry
        WHERE kind IN {_these(_BETWEEN_ACCOUNTS)}
        GROUP BY regexp_replace(regexp_replace(transaction_id, '^transfer-in [0-9]+ ', ''),
                                '^(undo )?merge-(in|out) ', '\\1merge ')
        HAVING sum(points) <> 0""",
    ),
    "Everybody in a pool is in one that exists, and nobody's points are in one that is empty.": (
        "pool_member",
        f"""
        SELECT m.member_id FROM pool_member m LEFT JOIN pool p USING (pool_id) WHERE p.pool_id IS NULL
        UNION ALL
        SELECT a.member_id FROM account a
        WHERE starts_with(a.member_id, '{POOL_PREFIX}') AND balance <> 0 AND NOT EXISTS (
          SELECT FROM pool_member m WHERE '{POOL_PREFIX}' || m.pool_id = a.member_id)""",
    ),
    "An award that waits for its member is not posted yet.": (
        "waiting_award",
        """
        SELECT w.member_id FROM waiting_award w
        JOIN entry e ON e.transaction_id = 'award ' || w.award_id""",
    ),
}

PROMISES: Final[Mapping[str, tuple[str, str]]] = {**_BALANCES, **_PURCHASES, **_PAYMENTS}
"""By promise in words: the table of the rows that it is about, and a select of the members who break it."""
