"""What members and pools hold, locked and brought up to date: where every act on points but a purchase begins."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import sqlalchemy as sa

from services.kernel.calendar import NEVER, Days
from services.points.columns import Amounts
from services.points.ledger_columns import Accounts, EntryKind, Left, Lines
from services.points.policy import Policy
from services.points.rules.expiry import Expirations, decide_expirations
from services.points.rules.lots import left_of
from services.points.store.accounts import read_accounts, read_held, read_lots
from services.points.store.lines import record_lines
from services.runtime.database import fetching


@dataclass(frozen=True, slots=True)
class Holdings:
    """Accounts, the points that authorisations hold, and what is left beside them of each day's earnings."""

    accounts: Accounts
    held: Amounts
    left: Left


def locked_holdings(
    connection: sa.Connection, policy: Policy, member_ids: Sequence[str], as_of: int, now: datetime
) -> Holdings:
    """The accounts of those who have one, locked in the order of their key, after what expires by `as_of` has.

    What expired is posted as of its own day, so that it does not matter whether the nightly job was there first
    (DECISIONS, Meanings 27).
    """
    names = sorted(set(member_ids))
    holdings = _read(connection, names, now)
    days = np.full(len(holdings.accounts), as_of, dtype=np.int32)
    return _read(connection, names, now) if expire(connection, policy, holdings, days) else holdings


def expire(connection: sa.Connection, policy: Policy, holdings: Holdings, as_of: Days) -> bool:
    """Posts what expires of locked holdings by a day of each account; False: nothing did."""
    expirations = decide_expirations(holdings.accounts, holdings.left, policy, as_of)
    if len(expirations):
        record_lines(connection, lines_of_expirations(holdings.accounts, expirations, policy))
    return len(expirations) > 0


def lines_of_expirations(accounts: Accounts, expirations: Expirations, policy: Policy) -> Lines:
    """Expirations as entries, numbered on from those that the account has had."""
    row = expirations.row
    count = len(row)
    first = np.flatnonzero(np.diff(row, prepend=-1))
    place = np.arange(count) - np.repeat(first, np.diff(first, append=count))
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
        related_id=nothing,
        tier_system=nothing,
        level=nothing,
        points_revision=policy.numbers[policy.revision_on(expirations.expired_on)],
    )


def _read(connection: sa.Connection, names: Sequence[str], now: datetime) -> Holdings:
    accounts = read_accounts(connection, names, lock=True)
    held = read_held(connection, accounts, now)
    return Holdings(accounts, held, left_of(read_lots(fetching(connection), accounts), held))
