"""Household pools: founded, joined and left (DECISIONS, Meanings 34)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from services.kernel.columns import taken
from services.points.ledger_columns import EntryKind
from services.points.policy import Policy
from services.points.recording.balances import spendable
from services.points.recording.denial import Denial
from services.points.recording.entries import NewEntry, lines_of
from services.points.recording.holdings import locked_holdings
from services.points.recording.oldest import keep_oldest
from services.points.recording.transfers import received, row_of
from services.points.refusals import Reason
from services.points.rules.holders import decide_holder_refusals
from services.points.rules.transfers import decide_parts
from services.points.store import pools as store
from services.points.store.accounts import read_accounts
from services.points.store.heirs import locked_heirs
from services.points.store.lines import record_lines
from services.points.store.pools import account_of_pool


@dataclass(frozen=True, slots=True)
class Pool:
    """A pool with what is in it, and what of that can be spent."""

    pool_id: str
    member_ids: Sequence[str]
    balance: int
    available: int


@dataclass(frozen=True, slots=True)
class Departure:
    """A pool that a member has left, and the points that the last one took along."""

    pool: Pool
    points_taken_along: int


def found_pool(
    connection: sa.Connection, policy: Policy, pool_id: str, member_id: str, today: int, now: datetime
) -> Pool | Denial:
    """Founds a pool with its first member; who founded it already is answered the same."""
    refused = _refused(connection, member_id, [member_id])
    if refused:
        return Denial(refused)
    if not store.found(connection, pool_id):
        members = store.read_members(connection, pool_id)
        if members[:1] != [member_id]:
            return Denial(Reason.POOL_EXISTS)
    elif not store.join(connection, pool_id, member_id):
        return Denial(Reason.POOL_MEMBERSHIP_TAKEN)
    return _pool(connection, policy, pool_id, today, now)


def add_member(
    connection: sa.Connection, policy: Policy, pool_id: str, member_id: str, today: int, now: datetime
) -> Pool | Denial:
    """Takes a member into a pool; who is in it already stays."""
    refused = _refused(connection, member_id, [member_id, account_of_pool(pool_id)])
    if refused:
        return Denial(refused)
    members = store.read_members(connection, pool_id)
    if not members:
        return Denial(Reason.POOL_UNKNOWN)
    if member_id not in members and not store.join(connection, pool_id, member_id):
        return Denial(Reason.POOL_MEMBERSHIP_TAKEN)
    return _pool(connection, policy, pool_id, today, now)


def remove_member(
    connection: sa.Connection, policy: Policy, pool_id: str, member_id: str, today: int, now: datetime
) -> Departure | Denial:
    """Lets a member go; the last takes along what is in the pool, and payments that still hold some are given up.

    Who was merged or erased may go, too: the points then go to the record that stands for the member.
    """
    read_accounts(connection, [account_of_pool(pool_id), member_id], lock=True)
    members = store.read_members(connection, pool_id)
    if not members:
        return Denial(Reason.POOL_UNKNOWN)
    if member_id not in members:
        return Denial(Reason.POOL_MEMBERSHIP_REQUIRED)
    store.leave(connection, member_id)
    if len(members) > 1:
        return Departure(_pool(connection, policy, pool_id, today, now), 0)
    heir = locked_heirs(connection, {member_id})[member_id].member_id
    points = _take_along(connection, policy, pool_id, heir, today, now)
    return Departure(Pool(pool_id, (), 0, 0), points)


def view_pool(
    connection: sa.Connection, policy: Policy, pool_id: str, today: int, now: datetime
) -> Pool | Denial:
    """A pool as it is now."""
    if not store.read_members(connection, pool_id):
        return Denial(Reason.POOL_UNKNOWN)
    return _pool(connection, policy, pool_id, today, now)


def _pool(connection: sa.Connection, policy: Policy, pool_id: str, today: int, now: datetime) -> Pool:
    has = spendable(connection, policy, account_of_pool(pool_id), today, now)
    members = store.read_members(connection, pool_id)
    return Pool(pool_id, members, has.balance.balance, has.available) if has else Pool(pool_id, members, 0, 0)


def _take_along(
    connection: sa.Connection, policy: Policy, pool_id: str, heir: str, today: int, now: datetime
) -> int:
    """Moves all that is in the pool, with its age; a pool that owes hands on what it owes."""
    account = account_of_pool(pool_id)
    store.cancel_holds(connection, account, now)
    holdings = locked_holdings(connection, policy, [account, heir], today, now)
    pool = row_of(holdings.accounts, account)
    points = int(holdings.accounts.balance[pool])
    left = taken(holdings.left, holdings.left.row == pool)
    parts = decide_parts(left, int(holdings.accounts.active_on[pool]), points, policy, today)
    out = NewEntry(
        f"pool-end {pool_id}",
        EntryKind.TRANSFER_OUT,
        account,
        -points,
        occurred_on=today,
        related_id=heir,
    )
    if points:
        record_lines(connection, lines_of([out, *received(out, parts)], policy))
        keep_oldest(connection, policy, holdings.accounts, today)
    return points


def _refused(connection: sa.Connection, member_id: str, names: Sequence[str]) -> Reason:
    accounts = read_accounts(connection, names, lock=True)
    return Reason(int(decide_holder_refusals(accounts, [member_id])[0]))
