"""A balance and what of it can be spent, as of one moment; writes nothing."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from services.kernel.columns import taken
from services.points.policy import Policy
from services.points.recording.holdings import read_holdings
from services.points.rules.availability import decide_available, decide_maturing
from services.points.rules.expiry import NextExpiry, expiry_of, next_expiry
from services.points.rules.redemptions import values_of
from services.points.store.statement import Balance, read_balance


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
    holdings = read_holdings(connection, policy, [member_id], today, now, lock=False)
    active_on = holdings.accounts.active_on
    left = taken(holdings.left, expiry_of(holdings.left, active_on, policy) > today)
    available = decide_available(left, policy, today, 1)
    return Spendable(
        balance,
        available=int(available[0]),
        available_value_minor=int(values_of(available, policy.document_on(today).redeeming)[0]),
        held=int(holdings.held[0]),
        maturing=int(decide_maturing(left, policy, today, 1)[0]),
        next_expiry=next_expiry(left, int(active_on[0]), policy, today),
    )
