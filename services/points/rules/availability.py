"""Which points can be spent (DECISIONS, Meanings 28)."""

import numpy as np

from services.points.columns import Amounts
from services.points.ledger_columns import Left
from services.points.policy import Policy
from services.points.rules.lots import sums_by_account


def decide_maturing(left: Left, policy: Policy, today: int, accounts: int) -> Amounts:
    """Points of each account whose purchase is so young that they cannot be spent yet."""
    days = policy.document_on(today).holding_days
    young = left.bought & (left.lot_on.astype(np.int64) + days > today)
    return sums_by_account(left.row[young], left.points[young], accounts)


def decide_available(left: Left, policy: Policy, today: int, accounts: int) -> Amounts:
    """Points of each account that can be spent today; `left` is without what authorisations hold."""
    whole = sums_by_account(left.row, left.points, accounts)
    return whole - decide_maturing(left, policy, today, accounts)
