"""The ledger: entries once for ever, and the balances that are their sums."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from services.kernel.columns import Mask
from services.kernel.shards import shard_of
from services.points.columns import Pending, Priced
from services.points.ledger_columns import EntryKind
from services.points.store.affected import among, counted_and_named, size_of
from services.points.store.lines import RETURNED, credited
from services.points.store.pending import IS_SAME_PURCHASE
from services.points.tables import ACCOUNT, ENTRY, ENTRY_ORDER, PENDING_PURCHASE
from services.runtime.arrays import given, given_rows, insert_rows, is_given, parameters, rows_of
from services.runtime.database import fetching

_PENDING: Final = [field.name for field in fields(Pending)]
_PRICED: Final = [field.name for field in fields(Priced) if field.name != "reason"]


@dataclass(frozen=True, slots=True)
class PostedPurchases:
    """Purchases found in the ledger, and what Tier had made of them."""

    pending: Pending
    priced: Priced


def post(connection: sa.Connection, pending: Pending, priced: Priced) -> Mask:
    """Adds entries, adds their points to the balances, and takes the purchases from what is pending.

    One statement, in which only entries that were really inserted are credited. Answers which were: those that
    had been posted before are left alone.
    """
    columns = parameters(ENTRY, _PENDING, pending) | parameters(ENTRY, _PRICED, priced)
    counted, named = connection.execute(_POST, columns | size_of(pending.transaction_id)).one()
    return among(pending.transaction_id, counted, named)


def _posting() -> sa.Select[Any]:
    columns = [*_PENDING, *_PRICED]
    rows = given_rows(ENTRY, columns)
    wanted = sa.select(
        ENTRY_ORDER.next_value().label("entry_id"),
        sa.literal(EntryKind.PURCHASE, sa.SmallInteger).label("kind"),
        rows,
        rows.c.occurred_on.label("lot_on"),
    ).cte("wanted")
    inserted = (
        postgresql.insert(ENTRY)
        .from_select(
            ["entry_id", "kind", *columns, "lot_on"], sa.select(wanted).order_by(wanted.c.transaction_id)
        )
        .on_conflict_do_nothing()
        .returning(*(ENTRY.c[name] for name in RETURNED))
        .cte("inserted")
    )
    removed = sa.delete(PENDING_PURCHASE).where(*IS_SAME_PURCHASE).cte("removed")
    answer = counted_and_named(inserted.c.transaction_id)
    return sa.select(*answer).select_from(inserted).add_cte(credited(inserted), removed)


def read_posted(connection: sa.Connection, transaction_ids: Sequence[str]) -> PostedPurchases:
    """Those of the transactions that are in the ledger, in any order."""
    fetched = fetching(connection)(_READ_POSTED.params(given(ENTRY.c.transaction_id, transaction_ids)))
    granted = np.zeros(len(fetched["points"]), dtype=np.int16)
    return PostedPurchases(
        Pending(**{name: fetched[name] for name in _PENDING}),
        Priced(reason=granted, **{name: fetched[name] for name in _PRICED}),
    )


def record_referral_bonuses(connection: sa.Connection, bonuses: Mapping[str, int]) -> None:
    """Notes with purchases what they gave to whoever brought their members."""
    paid = rows_of(
        ENTRY,
        {
            "transaction_id": list(bonuses),
            "referral_bonus": np.array(list(bonuses.values()), dtype=np.int64),
        },
    )
    connection.execute(
        sa.update(ENTRY)
        .where(ENTRY.c.transaction_id == paid.c.transaction_id)
        .values(referral_bonus=paid.c.referral_bonus)
    )


def open_accounts(connection: sa.Connection, member_ids: Collection[str]) -> None:
    """Gives members (each named once) an account with no points; those who have one keep it."""
    members = sorted(zip(shard_of(member_ids).tolist(), member_ids, strict=True))
    no_points = np.zeros(len(members), dtype=np.int64)
    columns = {
        "shard": np.array([shard for shard, _ in members], dtype=np.int16),
        "member_id": [member_id for _, member_id in members],
        "balance": no_points,
        "lifetime_earned": no_points,
    }
    connection.execute(insert_rows(ACCOUNT, columns).on_conflict_do_nothing())


_POST: Final = _posting()
_READ_POSTED: Final = sa.select(*(ENTRY.c[name] for name in (*_PENDING, *_PRICED))).where(
    is_given(ENTRY.c.transaction_id)
)
