"""A ledger in which everything happened once."""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from services.kernel.shards import shard_of
from services.points.ledger_columns import EntryKind, RedemptionState
from services.points.tables import (
    ACCOUNT,
    LEVEL_CHANGE,
    POOL,
    POOL_MEMBER,
    REDEMPTION,
    REFERRAL,
    REVERSAL,
    WAITING_AWARD,
)
from tests.points.ledger_entries import TODAY, entry, post
from tests.points.world import NOW, World, purchase

SHARD = int(shard_of(["M1"])[0])
OF_M1 = {"shard": SHARD, "member_id": "M1", "payload_hash": b"", "occurred_on": TODAY}

REVERSED = {
    **OF_M1,
    "reversal_id": "R1",
    "transaction_id": "T1",
    "purchase_shard": SHARD,
    "occurred_us": 0,
    "everything": False,
    "service_minor": 4_000,
    "treatments": 1,
    "base_micropoints": 40_000_000,
    "package_micropoints": 0,
    "qualifying_spend_minor": 4_000,
    "seq": 1,
    "state": 2,
    "multiplied_points": 40,
}
REDEEMED = {
    **OF_M1,
    "redemption_id": "P1",
    "redeemed_by": "M1",
    "points": 30,
    "value_minor": 300,
    "state": RedemptionState.CAPTURED,
    "expires_at": NOW,
    "captured_points": 30,
    "captured_value_minor": 300,
    "reversed_points": 10,
    "points_revision": 1,
}
FOLLOWING = (
    entry("R1", -40, kind=EntryKind.PURCHASE_REVERSAL, lot_on=TODAY, related_id="T1"),
    entry("P1", -30, kind=EntryKind.REDEMPTION),
    entry("P2", 10, kind=EntryKind.REDEMPTION_REVERSAL, related_id="P1"),
    entry("X1", -20, kind=EntryKind.TRANSFER_OUT, related_id="pool H"),
    entry("transfer-in 1 X1", 12, "pool H", EntryKind.TRANSFER_IN, related_id="M1"),
    entry("transfer-in 2 X1", 8, "pool H", EntryKind.TRANSFER_IN, related_id="M1"),
    entry("referral 1 M2", 25, kind=EntryKind.REFERRAL_BONUS, related_id="M2"),
    entry("expiration 1 M2", -5, "M2", EntryKind.EXPIRATION),
    entry("A0", 15, "M3"),
    entry("merge-out 7 1 M3", -15, "M3", EntryKind.MERGE_OUT, lot_on=TODAY, related_id="M1"),
    entry("merge-in 7 1 M3", 15, "M1", EntryKind.MERGE_IN, lot_on=TODAY, related_id="M3"),
    entry("undo merge-out 8 1 M3", -4, "M1", EntryKind.MERGE_OUT, lot_on=TODAY, related_id="M3"),
    entry("undo merge-in 8 1 M3", 4, "M3", EntryKind.MERGE_IN, lot_on=TODAY, related_id="M1"),
)
GOLD = {"tier_system": "spa", "level": "gold"}
PROMOTED = {
    **{name: OF_M1[name] for name in ("shard", "member_id")},
    "sequence": 3,
    "effective_on": TODAY,
    "from_system": "",
    "from_level": "",
    "to_system": "spa",
    "to_level": "gold",
}


async def live(world: World) -> None:
    """M1 bought, refunded, redeemed, put points into a pool, was joined with M3 and parted again, and brought M2,
    some of whose points expired."""
    await world.record(purchase(treatments=3), purchase("T2", "M2", 5_000))
    rows: Iterable[tuple[sa.Table, dict[str, Any]]] = (
        (REVERSAL, REVERSED),
        (REDEMPTION, REDEEMED),
        (REFERRAL, {"friend_id": "M2", "referrer_id": "M1", "recorded_on": TODAY, "paid_by": "T2", "points": 25}),
        (POOL, {"pool_id": "H"}),
        (LEVEL_CHANGE, PROMOTED),
        (POOL_MEMBER, {"member_id": "M1", "pool_id": "H"}),
        (
            WAITING_AWARD,
            {"award_id": "A1", "member_id": "M9", "code": "", "actor_id": "", "note": "", "points": 5,
             "awarded_on": TODAY},
        ),
    )  # fmt: skip
    for table, row in rows:
        world.database.transact(lambda connection, t=table, r=row: connection.execute(sa.insert(t).values(r)))  # type: ignore[misc]
    post(world.database, *FOLLOWING)
    gold = sa.update(ACCOUNT).where(ACCOUNT.c.member_id == "M1").values(GOLD)
    world.database.transact(lambda connection: connection.execute(gold))
