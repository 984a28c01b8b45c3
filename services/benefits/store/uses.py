"""Granted uses of allowances, one for each transaction id, for ever."""

import sqlalchemy as sa

from services.benefits.columns import Allowances, EarlierUses, UseDecisions, Uses
from services.benefits.tables import ALLOWANCE_USE
from services.kernel.columns import taken
from services.runtime.arrays import insert_rows, rows_of
from services.runtime.database import Fetch


def read_earlier_uses(fetch: Fetch, transaction_ids: list[str]) -> EarlierUses:
    """What was granted before under the given ids."""
    given = rows_of(ALLOWANCE_USE, {"transaction_id": transaction_ids})
    t = ALLOWANCE_USE
    return EarlierUses(
        **fetch(
            sa.select(t.c.transaction_id, t.c.payload_hash, t.c.remaining).join_from(
                t, given, t.c.transaction_id == given.c.transaction_id
            )
        )
    )


def record_uses(connection: sa.Connection, uses: Uses, decided: UseDecisions, candidates: Allowances) -> None:
    """Adds the uses granted now; two that race for one id collide on the key and are tried again."""
    now = decided.granted_now()
    granted, taken_from = taken(uses, now), decided.allowance[now]
    connection.execute(
        insert_rows(
            ALLOWANCE_USE,
            {
                "transaction_id": granted.transaction_id,
                "payload_hash": granted.payload_hash.tolist(),
                "shard": granted.shard,
                "member_id": granted.member_id,
                "code": granted.code,
                "level": candidates.level[taken_from],
                "period_start": candidates.period_start[taken_from],
                "used_on": granted.used_on,
                "quantity": granted.quantity,
                "value_minor": granted.value_minor,
                "remaining": decided.remaining[now],
            },
        )
    )
