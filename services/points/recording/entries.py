"""Entries made one by one, as the columns that the ledger takes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.kernel.calendar import NEVER
from services.kernel.shards import shard_of
from services.points.columns import Texts
from services.points.ledger_columns import EntryKind, Lines
from services.points.policy import Policy


@dataclass(frozen=True, slots=True)
class NewEntry:
    """One entry of the ledger other than a purchase; days as numbers, `lot_on` NEVER for the oldest points."""

    transaction_id: str
    kind: EntryKind
    member_id: str
    points: int
    occurred_on: int
    lot_on: int = NEVER
    related_id: str = ""
    tier_system: str = ""
    level: str = ""
    payload_hash: bytes = b""


def lines_of(entries: Sequence[NewEntry], policy: Policy) -> Lines:
    """The entries in their order, each by the revision of its day."""
    occurred_on = np.array([each.occurred_on for each in entries], dtype=np.int32)
    members = [each.member_id for each in entries]
    return Lines(
        transaction_id=_texts([each.transaction_id for each in entries]),
        payload_hash=_texts([each.payload_hash for each in entries]),
        kind=np.array([each.kind for each in entries], dtype=np.int16),
        shard=shard_of(members),
        member_id=_texts(members),
        points=np.array([each.points for each in entries], dtype=np.int64),
        occurred_on=occurred_on,
        lot_on=np.array([each.lot_on for each in entries], dtype=np.int32),
        related_id=_texts([each.related_id for each in entries]),
        tier_system=_texts([each.tier_system for each in entries]),
        level=_texts([each.level for each in entries]),
        points_revision=policy.numbers[policy.revision_on(occurred_on)],
    )


def _texts(values: Sequence[str | bytes]) -> Texts:
    column: NDArray[np.object_] = np.empty(len(values), dtype=object)
    column[:] = values
    return column
