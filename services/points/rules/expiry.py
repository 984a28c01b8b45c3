"""When points expire, and what of an account has (DECISIONS, Meanings 27)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.kernel.calendar import NEVER, Days, add_months, window_start
from services.kernel.columns import Mask
from services.points.columns import Amounts
from services.points.ledger_columns import Accounts, Left
from services.points.policy import Policy
from services.points.policy_document import Expiry, ExpiryMode
from services.points.rules.lots import sums_by_account


@dataclass(frozen=True, slots=True)
class Expirations:
    """Points that expire, in the order of account and day; `row` is the account's."""

    row: NDArray[np.intp]
    expired_on: Days
    points: Amounts

    def __len__(self) -> int:
        return len(self.points)


class NextExpiry(NamedTuple):
    """The day on which points of an account expire next, NEVER if none do, and how many if none is spent before."""

    day: int
    points: int


class Overdue(NamedTuple):
    """Points earned by a day have expired; those of who was active later have not, where that keeps them alive."""

    earned_by: int
    unless_active: bool


def expires_on(lot_on: Days, active_on: Days, policy: Policy, late_on: Days | None = None) -> Days:
    """The day on which points expire that were earned on a day by a member last active on another; NEVER: on none.

    Each revision expires what is due by its own months, from its first day on. `active_on` is NEVER for who never
    bought nor redeemed. In an account to which older points came on a later day, `late_on`, nothing expires before
    that any more: what did has been posted by then.
    """
    there_on = lot_on if late_on is None else late_on
    earliest = np.full(len(lot_on), NEVER, dtype=np.int32)
    active = np.where(active_on == NEVER, lot_on, active_on)
    for start, end, expiry in _expiring_revisions(policy):
        since = np.maximum(lot_on, active) if expiry.mode is ExpiryMode.AFTER_INACTIVITY else lot_on
        due = np.maximum(np.maximum(add_months(since, expiry.months), start), there_on)
        earliest = np.minimum(earliest, np.where(due < end, due, NEVER)).astype(np.int32)
    return earliest


def expiry_of(left: Left, active_on: Days, policy: Policy) -> Days:
    """The day on which what is left of each lot expires; `active_on` is that of each account."""
    return expires_on(left.lot_on, active_on[left.row], policy, left.late_on)


def overdue_by(policy: Policy, as_of: int) -> Sequence[Overdue]:
    """What expires by a day, one for each revision by which anything does; none: nothing ever did."""
    return [
        Overdue(
            int(window_start(np.array([min(as_of, end - 1)], dtype=np.int32), expiry.months)[0]) - 1,
            expiry.mode is ExpiryMode.AFTER_INACTIVITY,
        )
        for start, end, expiry in _expiring_revisions(policy)
        if start <= as_of
    ]


def are_overdue(accounts: Accounts, policy: Policy, as_of: Days) -> Mask:
    """Accounts in which points may expire by a day of each, by the age of the oldest: their lots have to be read."""
    due: Mask = expires_on(accounts.oldest_on, accounts.active_on, policy) <= as_of
    return due & (accounts.balance > 0)


def decide_expirations(accounts: Accounts, left: Left, policy: Policy, as_of: Days) -> Expirations:
    """What is left and expires by a day of each account, as of the days on which it does."""
    day = expiry_of(left, accounts.active_on, policy)
    due = np.flatnonzero(day <= as_of[left.row])
    keys = np.stack([left.row[due], day[due].astype(np.intp)], axis=1)
    groups, group = np.unique(keys, axis=0, return_inverse=True)
    points = sums_by_account(group.reshape(-1), left.points[due], len(groups))
    return Expirations(groups[:, 0], groups[:, 1].astype(np.int32), points)


def next_expiry(left: Left, active_on: int, policy: Policy, today: int) -> NextExpiry:
    """When the points left in one account expire next; those that are overdue are not next, but gone.

    `left` is of that account alone, `active_on` the day of its last purchase or redemption, NEVER for none.
    """
    day = expires_on(left.lot_on, np.full(len(left), active_on, dtype=np.int32), policy, left.late_on)
    day = np.where(day > today, day, NEVER)
    first = int(day.min(initial=NEVER))
    points = 0 if first == NEVER else int(left.points[day == first].sum())
    return NextExpiry(first, points)


def _expiring_revisions(policy: Policy) -> Iterator[tuple[int, int, Expiry]]:
    """First day, first day no more, and expiry of each revision that has one and was ever in force."""
    ends = [*policy.effective_from[1:].tolist(), NEVER]
    for start, end, document in zip(policy.effective_from.tolist(), ends, policy.documents, strict=True):
        if document.expiry is not None and start < end:
            yield start, end, document.expiry
