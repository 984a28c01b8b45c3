"""What can go wrong with a ledger: each damage, the promise that it breaks, and who is named."""

from dataclasses import dataclass

import sqlalchemy as sa

from services.points.ledger_columns import EntryKind
from services.points.recording.entries import NewEntry
from services.runtime.database import Connection, Database
from tests.points.ledger_entries import TODAY, entry, post


@dataclass(frozen=True)
class Damage:
    """What is done to the ledger, the promise that it breaks, and who is named."""

    done: str | NewEntry
    broken: str
    member: str = "M1"

    def do(self, database: Database, connection: Connection) -> None:
        if isinstance(self.done, str):
            connection.execute(sa.text(self.done))
        else:
            post(database, self.done)


def of_purchase(**changed: int) -> list[Damage]:
    return [
        Damage(
            f"UPDATE reversal SET {name} = {value}", "Nothing more is taken back of a purchase than it was."
        )
        for name, value in changed.items()
    ]


EARNED = "What a purchase earned follows from its breakdown."
ONE_REVERSAL = "A reversal has one entry of its points once it is posted, and none before."
ONE_REDEMPTION = "A redemption has one entry of its points once it is captured, and none before."
OF_REDEMPTION = "Nothing more is taken or given back of a redemption than it was."
REFERRALS = "A referral is paid at most once, unless it was taken back."
POOLS = "Everybody in a pool is in one that exists, and nobody's points are in one that is empty."
CANCEL = "Both sides of a transfer or of a merge cancel out."
ACTIVE = "An account knows its last purchase or redemption."
LEVEL = "An account stands where the last change of level led."
OLDEST = "No points of an account are older than it knows."
DAMAGES = [
    Damage("UPDATE account SET balance = 99 WHERE member_id = 'M1'", "A balance is the sum of the member's entries."),
    Damage(
        "UPDATE account SET lifetime_earned = 1 WHERE member_id = 'M1'",
        "What a member ever earned is the sum of what was earned, less what was taken back of it.",
    ),
    Damage(entry("A", -1_000), "A balance is negative only by a reversal."),
    Damage(entry("expiration 2 M2", -46, "M2", EntryKind.EXPIRATION), "No points expire that were not there.", "M2"),
    Damage("UPDATE account SET active_on = active_on - 1 WHERE member_id = 'M1'", ACTIVE),
    Damage("UPDATE account SET active_on = active_on + 1 WHERE member_id = 'M2'", ACTIVE, "M2"),
    Damage("UPDATE account SET active_on = NULL WHERE member_id = 'M2'", ACTIVE, "M2"),
    Damage("UPDATE account SET active_on = current_date WHERE member_id = 'pool H'", ACTIVE, "pool H"),
    Damage("UPDATE account SET level = 'blue' WHERE member_id = 'M1'", LEVEL),
    Damage("UPDATE account SET tier_system = 'game' WHERE member_id = 'M1'", LEVEL),
    Damage(entry("merge-in 7 2 M3", 1, kind=EntryKind.MERGE_IN), CANCEL),
    Damage(entry("undo merge-in 8 2 M3", 1, "M3", EntryKind.MERGE_IN), CANCEL, "M3"),
    Damage(
        "UPDATE account SET expirations = 2 WHERE member_id = 'M1'",
        "An account knows how often points of it expired.",
    ),
    Damage("UPDATE account SET oldest_on = oldest_on + 1 WHERE member_id = 'M2'", OLDEST, "M2"),
    Damage("UPDATE account SET oldest_on = NULL WHERE member_id = 'M2'", OLDEST, "M2"),
    Damage(
        "INSERT INTO pending_purchase (transaction_id, payload_hash, shard, member_id, occurred_on,"
        " points_revision, seq) SELECT transaction_id, payload_hash, shard, member_id, occurred_on, 1, 1"
        " FROM entry WHERE transaction_id = 'T1'",
        "A purchase is pending or posted, never both.",
    ),
    Damage("UPDATE entry SET treatment_bonus = 1 WHERE transaction_id = 'T1'", EARNED),
    Damage("UPDATE entry SET birthday_multiplier_bp = 10100 WHERE transaction_id = 'T1'", EARNED),
    Damage("UPDATE entry SET base_micropoints = 101000000 WHERE transaction_id = 'T1'", EARNED),
    *of_purchase(
        service_minor=10_001, addon_minor=1, product_minor=1, package_minor=1, treatments=4,
        base_micropoints=100_000_001, package_micropoints=1, qualifying_spend_minor=10_001,
    ),
    Damage(
        "INSERT INTO reversal SELECT 'R2', credit_note_id, payload_hash, transaction_id, purchase_shard, shard,"
        " member_id, occurred_us, occurred_on, everything, 6001, 0, 0, 0, 0, 0, 0, 0, seq, 1 FROM reversal",
        "Nothing more is taken back of a purchase than it was.",
    ),
    Damage("UPDATE reversal SET multiplied_points = 39", ONE_REVERSAL),
    Damage("UPDATE reversal SET state = 1", ONE_REVERSAL),
    Damage("UPDATE entry SET related_id = 'T2' WHERE transaction_id = 'R1'", ONE_REVERSAL),
    Damage(entry("R9", -1, kind=EntryKind.PURCHASE_REVERSAL, lot_on=TODAY, related_id="T1"), ONE_REVERSAL),
    Damage("UPDATE referral SET points = 0, paid_by = ''", REFERRALS, "M2"),
    Damage(entry("referral 2 M2", 25, kind=EntryKind.REFERRAL_BONUS, related_id="M2"), REFERRALS, "M2"),
    Damage(entry("referral 1 M7", 25, kind=EntryKind.REFERRAL_BONUS, related_id="M7"), REFERRALS, "M7"),
    Damage("UPDATE redemption SET state = 3", ONE_REDEMPTION),
    Damage("UPDATE redemption SET captured_points = 29", ONE_REDEMPTION),
    Damage(entry("P9", -1, kind=EntryKind.REDEMPTION), ONE_REDEMPTION),
    Damage("UPDATE redemption SET reversed_points = 9", OF_REDEMPTION),
    Damage("UPDATE redemption SET points = 29", OF_REDEMPTION),
    Damage("UPDATE redemption SET captured_value_minor = 301", OF_REDEMPTION),
    Damage(entry("P3", 30, kind=EntryKind.REDEMPTION_REVERSAL, related_id="P1"), OF_REDEMPTION),
    Damage(entry("P3", 30, kind=EntryKind.REDEMPTION_REVERSAL, related_id="P7"), OF_REDEMPTION),
    Damage(
        entry("transfer-in 3 X1", 1, "pool H", EntryKind.TRANSFER_IN), CANCEL, "M1"
    ),
    Damage("DELETE FROM pool", POOLS),
    Damage("DELETE FROM pool_member", POOLS, "pool H"),
    Damage(
        entry("award A1", 5, "M9", EntryKind.AWARD), "An award that waits for its member is not posted yet.", "M9"
    ),
]  # fmt: skip
