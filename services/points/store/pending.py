"""Purchases accepted and not yet posted: what drives them on, and what becomes of those that Tier refuses."""

from dataclasses import dataclass, fields
from typing import Any, Final

import sqlalchemy as sa

from services.kernel.columns import taken
from services.points.columns import Pending, Priced
from services.points.tables import PENDING_PURCHASE
from services.runtime.arrays import is_given, parameters
from services.runtime.database import fetching

IS_SAME_PURCHASE: Final = (
    is_given(PENDING_PURCHASE.c.transaction_id),
    is_given(PENDING_PURCHASE.c.payload_hash),
)
"""The row of a given purchase, and not of another of its id: the hash is of the id, too."""

_COLUMNS: Final = [field.name for field in fields(Pending)]


@dataclass(frozen=True, slots=True)
class PendingPage:
    """Pending purchases in the order of their acceptance, and the place of the last."""

    pending: Pending
    last_seq: int


@dataclass(frozen=True, slots=True)
class PendingCounts:
    """How many purchases are still to be posted, and how many of those once answered as pending were refused."""

    pending: int
    refused: int


def mark_waiting(connection: sa.Connection, pending: Pending) -> None:
    """Notes that these purchases wait for Tier, and that their callers are told so."""
    connection.execute(
        sa.update(PENDING_PURCHASE).where(*IS_SAME_PURCHASE).values(waiting=True), _identity(pending)
    )


def mark_left_behind(connection: sa.Connection, min_age_seconds: float) -> None:
    """Notes as waiting what was accepted so many seconds ago and is still here: whoever was at work on it is gone."""
    oldest_at_work = sa.func.now() - sa.func.make_interval(0, 0, 0, 0, 0, 0, min_age_seconds)
    connection.execute(
        sa.update(PENDING_PURCHASE)
        .where(
            ~PENDING_PURCHASE.c.waiting,
            PENDING_PURCHASE.c.refused_reason.is_(None),
            PENDING_PURCHASE.c.accepted_at <= oldest_at_work,
        )
        .values(waiting=True)
    )


def read_waiting(connection: sa.Connection, after_seq: int, limit: int) -> PendingPage:
    """The next purchases to be driven on, in the order of their acceptance."""
    fetched = fetching(connection)(
        sa.select(PENDING_PURCHASE.c.seq, *(PENDING_PURCHASE.c[name] for name in _COLUMNS))
        .where(PENDING_PURCHASE.c.waiting, PENDING_PURCHASE.c.seq > after_seq)
        .order_by(PENDING_PURCHASE.c.seq)
        .limit(limit)
    )
    seq = fetched["seq"]
    pending = Pending(**{name: fetched[name] for name in _COLUMNS})
    return PendingPage(pending, int(seq[-1]) if len(seq) else after_seq)


def forget_refused(connection: sa.Connection, refused: Pending, _: Priced | None = None) -> None:
    """Takes refused purchases away from callers who are told so; others who brought the same one keep it."""
    the_last = sa.delete(PENDING_PURCHASE).where(*IS_SAME_PURCHASE, PENDING_PURCHASE.c.callers <= 1)
    taken_away = connection.execute(the_last, _identity(refused))
    if taken_away.rowcount < len(refused):
        fewer = {"callers": PENDING_PURCHASE.c.callers - 1}
        connection.execute(
            sa.update(PENDING_PURCHASE).where(*IS_SAME_PURCHASE).values(fewer), _identity(refused)
        )


def mark_refused(connection: sa.Connection, refused: Pending, priced: Priced) -> None:
    """Keeps purchases whose callers may have been answered as pending, with the reason why they came to nothing."""
    for reason in set(priced.reason.tolist()):
        why = {"refused_reason": reason, "waiting": False}
        connection.execute(
            sa.update(PENDING_PURCHASE).where(*IS_SAME_PURCHASE).values(why),
            _identity(taken(refused, priced.reason == reason)),
        )


def count_pending(connection: sa.Connection) -> PendingCounts:
    """How many purchases are pending, and how many were refused after they had been."""
    waits = PENDING_PURCHASE.c.refused_reason.is_(None)
    pending, refused = connection.execute(
        sa.select(sa.func.count().filter(waits), sa.func.count().filter(~waits)).select_from(PENDING_PURCHASE)
    ).one()
    return PendingCounts(pending, refused)


def _identity(pending: Pending) -> dict[str, Any]:
    return parameters(PENDING_PURCHASE, ["transaction_id", "payload_hash"], pending)
