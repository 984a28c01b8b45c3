"""Reversals accepted for good, driven on, and answered.

Who posts one locks its row first, so that it is posted once; its entry of the ledger is written in the same
transaction. A refused reversal no longer holds its id, nor takes anything of its purchase.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from services.points.columns import Texts
from services.points.reversal_columns import ReversalReceipts, Reversals, ReversalState, Reversed
from services.points.tables import REVERSAL, REVERSAL_ORDER
from services.runtime.arrays import given, is_given, rows_of
from services.runtime.database import fetching

_COLUMNS: Final = [field.name for field in fields(Reversals)]
_RECEIPT: Final = [field.name for field in fields(ReversalReceipts)]
_OPEN: Final = REVERSAL.c.state != ReversalState.POSTED


@dataclass(frozen=True, slots=True)
class ReversalPage:
    """Pending reversals in the order of their acceptance, and the place of the last."""

    pending: Reversals
    last_seq: int


@dataclass(frozen=True, slots=True)
class ReversalCounts:
    """How many reversals are still to be posted, and how many of those once answered as pending were refused."""

    pending: int
    refused: int


def accept(connection: sa.Connection, reversals: Reversals) -> None:
    """Accepts reversals whose ids are free, and held by this transaction."""
    given_now = rows_of(REVERSAL, {name: getattr(reversals, name) for name in _COLUMNS})
    wanted = sa.select(
        REVERSAL_ORDER.next_value().label("seq"), sa.literal(ReversalState.PENDING).label("state"), given_now
    ).cte("wanted")
    columns = ["seq", "state", *_COLUMNS]
    in_order = sa.select(wanted).order_by(wanted.c.reversal_id)
    insert = postgresql.insert(REVERSAL).from_select(columns, in_order)
    anew = {name: insert.excluded[name] for name in columns}
    connection.execute(
        insert.on_conflict_do_update(
            index_elements=["reversal_id"],
            where=REVERSAL.c.state == ReversalState.REFUSED,
            set_={**anew, "waiting": False, "refused_reason": None, "accepted_at": sa.func.now()},
        )
    )


def read_accepted(connection: sa.Connection, refund_ids: Sequence[str]) -> Reversals:
    """The pending reversals of these ids, or of credit notes of these ids, in the order of their acceptance."""
    rows = sa.select(*(REVERSAL.c[name] for name in _COLUMNS)).where(
        _of(refund_ids), REVERSAL.c.state == ReversalState.PENDING
    )
    return Reversals(**fetching(connection)(rows.order_by(REVERSAL.c.seq)))


def read_receipts(connection: sa.Connection, refund_ids: Sequence[str]) -> ReversalReceipts:
    """All reversals of these ids, or of credit notes of these ids, in the order of their acceptance."""
    columns = [
        sa.func.coalesce(REVERSAL.c[name], 0).label(name) if name == "refused_reason" else REVERSAL.c[name]
        for name in _RECEIPT
    ]
    rows = sa.select(*columns).where(_of(refund_ids)).order_by(REVERSAL.c.seq)
    return ReversalReceipts(**fetching(connection)(rows))


def mark_waiting(connection: sa.Connection, reversal_ids: Texts) -> None:
    """Notes that these reversals wait for Tier, or are driven by several: a refusal then concerns others, too."""
    waits = sa.update(REVERSAL).where(
        is_given(REVERSAL.c.reversal_id), REVERSAL.c.state == ReversalState.PENDING
    )
    connection.execute(waits.values(waiting=True), given(REVERSAL.c.reversal_id, reversal_ids))


def lock_open(connection: sa.Connection, reversal_ids: Texts) -> set[str]:
    """Those of the reversals that nobody has posted, which nobody else now will."""
    rows = sa.select(REVERSAL.c.reversal_id).where(is_given(REVERSAL.c.reversal_id), _OPEN)
    in_order = rows.order_by(REVERSAL.c.reversal_id).with_for_update()
    return set(connection.scalars(in_order, given(REVERSAL.c.reversal_id, reversal_ids)))


def record_posted(
    connection: sa.Connection, reversals: Reversals, answers: Reversed, referral_bonus: Sequence[int]
) -> None:
    """Notes what reversals took back of which account."""
    new = rows_of(
        REVERSAL,
        {
            "reversal_id": reversals.reversal_id,
            "shard": reversals.shard,
            "member_id": reversals.member_id,
            "multiplied_points": answers.points,
            "referral_bonus": list(referral_bonus),
            "level_after": answers.level_after,
            "move_reason": answers.move_reason,
        },
        "new",
    )
    names = ("shard", "member_id", "multiplied_points", "referral_bonus", "level_after", "move_reason")
    connection.execute(
        sa.update(REVERSAL)
        .where(REVERSAL.c.reversal_id == new.c.reversal_id)
        .values(
            {name: new.c[name] for name in names}
            | {"state": ReversalState.POSTED, "waiting": False, "refused_reason": None}
        )
    )


def refuse(connection: sa.Connection, reversals: Reversals, answers: Reversed, *, told: bool) -> None:
    """Keeps refused reversals with their reason; where the one caller is told, as if they had never been accepted.

    Parts of a credit note are always kept: others of the same note may have been granted.
    """
    reasons = rows_of(
        REVERSAL, {"reversal_id": reversals.reversal_id, "refused_reason": answers.reason}, "reasons"
    )
    same = (REVERSAL.c.reversal_id == reasons.c.reversal_id) & (REVERSAL.c.state == ReversalState.PENDING)
    if told:
        alone = sa.and_(~REVERSAL.c.waiting, REVERSAL.c.credit_note_id == "")
        connection.execute(
            sa.delete(REVERSAL).where(
                REVERSAL.c.reversal_id.in_(sa.select(reasons.c.reversal_id)),
                REVERSAL.c.state == ReversalState.PENDING,
                alone,
            )
        )
        same &= ~REVERSAL.c.waiting
    why = {"state": ReversalState.REFUSED, "waiting": False, "refused_reason": reasons.c.refused_reason}
    connection.execute(sa.update(REVERSAL).where(same).values(why))


def read_waiting_reversals(
    connection: sa.Connection, after_seq: int, min_age_seconds: float, limit: int
) -> ReversalPage:
    """The next reversals to be driven on: those that wait, and those of this age, whoever was at work on them."""
    oldest_at_work = sa.func.now() - sa.func.make_interval(0, 0, 0, 0, 0, 0, min_age_seconds)
    left_behind = REVERSAL.c.waiting | (REVERSAL.c.accepted_at <= oldest_at_work)
    fetched = fetching(connection)(
        sa.select(REVERSAL.c.seq, *(REVERSAL.c[name] for name in _COLUMNS))
        .where(REVERSAL.c.state == ReversalState.PENDING, REVERSAL.c.seq > after_seq, left_behind)
        .order_by(REVERSAL.c.seq)
        .limit(limit)
    )
    seq = fetched["seq"]
    pending = Reversals(**{name: fetched[name] for name in _COLUMNS})
    return ReversalPage(pending, int(seq[-1]) if len(seq) else after_seq)


def count_reversals(connection: sa.Connection) -> ReversalCounts:
    """How many reversals are pending, and how many were refused after they had been."""
    pending = sa.func.count().filter(REVERSAL.c.state == ReversalState.PENDING)
    refused = sa.func.count().filter(REVERSAL.c.state == ReversalState.REFUSED)
    counts = connection.execute(sa.select(pending, refused).select_from(REVERSAL).where(_OPEN)).one()
    return ReversalCounts(*counts)


def _of(refund_ids: Collection[str]) -> sa.ColumnElement[bool]:
    ids = list(refund_ids)
    return REVERSAL.c.reversal_id.in_(ids) | (
        REVERSAL.c.credit_note_id.in_(ids) & (REVERSAL.c.credit_note_id != "")
    )
