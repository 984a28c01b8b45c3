"""Whose transaction ids are: one id has one effect, whichever kind of act brings it.

Why no two acts take one id at once (READ COMMITTED: every statement has its own snapshot): `claim` adds a row to
`pending_purchase` and takes it away again, so that whoever accepts a purchase of that id, or claims it for another
act, waits at its primary key until this transaction has ended. `read_claims` comes in a LATER statement and
therefore sees the effects of everyone who had the id before; whoever waited sees those of this one.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import sqlalchemy as sa

from services.points.ledger_columns import EntryKind
from services.points.reversal_columns import ACCEPTED
from services.points.tables import ENTRY, PENDING_PURCHASE, REDEMPTION, REVERSAL
from services.runtime.arrays import insert_rows

Claim = tuple[int, bytes]
"""A kind of entry, and the hash of what was asked for."""

_NO_PURCHASE: Final = 0
"""A place that the sequence of pending purchases never gives."""

_TOLD_BY_THEIR_OWN_TABLES: Final = (EntryKind.REDEMPTION, EntryKind.PURCHASE_REVERSAL)


def claim(connection: sa.Connection, transaction_ids: Sequence[str]) -> None:
    """Holds ids (each named once) until the transaction ends; waits for others who hold or use them."""
    ids = sorted(transaction_ids)
    nothing = np.zeros(len(ids), dtype=np.int64)
    held = {
        "transaction_id": ids,
        "payload_hash": [b""] * len(ids),
        "shard": nothing.astype(np.int16),
        "member_id": [""] * len(ids),
        "occurred_on": nothing.astype(np.int32),
        "points_revision": nothing.astype(np.int32),
        "seq": np.full(len(ids), _NO_PURCHASE, dtype=np.int64),
    }
    connection.execute(insert_rows(PENDING_PURCHASE, held).on_conflict_do_nothing())
    mine = (PENDING_PURCHASE.c.transaction_id.in_(ids), PENDING_PURCHASE.c.seq == _NO_PURCHASE)
    connection.execute(sa.delete(PENDING_PURCHASE).where(*mine))


def read_claims(connection: sa.Connection, transaction_ids: Sequence[str]) -> Mapping[str, set[Claim]]:
    """What each id stands for; ids that are free are left out.

    A refused purchase or reversal no longer holds its id. The id of a credit note is that of its reversals together.
    """
    purchase, reversal, redemption = PENDING_PURCHASE.c, REVERSAL.c, REDEMPTION.c
    accepted = reversal.state.in_(ACCEPTED)
    selects = [
        _claims(ENTRY.c.transaction_id, ENTRY.c.kind, ENTRY.c.payload_hash, transaction_ids).where(
            ENTRY.c.kind.not_in(_TOLD_BY_THEIR_OWN_TABLES)
        ),
        _claims(
            purchase.transaction_id, _kind(EntryKind.PURCHASE), purchase.payload_hash, transaction_ids
        ).where(purchase.refused_reason.is_(None)),
        *(
            _claims(named, _kind(EntryKind.PURCHASE_REVERSAL), reversal.payload_hash, transaction_ids).where(
                accepted
            )
            for named in (reversal.reversal_id, reversal.credit_note_id)
        ),
        _claims(
            redemption.redemption_id, _kind(EntryKind.REDEMPTION), redemption.payload_hash, transaction_ids
        ),
    ]
    claims: dict[str, set[Claim]] = {}
    for transaction_id, kind, payload_hash in connection.execute(sa.union_all(*selects)):
        claims.setdefault(transaction_id, set()).add((kind, bytes(payload_hash)))
    return claims


def _claims(
    named: sa.ColumnElement[str],
    kind: sa.ColumnElement[int],
    payload_hash: sa.ColumnElement[bytes],
    transaction_ids: Sequence[str],
) -> sa.Select[Any]:
    columns: tuple[Any, ...] = (
        named.label("transaction_id"),
        kind.label("kind"),
        payload_hash.label("payload_hash"),
    )
    return sa.select(*columns).where(named.in_(transaction_ids))


def _kind(kind: EntryKind) -> sa.ColumnElement[int]:
    return sa.literal(int(kind), sa.SmallInteger)
