"""Purchases as far as they can be taken back, and whose they are."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import numpy as np
import sqlalchemy as sa

from services.kernel.shards import shard_of
from services.points.ledger_columns import EntryKind
from services.points.reversal_columns import ACCEPTED, PARTS, Bought
from services.points.tables import ENTRY, PENDING_PURCHASE, REVERSAL
from services.runtime.arrays import rows_of
from services.runtime.database import Fetched, fetching

_COLUMNS: Final = (
    "transaction_id",
    "entry_id",
    "shard",
    "member_id",
    "occurred_us",
    "occurred_on",
    "points_revision",
    "package_micropoints",
    "treatment_ordinal",
    "treatment_every",
    "treatment_points",
)


def read_bought(connection: sa.Connection, transaction_ids: Collection[str]) -> Bought:
    """Those of the purchases that are in the ledger, in any order."""
    wanted = rows_of(ENTRY, {"transaction_id": sorted(transaction_ids)}, "wanted")
    same = ENTRY.c.transaction_id == wanted.c.transaction_id
    return _bought(fetching(connection)(_purchases(wanted, same)))


def read_bought_by(connection: sa.Connection, member_ids: Collection[str]) -> Bought:
    """All purchases in the ledger that these members made, in any order."""
    wanted = rows_of(ENTRY, {"shard": shard_of(member_ids), "member_id": list(member_ids)}, "wanted")
    same = (ENTRY.c.shard == wanted.c.shard) & (ENTRY.c.member_id == wanted.c.member_id)
    return _bought(fetching(connection)(_purchases(wanted, same)))


def read_pending_among(connection: sa.Connection, transaction_ids: Sequence[str]) -> set[str]:
    """Those of the ids whose purchases are accepted and still to be posted."""
    pending = PENDING_PURCHASE.c
    accepted = sa.select(pending.transaction_id).where(
        pending.transaction_id.in_(transaction_ids), pending.refused_reason.is_(None)
    )
    return set(connection.scalars(accepted))


def read_first_waiting(connection: sa.Connection, member_ids: Collection[str]) -> Mapping[str, int]:
    """When the earliest purchase of a member was made that waits to be posted; those without one are left out."""
    pending = PENDING_PURCHASE.c
    shards = shard_of(member_ids).tolist()
    waiting = (
        sa.select(pending.member_id, sa.func.min(pending.occurred_us).label("occurred_us"))
        .where(pending.waiting, pending.shard.in_(set(shards)), pending.member_id.in_(list(member_ids)))
        .group_by(pending.member_id)
    )
    return {row.member_id: row.occurred_us for row in connection.execute(waiting)}


def _purchases(wanted: sa.TableValuedAlias, same: sa.ColumnElement[bool]) -> sa.Select[Any]:
    of_purchase = (REVERSAL.c.transaction_id == ENTRY.c.transaction_id, REVERSAL.c.state.in_(ACCEPTED))
    taken = (
        sa.select(
            *(_total(REVERSAL.c[part]).label(part) for part in PARTS),
            _total(REVERSAL.c.treatment_bonus).label("treatment_bonus"),
        )
        .where(*of_purchase)
        .lateral("taken")
    )
    return (
        sa.select(
            *(ENTRY.c[name] for name in _COLUMNS),
            *(ENTRY.c[part].label(f"whole_{part}") for part in PARTS),
            *((ENTRY.c[part] - taken.c[part]).label(f"left_{part}") for part in PARTS),
            (ENTRY.c.treatment_bonus - taken.c.treatment_bonus).label("bonus_left"),
        )
        .select_from(wanted.join(ENTRY, same).join(taken, sa.true()))
        .where(ENTRY.c.kind == EntryKind.PURCHASE)
    )


def _bought(fetched: Fetched) -> Bought:
    return Bought(
        **{name: fetched[name] for name in _COLUMNS},
        whole=_parts(fetched, "whole"),
        left=_parts(fetched, "left"),
        bonus_left=fetched["bonus_left"],
    )


def _parts(fetched: Fetched, which: str) -> np.ndarray[Any, np.dtype[np.int64]]:
    return np.stack([fetched[f"{which}_{part}"] for part in PARTS], axis=1).astype(np.int64)


def _total(column: sa.ColumnElement[Any]) -> sa.ColumnElement[int]:
    return sa.cast(sa.func.coalesce(sa.func.sum(column), 0), sa.BigInteger)
