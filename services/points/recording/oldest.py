"""Which accounts the next expiry must look at: told exactly after each act, so that it does not read everybody."""

import numpy as np
import sqlalchemy as sa

from services.kernel.calendar import NEVER
from services.points.ledger_columns import Accounts
from services.points.policy import Policy
from services.points.rules.availability import are_maturing
from services.points.rules.lots import left_of
from services.points.store.accounts import read_lots, record_oldest
from services.runtime.database import fetching


def keep_oldest(connection: sa.Connection, policy: Policy, accounts: Accounts, today: int) -> None:
    """Notes on which day the oldest points were earned that are left in locked accounts, held points included.

    Points that cannot be spent yet are left longer than older ones. Left alone where points never expire: what is noted
    there is a day before which no point left was earned.
    """
    if not any(document.expiry for document in policy.documents):
        return
    nothing_held = np.zeros(len(accounts), dtype=np.int64)
    lots = read_lots(fetching(connection), accounts)
    left = left_of(lots, nothing_held, are_maturing(lots, policy, today))
    oldest_on = np.full(len(accounts), NEVER, dtype=np.int32)
    np.minimum.at(oldest_on, left.row, left.lot_on)
    record_oldest(connection, accounts, oldest_on)
