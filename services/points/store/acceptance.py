"""Purchases accepted for good before anyone is asked what they are worth.

Why no interleaving loses a purchase or gives it two effects (READ COMMITTED: every statement has its own
snapshot):

- The primary key of `pending_purchase` lets one payload hold an id at a time, and that of `entry` one for
  ever. Who posts takes the pending row away and adds the entry in ONE statement, so everyone sees one of the
  two.
- `hold` comes first, and meets the pending row, or waits for whoever is taking it away: if that one commits,
  `hold` adds a row of its own. `ledger.read_posted` comes in a LATER statement and therefore sees the entry
  of everyone who took the row away before. So an id that is held and has no entry had not been posted when it
  was held.
- An entry that appears after that look is posted by another caller of the same payload, which is harmless:
  Tier answers both alike, and only one of the two entries is inserted. With another payload Tier refuses one
  of them.
- `callers` counts those who brought the purchase and were not told that it is refused. A refusal takes the
  row away only from the last of them, so that no one is told a refusal while a crash loses another's grant.
- Rows are written in the order of their ids, here and where they are posted, so that batches that share ids wait
  for one another; a deadlock that is left is found by PostgreSQL, and the transaction is tried again.
"""

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any, Final

import numpy as np
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.dml import ReturningInsert

from services.kernel.columns import Mask
from services.points.columns import Decisions, Pending, Texts
from services.points.store.affected import among, counted_and_named, size_of
from services.points.tables import PENDING_ORDER, PENDING_PURCHASE
from services.runtime.arrays import given, given_rows, is_given, parameters
from services.runtime.database import fetching

_COLUMNS: Final = [field.name for field in fields(Pending)]
_DECIDED: Final = [field.name for field in fields(Decisions) if field.name != "reason"]


def hold(connection: sa.Connection, pending: Pending) -> tuple[Pending, Mask]:
    """Accepts purchases; answers them as accepted, and which of them are held.

    A purchase that was accepted before with the same payload is held as it was decided then; one whose id
    another payload holds is not held. A refused purchase no longer holds its id.
    """
    sent = parameters(PENDING_PURCHASE, _COLUMNS, pending)
    counted, held, again = connection.execute(_HOLD, sent | size_of(pending.transaction_id)).one()
    is_held = among(pending.transaction_id, counted, held)
    return _as_decided_before(connection, pending, again) if again else pending, is_held


def release(connection: sa.Connection, transaction_ids: Texts) -> None:
    """Takes away what is not to be posted, as if it had never been accepted."""
    connection.execute(_RELEASE, given(PENDING_PURCHASE.c.transaction_id, transaction_ids))


def _holding() -> sa.Select[Any]:
    """Holds what can be held; answers how many, which (unless all are), and which others brought before."""
    rows = given_rows(PENDING_PURCHASE, _COLUMNS)
    wanted = sa.select(PENDING_ORDER.next_value().label("seq"), rows).cte("wanted")
    held = _upserted(wanted).cte("held")
    again = sa.func.array_agg(held.c.transaction_id).filter(held.c.callers > 1)
    return sa.select(*counted_and_named(held.c.transaction_id), again).select_from(held)


def _upserted(wanted: sa.CTE) -> ReturningInsert[Any]:
    in_order = sa.select(wanted).order_by(wanted.c.transaction_id)
    insert = postgresql.insert(PENDING_PURCHASE).from_select(["seq", *_COLUMNS], in_order)
    stored, new = PENDING_PURCHASE.c, insert.excluded
    holds = stored.refused_reason.is_(None)
    payload = [name for name in _COLUMNS if name not in ("transaction_id", *_DECIDED)]
    anew = {"seq": new.seq, **{name: new[name] for name in _DECIDED}}
    kept = {"accepted_at": sa.func.now(), "waiting": sa.false(), **anew}
    return insert.on_conflict_do_update(
        index_elements=["transaction_id"],
        where=sa.or_(~holds, stored.payload_hash == new.payload_hash),
        set_={
            **{name: new[name] for name in payload},
            **{name: sa.case((holds, stored[name]), else_=value) for name, value in kept.items()},
            "callers": sa.case((holds, stored.callers + 1), else_=1),
            "refused_reason": None,
        },
    ).returning(stored.transaction_id, stored.callers)


def _as_decided_before(connection: sa.Connection, pending: Pending, again: Sequence[str]) -> Pending:
    """What was decided when a purchase was accepted first holds, whatever policy came in between."""
    stored = fetching(connection)(_READ_DECIDED.params(given(PENDING_PURCHASE.c.transaction_id, again)))
    row_of = {transaction_id: row for row, transaction_id in enumerate(pending.transaction_id)}
    rows = np.array([row_of[transaction_id] for transaction_id in stored["transaction_id"]], dtype=np.intp)
    decided = {name: getattr(pending, name).copy() for name in _DECIDED}
    for name, column in decided.items():
        column[rows] = stored[name]
    return replace(pending, **decided)


_HOLD: Final = _holding()
_RELEASE: Final = sa.delete(PENDING_PURCHASE).where(is_given(PENDING_PURCHASE.c.transaction_id))
_READ_DECIDED: Final = sa.select(*(PENDING_PURCHASE.c[name] for name in ("transaction_id", *_DECIDED))).where(
    is_given(PENDING_PURCHASE.c.transaction_id)
)
