"""A balance and what of it can be spent, as of one moment; writes nothing."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from services.kernel.columns import taken
from services.points.policy import Policy
from services.points.rules.availability import are_maturing, decide_available, decide_maturing
from services.points.rules.expiry import NextExpiry, expiry_of, next_expiry
from services.points.rules.lots import left_of
from services.points.rules.redemptions import values_of
from services.points.store.accounts import read_accounts, read_held, read_lots
from services.points.store.statement import Balance, read_balance
from services.runtime.database import fetching


@dataclass(frozen=True, slots=True)
class Spendable:
    """A balance, and what of it can be spent, is held, cannot be spent yet, and expires next."""

    balance: Balance
    available: int
    available_value_minor: int
    held: int
    maturing: int
    next_expiry: NextExpiry


def spendable(
    connection: sa.Connection, policy: Policy, member_id: str, today: int, now: datetime
) -> Spendable | None:
    """What a member has; None for one who was never enrolled and never bought.

    What is overdue is in the balance until it is expired, by the next act on the account or the nightly job, but
    cannot be spent any more.
    """
    balance = read_balance(connection, member_id)
    if balance is None:
        return None
    accounts = read_accounts(connection, [member_id], lock=False)
    held = read_held(connection, accounts, now)
    lots = read_lots(fetching(connection), accounts)
    left = left_of(lots, held, are_maturing(lots, policy, today))
    left = taken(left, expiry_of(left, accounts.active_on, policy) > today)
    available = decide_available(left, policy, today, 1)
    return Spendable(
        balance,
        available=int(available[0]),
        available_value_minor=int(values_of(available, policy.document_on(today).redeeming)[0]),
        held=int(held[0]),
        maturing=int(decide_maturing(left, policy, today, 1)[0]),
        next_expiry=next_expiry(left, int(accounts.active_on[0]), policy, today),
    )
