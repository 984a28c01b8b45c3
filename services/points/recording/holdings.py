"""What members and pools hold, locked and brought up to date: where every act on points but a purchase begins."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import sqlalchemy as sa

from services.kernel.calendar import NEVER, Days
from services.points.columns import Amounts
from services.points.ledger_columns import Accounts, EntryKind, Left, Lines
from services.points.policy import Policy
from services.points.rules.availability import are_maturing
from services.points.rules.expiry import Expirations, are_overdue, decide_expirations
from services.points.rules.lots import left_of, running_before
from services.points.store.accounts import read_accounts, read_held, read_lots
from services.points.store.lines import record_lines
from services.runtime.database import fetching

_BEFORE_ANY_DAY: Final = -1
"""By which nothing has expired."""


@dataclass(frozen=True, slots=True)
class Holdings:
    """Accounts, the points that authorisations hold, and what is left beside them of each day's earnings."""

    accounts: Accounts
    held: Amounts
    left: Left


def locked_holdings(
    connection: sa.Connection, policy: Policy, member_ids: Sequence[str], as_of: int, now: datetime
) -> Holdings:
    """The accounts of those who have one, locked in the order of their key, after what expires by `as_of` has."""
    holdings = read_holdings(connection, policy, member_ids, as_of, now, lock=True)
    return without_overdue(connection, policy, holdings, member_ids, as_of, now)


def without_overdue(
    connection: sa.Connection,
    policy: Policy,
    holdings: Holdings,
    of: Collection[str],
    as_of: int,
    now: datetime,
) -> Holdings:
    """Locked holdings after what expires of some of them by `as_of` has: where an act that moves points begins.

    What expired is posted as of its own day, so that it does not matter whether the nightly job was there first
    (DECISIONS, Meanings 27).
    """
    names = holdings.accounts.member_id.tolist()
    days = np.array([as_of if name in of else _BEFORE_ANY_DAY for name in names], dtype=np.int32)
    expired = expire(connection, policy, holdings, days)
    return read_holdings(connection, policy, names, as_of, now, lock=True) if expired else holdings


def read_holdings(
    connection: sa.Connection,
    policy: Policy,
    member_ids: Sequence[str],
    today: int,
    now: datetime,
    *,
    lock: bool,
) -> Holdings:
    """The accounts of those who have one, with what is overdue; with `lock` no one else changes them."""
    accounts = read_accounts(connection, sorted(set(member_ids)), lock=lock)
    held = read_held(connection, accounts, now)
    return Holdings(accounts, held, left_beside(connection, policy, accounts, held, today))


def left_beside(
    connection: sa.Connection, policy: Policy, accounts: Accounts, held: Amounts, today: int
) -> Left:
    """What is left in accounts beside held points; those that cannot be spent yet are left longest."""
    lots = read_lots(fetching(connection), accounts)
    return left_of(lots, held, are_maturing(lots, policy, today))


def expire(connection: sa.Connection, policy: Policy, holdings: Holdings, as_of: Days) -> bool:
    """Posts what expires of locked holdings by a day of each account; False: nothing did."""
    expirations = decide_expirations(holdings.accounts, holdings.left, policy, as_of)
    if len(expirations):
        record_lines(connection, lines_of_expirations(holdings.accounts, expirations, policy))
    return len(expirations) > 0


def expire_before(connection: sa.Connection, policy: Policy, as_of: Mapping[str, int], now: datetime) -> None:
    """Locks the accounts of members, and expires what is due of each by a day of its own.

    Lots are read only of accounts whose oldest points would be due.
    """
    accounts = read_accounts(connection, sorted(as_of), lock=True)
    days = np.array([as_of[member_id] for member_id in accounts.member_id], dtype=np.int32)
    due = np.flatnonzero(are_overdue(accounts, policy, days))
    if len(due):
        today = policy.day_at(now)
        names = accounts.member_id[due].tolist()
        overdue = read_holdings(connection, policy, names, today, now, lock=True)
        expire(connection, policy, overdue, days[due])


def lines_of_expirations(
    accounts: Accounts, expirations: Expirations, policy: Policy, run_id: str = ""
) -> Lines:
    """Expirations as entries, numbered on from those that the account has had; those of a run name it."""
    row = expirations.row
    count = len(row)
    place = running_before(np.ones(count, dtype=np.int64), row)
    number = accounts.expirations[row] + place + 1
    member_id = accounts.member_id[row]
    nothing = np.full(count, "", dtype=object)
    return Lines(
        transaction_id=np.array(
            [f"expiration {each} {member}" for each, member in zip(number.tolist(), member_id, strict=True)],
            dtype=object,
        ),
        payload_hash=np.full(count, b"", dtype=object),
        kind=np.full(count, EntryKind.EXPIRATION, dtype=np.int16),
        shard=accounts.shard[row],
        member_id=member_id,
        points=-expirations.points,
        occurred_on=expirations.expired_on,
        lot_on=np.full(count, NEVER, dtype=np.int32),
        related_id=np.full(count, run_id, dtype=object),
        tier_system=nothing,
        level=nothing,
        points_revision=policy.numbers[policy.revision_on(expirations.expired_on)],
    )
