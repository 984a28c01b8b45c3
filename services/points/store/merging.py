"""Records merged into others: who they are, what changed hands with them, and whose acts have touched it since."""

from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa

from services.kernel.shards import shard_of
from services.points.ledger_columns import EntryKind, RedemptionState
from services.points.tables import ACCOUNT, ENTRY, LEVEL_CHANGE, POOL_MEMBER, REDEMPTION
from services.runtime.database import Fetched, fetching


def read_families(connection: sa.Connection, member_ids: Collection[str]) -> dict[str, str]:
    """All records that were merged into these members', directly or by way of others, each with the member.

    The members' own come first.
    """
    member_of = {member_id: member_id for member_id in member_ids}
    newest = list(member_ids)
    while newest:
        merged = sa.select(ACCOUNT.c.member_id, ACCOUNT.c.merged_into).where(
            ACCOUNT.c.merged_into.in_(newest), ACCOUNT.c.merged_into != ""
        )
        found = {member_id: member_of[into] for member_id, into in connection.execute(merged)}
        newest = sorted(found.keys() - member_of.keys())
        member_of |= {member_id: found[member_id] for member_id in newest}
    return member_of


def set_merged_into(connection: sa.Connection, member_id: str, other_member_id: str) -> None:
    """Gives a record up for another, or for none: then it stands for itself again.

    The other has then been active whenever one of the two was.
    """
    of_other = sa.select(ACCOUNT.c.active_on).where(_of(ACCOUNT, member_id)).scalar_subquery()
    if other_member_id:
        active_on = sa.func.greatest(ACCOUNT.c.active_on, of_other)
        connection.execute(
            sa.update(ACCOUNT).where(_of(ACCOUNT, other_member_id)).values(active_on=active_on)
        )
    given_up = sa.update(ACCOUNT).where(_of(ACCOUNT, member_id))
    connection.execute(given_up.values(merged_into=other_member_id))


def read_latest_merge(
    connection: sa.Connection, member_id: str, before: int, apart_from: Collection[int] = ()
) -> int:
    """The sequence of the latest move, before another, by which a record was given up; 0: there is none."""
    change = LEVEL_CHANGE.c
    left = sa.select(sa.func.max(change.sequence))
    given_up = (_of(LEVEL_CHANGE, member_id), change.to_system == "", change.sequence < before)
    return connection.scalar(left.where(*given_up, change.sequence.not_in(apart_from))) or 0


def was_separated_since(connection: sa.Connection, member_id: str, sequence: int) -> bool:
    """Whether a record that a move gave up is known to have come back by a later one."""
    change = LEVEL_CHANGE.c
    back = sa.select(change.sequence).where(
        _of(LEVEL_CHANGE, member_id), change.from_system == "", change.sequence > sequence
    )
    return connection.execute(back.limit(1)).first() is not None


def read_moved(connection: sa.Connection, member_id: str, sequence: int) -> Fetched:
    """`lot_on`, `points` (positive where given) and `entry_id` of what a merge has taken from a record so far."""
    return fetching(connection)(
        sa.select(ENTRY.c.lot_on, (-ENTRY.c.points).label("points"), ENTRY.c.entry_id).where(
            _of(ENTRY, member_id),
            ENTRY.c.kind == EntryKind.MERGE_OUT,
            ENTRY.c.transaction_id.like(f"merge-out {sequence} %"),
        )
    )


def read_holders(connection: sa.Connection, family: Collection[str]) -> list[str]:
    """All others who ever held points of these records."""
    found: set[str] = set()
    newest = set(family)
    while newest:
        keys = [_of(ENTRY, each) for each in sorted(newest)]
        gave = sa.select(ENTRY.c.related_id).distinct()
        newest = set(connection.scalars(gave.where(sa.or_(*keys), ENTRY.c.kind == EntryKind.MERGE_OUT)))
        newest -= found | set(family)
        found |= newest
    return sorted(found)


def read_acts_since(
    connection: sa.Connection, holders: Sequence[str], family: Collection[str], entry_id: int
) -> Fetched:
    """`lot_on` and `points` of what has come to holders after an entry by refunds and redemptions of a family.

    Of the family are the purchases and the bonuses that were taken back, and the payments that it made.
    """
    taken_back, redeemed = ENTRY.alias("taken_back"), ENTRY.c.kind == EntryKind.REDEMPTION
    granted_id = sa.func.replace(ENTRY.c.transaction_id, "referral-reversal ", "referral ")
    bonus = ENTRY.c.kind == EntryKind.REFERRAL_REVERSAL
    original_id = sa.case((bonus, granted_id), else_=ENTRY.c.related_id)
    payment_id = sa.case((redeemed, ENTRY.c.transaction_id), else_=ENTRY.c.related_id)
    of_original = sa.exists().where(
        taken_back.c.transaction_id == original_id, taken_back.c.member_id.in_(family)
    )
    of_payment = sa.exists().where(
        REDEMPTION.c.redemption_id == payment_id, REDEMPTION.c.redeemed_by.in_(family)
    )
    theirs = (bonus | (ENTRY.c.kind == EntryKind.PURCHASE_REVERSAL)) & of_original
    theirs |= (redeemed | (ENTRY.c.kind == EntryKind.REDEMPTION_REVERSAL)) & of_payment
    held = sa.or_(sa.false(), *(_of(ENTRY, each) for each in holders))
    return fetching(connection)(
        sa.select(ENTRY.c.lot_on, ENTRY.c.points).where(held, ENTRY.c.entry_id > entry_id, theirs)
    )


def carry_redemptions(
    connection: sa.Connection,
    giver: str,
    taker: str,
    redeemed_by: Collection[str],
    captured_from: Collection[str] = (),
) -> None:
    """Charges payments of some members to another account: those that hold points, or were captured from others."""
    captured = sa.select(ENTRY.c.transaction_id).where(
        sa.or_(sa.false(), *(_of(ENTRY, each) for each in captured_from)),
        ENTRY.c.kind == EntryKind.REDEMPTION,
    )
    holds = REDEMPTION.c.state == RedemptionState.AUTHORISED
    of_them = (_of(REDEMPTION, giver), REDEMPTION.c.redeemed_by.in_(redeemed_by))
    key = {"shard": int(shard_of([taker])[0]), "member_id": taker}
    which = holds | REDEMPTION.c.redemption_id.in_(captured) if captured_from else holds
    connection.execute(sa.update(REDEMPTION).where(*of_them, which).values(key))


def read_pool_of(connection: sa.Connection, member_id: str) -> str:
    """The pool that a member is in; '' for none."""
    pool = sa.select(POOL_MEMBER.c.pool_id).where(POOL_MEMBER.c.member_id == member_id)
    return connection.scalar(pool) or ""


def carry_membership(connection: sa.Connection, member_id: str, other_member_id: str) -> None:
    """Gives the place in a pool, whose account is locked, to another member who is in none."""
    connection.execute(
        sa.update(POOL_MEMBER).where(POOL_MEMBER.c.member_id == member_id).values(member_id=other_member_id)
    )


def read_late(connection: sa.Connection, after: str, limit: int) -> Sequence[str]:
    """Records that were given up and yet have points or debts, in the order of their ids, after one of them."""
    late = (ACCOUNT.c.merged_into != "") & (ACCOUNT.c.balance != 0) & (ACCOUNT.c.member_id > after)
    members = sa.select(ACCOUNT.c.member_id).where(late).order_by(ACCOUNT.c.member_id)
    return list(connection.scalars(members.limit(limit)))


def _of(table: Any, member_id: str) -> sa.ColumnElement[bool]:
    which: sa.ColumnElement[bool] = (table.c.shard == int(shard_of([member_id])[0])) & (
        table.c.member_id == member_id
    )
    return which
