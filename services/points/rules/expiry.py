"""When points expire, and what of an account has (DECISIONS, Meanings 27)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.kernel.calendar import NEVER, Days, add_months
from services.points.columns import Amounts
from services.points.ledger_columns import Accounts, Left
from services.points.policy import Policy
from services.points.policy_document import ExpiryMode


@dataclass(frozen=True, slots=True)
class Expirations:
    """Points that expire, in the order of account and day; `row` is the account's."""

    row: NDArray[np.intp]
    expired_on: Days
    points: Amounts

    def __len__(self) -> int:
        return len(self.points)


def expires_on(lot_on: Days, active_on: Days, policy: Policy) -> Days:
    """The day on which points expire that were earned on a day by a member last active on another; NEVER: on none.

    Each revision expires what is due by its own months, from its first day on. `active_on` is NEVER for who never
    bought nor redeemed.
    """
    earliest = np.full(len(lot_on), NEVER, dtype=np.int32)
    active = np.where(active_on == NEVER, lot_on, active_on)
    ends = [*policy.effective_from[1:].tolist(), NEVER]
    for start, end, document in zip(policy.effective_from.tolist(), ends, policy.documents, strict=True):
        if document.expiry is None or end <= start:
            continue
        after_inactivity = document.expiry.mode is ExpiryMode.AFTER_INACTIVITY
        since = np.maximum(lot_on, active) if after_inactivity else lot_on
        due = np.maximum(add_months(since, document.expiry.months), start)
        earliest = np.minimum(earliest, np.where(due < end, due, NEVER)).astype(np.int32)
    return earliest


def decide_expirations(accounts: Accounts, left: Left, policy: Policy, as_of: Days) -> Expirations:
    """What is left and expires by a day of each account, as of the days on which it does."""
    day = expires_on(left.lot_on, accounts.active_on[left.row], policy)
    due = np.flatnonzero(day <= as_of[left.row])
    keys = np.stack([left.row[due], day[due].astype(np.intp)], axis=1)
    groups, group = np.unique(keys, axis=0, return_inverse=True)
    points = np.zeros(len(groups), dtype=np.int64)
    np.add.at(points, group.reshape(-1), left.points[due])
    return Expirations(groups[:, 0], groups[:, 1].astype(np.int32), points)
