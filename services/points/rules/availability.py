"""Which points can be spent (DECISIONS, Meanings 28)."""

import numpy as np

from services.kernel.calendar import NEVER
from services.kernel.columns import Mask
from services.points.columns import Amounts
from services.points.ledger_columns import Left, Lots
from services.points.policy import Policy
from services.points.rules.lots import sums_by_account


def are_maturing(lots: Lots | Left, policy: Policy, today: int) -> Mask:
    """Lots of purchases so young that they cannot be spent yet: `left_of` spends them last.

    The holding days are those of the policy of the purchase: what could be spent is not held again by another.
    """
    holding = np.array([document.holding_days for document in policy.documents], dtype=np.int64)
    ends_on = lots.lot_on + holding[policy.revision_on(lots.lot_on)]
    young: Mask = lots.bought & (lots.lot_on != NEVER) & (ends_on > today)
    return young


def decide_maturing(left: Left, policy: Policy, today: int, accounts: int) -> Amounts:
    """Points of each account whose purchase is so young that they cannot be spent yet."""
    young = are_maturing(left, policy, today)
    return sums_by_account(left.row[young], left.points[young], accounts)


def decide_available(left: Left, policy: Policy, today: int, accounts: int) -> Amounts:
    """Points of each account that can be spent today; `left` is without what authorisations hold."""
    whole = sums_by_account(left.row, left.points, accounts)
    return whole - decide_maturing(left, policy, today, accounts)
