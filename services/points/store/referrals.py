"""Referrals in and out of the database."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from services.kernel.shards import shard_of
from services.points.ledger_columns import EntryKind
from services.points.tables import ENTRY, PENDING_PURCHASE, REFERRAL
from services.runtime.arrays import given, is_given, rows_of


@dataclass(frozen=True, slots=True)
class Referral:
    """One member brought another; `paid_by` is the purchase that paid `points`, '' while none has."""

    friend_id: str
    referrer_id: str
    recorded_on: date
    paid_by: str
    points: int
    payments: int


_COLUMNS = [REFERRAL.c[name] for name in Referral.__dataclass_fields__]


def lock_open(connection: sa.Connection, friend_ids: Collection[str]) -> list[Referral]:
    """The referrals of these friends that no purchase has paid, locked in the order of the friends' ids.

    Who waited for another's lock sees what the other made of the referral: it is paid once.
    """
    sent = given(REFERRAL.c.friend_id, sorted(friend_ids))
    return [Referral(*row) for row in connection.execute(_LOCK_OPEN, sent)]


def lock_paid_by(connection: sa.Connection, transaction_ids: Collection[str]) -> list[Referral]:
    """The referrals that these purchases have paid, locked; found by who bought."""
    bought = sa.select(ENTRY.c.member_id).where(ENTRY.c.transaction_id.in_(sorted(transaction_ids)))
    return _read(
        connection,
        sa.select(*_COLUMNS)
        .where(REFERRAL.c.friend_id.in_(bought), REFERRAL.c.paid_by.in_(sorted(transaction_ids)))
        .order_by(REFERRAL.c.friend_id)
        .with_for_update(),
    )


def read_referral(connection: sa.Connection, friend_id: str) -> Referral | None:
    """Who brought a member, if somebody did."""
    found = _read(connection, sa.select(*_COLUMNS).where(REFERRAL.c.friend_id == friend_id))
    return found[0] if found else None


def read_referrals_of(connection: sa.Connection, referrer_id: str, limit: int) -> list[Referral]:
    """Whom a member brought, in the order of recording."""
    statement = sa.select(*_COLUMNS).where(REFERRAL.c.referrer_id == referrer_id)
    return _read(connection, statement.order_by(REFERRAL.c.recorded_at, REFERRAL.c.friend_id).limit(limit))


def record_referral(connection: sa.Connection, friend_id: str, referrer_id: str, recorded_on: date) -> bool:
    """Adds a referral; False: the friend was brought already."""
    added = (
        postgresql.insert(REFERRAL)
        .values(friend_id=friend_id, referrer_id=referrer_id, recorded_on=recorded_on)
        .on_conflict_do_nothing()
        .returning(REFERRAL.c.friend_id)
    )
    return connection.execute(added).first() is not None


def had_treatment(connection: sa.Connection, member_ids: Sequence[str]) -> bool:
    """Whether one of the records has a purchase with a treatment, posted or still to be."""
    wanted = rows_of(ENTRY, {"shard": shard_of(member_ids), "member_id": list(member_ids)})
    posted, pending = (
        sa.exists().where(
            table.c.shard == wanted.c.shard,
            table.c.member_id == wanted.c.member_id,
            table.c.treatments > 0,
            *only,
        )
        for table, only in (
            (ENTRY, (ENTRY.c.kind == EntryKind.PURCHASE,)),
            (PENDING_PURCHASE, (PENDING_PURCHASE.c.refused_reason.is_(None),)),
        )
    )
    found = sa.select(sa.literal(1)).select_from(wanted).where(posted | pending).limit(1)
    return connection.execute(found).first() is not None


def record_paid(connection: sa.Connection, referral: Referral, paid_by: str, points: int) -> None:
    """Notes which purchase paid a locked referral, and how much."""
    _update(connection, referral, paid_by=paid_by, points=points, payments=referral.payments + 1)


def record_taken_back(connection: sa.Connection, referral: Referral) -> None:
    """Opens a locked referral again."""
    _update(connection, referral, paid_by="", points=0)


def read_bonuses(connection: sa.Connection, entries: Sequence[str]) -> dict[str, tuple[str, date]]:
    """To whom bonuses were posted, and the day on which they count as earned, by transaction id."""
    bonus = sa.select(ENTRY.c.transaction_id, ENTRY.c.member_id, ENTRY.c.lot_on)
    rows = connection.execute(bonus.where(ENTRY.c.transaction_id.in_(entries)))
    return {transaction_id: (member_id, lot_on) for transaction_id, member_id, lot_on in rows}


def _update(connection: sa.Connection, referral: Referral, **values: str | int) -> None:
    which = REFERRAL.c.friend_id == referral.friend_id
    connection.execute(sa.update(REFERRAL).where(which).values(values))


def _read(connection: sa.Connection, statement: sa.Select[Any]) -> list[Referral]:
    return [Referral(*row) for row in connection.execute(statement)]


# Asked by every batch of purchases that has a treatment, it is built once.
_LOCK_OPEN: Final = (
    sa.select(*_COLUMNS)
    .where(is_given(REFERRAL.c.friend_id), REFERRAL.c.paid_by == "")
    .order_by(REFERRAL.c.friend_id)
    .with_for_update()
)
