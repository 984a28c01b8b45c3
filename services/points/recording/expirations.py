"""Recording of what expired in bulk: only of accounts that are as they were when it was decided."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import sqlalchemy as sa

from services.kernel.calendar import Days
from services.kernel.columns import Mask, taken
from services.points.ledger_columns import Lots
from services.points.policy import Policy
from services.points.recording.holdings import lines_of_expirations
from services.points.rules.expiry import Expirations
from services.points.store.accounts import record_oldest
from services.points.store.expiring import Versioned, lock_unchanged
from services.points.store.lines import record_lines


@dataclass(frozen=True, slots=True)
class Expiring:
    """Accounts in which points may have expired by a day, with their lots, and the policy to go by.

    `held_at` is the instant as of which authorisations hold points.
    """

    read: Versioned
    lots: Lots
    held_at: datetime
    policy: Policy


@dataclass(frozen=True, slots=True)
class Expired:
    """What expires of them, and the day before which nothing that is left afterwards was earned; NEVER: nothing is."""

    expiring: Expiring
    expirations: Expirations
    oldest_on: Days


def record_expirations(connection: sa.Connection, expired: Expired, run_id: str) -> Mask:
    """Posts the expirations of accounts that have not changed since they were read; answers which were posted."""
    read, expirations = expired.expiring.read, expired.expirations
    unchanged = lock_unchanged(connection, read, expired.expiring.held_at)
    posted = unchanged[expirations.row]
    if posted.any():
        lines = lines_of_expirations(
            read.accounts, taken(expirations, posted), expired.expiring.policy, run_id
        )
        record_lines(connection, lines)
    # Held points are the oldest, and are left, too.
    known = np.flatnonzero(unchanged & (read.held == 0))
    record_oldest(connection, taken(read.accounts, known), expired.oldest_on[known])
    return posted
