"""Which accounts the next expiry must look at: told exactly after each act, so that it does not read everybody."""

import numpy as np
import sqlalchemy as sa

from services.kernel.calendar import NEVER
from services.points.ledger_columns import Accounts
from services.points.policy import Policy
from services.points.recording.holdings import left_beside
from services.points.store.accounts import record_oldest


def keep_oldest(connection: sa.Connection, policy: Policy, accounts: Accounts, today: int) -> None:
    """Notes on which day the oldest points were earned that are left in locked accounts, held points included.

    Points that cannot be spent yet are left longer than older ones. Left alone where points never expire: what is noted
    there is a day before which no point left was earned.
    """
    if not policy.lets_points_expire:
        return
    nothing_held = np.zeros(len(accounts), dtype=np.int64)
    left = left_beside(connection, policy, accounts, nothing_held, today)
    oldest_on = np.full(len(accounts), NEVER, dtype=np.int32)
    np.minimum.at(oldest_on, left.row, left.lot_on)
    record_oldest(connection, accounts, oldest_on)
