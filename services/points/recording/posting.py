"""What Tier has priced, posted: with fixed bonuses, and with the bonus of whoever brought the member."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import numpy as np
import sqlalchemy as sa

from services.kernel.columns import Index, Mask, put, taken
from services.points.columns import Pending, Priced, Receipts, posted, refused
from services.points.policy import Policy
from services.points.recording.holdings import expire_before
from services.points.recording.referrals import pay_referrals
from services.points.refusals import Reason
from services.points.rules.bonuses import decide_treatment_bonuses
from services.points.store.ledger import post, read_posted, record_referral_bonuses

Refuse = Callable[[sa.Connection, Pending, Priced], None]


def settled(
    connection: sa.Connection, policy: Policy, pending: Pending, priced: Priced, refuse: Refuse, now: datetime
) -> Receipts:
    """Posts what Tier granted and takes away what it refused, all in the connection's transaction."""
    priced = _with_treatment_bonuses(policy, pending, priced)
    granted = priced.reason == 0
    receipts = posted(pending, priced)
    if granted.any():
        rows = np.flatnonzero(granted)
        new = _posted(connection, policy, taken(pending, rows), taken(priced, rows), now)
        receipts = _replaying(connection, receipts, pending, rows[~new])
        receipts = _with_referral_bonuses(connection, policy, receipts, pending, rows[new])
    if not granted.all():
        refuse(connection, taken(pending, ~granted), taken(priced, ~granted))
    return receipts


def _with_treatment_bonuses(policy: Policy, pending: Pending, priced: Priced) -> Priced:
    """The points that Tier counted, and those for every so many treatments beside them."""
    decided = decide_treatment_bonuses(
        priced.level,
        priced.tier_system,
        priced.treatment_ordinal,
        pending.treatments,
        pending.points_revision,
        policy,
    )
    return replace(
        priced,
        points=priced.multiplied_points + decided.bonus,
        treatment_every=decided.every,
        treatment_points=decided.points,
        treatment_bonus=decided.bonus,
    )


def first_answers(connection: sa.Connection, pending: Pending) -> tuple[Index, Receipts]:
    """The rows of the purchases that are in the ledger, and what was answered to them.

    One whose entry has another payload is refused.
    """
    ledger = read_posted(connection, pending.transaction_id.tolist())
    row_of = {transaction_id: row for row, transaction_id in enumerate(pending.transaction_id)}
    rows = np.array(
        [row_of[transaction_id] for transaction_id in ledger.pending.transaction_id], dtype=np.intp
    )
    answers = replace(posted(ledger.pending, ledger.priced), replayed=np.ones(len(rows), dtype=np.bool_))
    other = np.flatnonzero(ledger.pending.payload_hash != pending.payload_hash[rows])
    return rows, refusing(answers, other, Reason.TRANSACTION_ID_REUSED)


def refusing(receipts: Receipts, rows: Index, reason: Reason) -> Receipts:
    """The receipts with these rows refused."""
    return put(receipts, rows, refused(np.full(len(rows), reason, dtype=np.int16)))


def _posted(
    connection: sa.Connection, policy: Policy, pending: Pending, priced: Priced, now: datetime
) -> Mask:
    """Which were posted now; the others had been before.

    Where purchases keep points alive, what ran out before a purchase expires before it: a day of each member at a
    time.
    """
    if not policy.expires_by_inactivity:
        return post(connection, pending, priced)
    new = np.zeros(len(pending), dtype=np.bool_)
    rounds = _rounds_of_days(pending)
    for number in range(int(rounds.max()) + 1):
        rows = np.flatnonzero(rounds == number)
        part = taken(pending, rows)
        as_of = dict(zip(part.member_id.tolist(), part.occurred_on.tolist(), strict=True))
        expire_before(connection, policy, as_of, now)
        new[rows] = post(connection, part, taken(priced, rows))
    return new


def _rounds_of_days(pending: Pending) -> Index:
    """For each purchase, how many days of the same member come before its own in the order given."""
    last: dict[str, tuple[int, int]] = {}
    rounds = np.zeros(len(pending), dtype=np.intp)
    for row, (member, day) in enumerate(
        zip(pending.member_id.tolist(), pending.occurred_on.tolist(), strict=True)
    ):
        number, before = last.get(member, (0, day))
        rounds[row] = number + (day != before)
        last[member] = (int(rounds[row]), day)
    return rounds


def _replaying(connection: sa.Connection, receipts: Receipts, pending: Pending, rows: Index) -> Receipts:
    """The receipts with the first answers in these rows, whose purchases others have posted."""
    if not len(rows):
        return receipts
    known, answers = first_answers(connection, taken(pending, rows))
    return put(receipts, rows[known], answers)


def _with_referral_bonuses(
    connection: sa.Connection, policy: Policy, receipts: Receipts, pending: Pending, rows: Index
) -> Receipts:
    """The receipts with what the purchases in these rows, posted now, give to whoever brought their members."""
    rows = rows[pending.treatments[rows] > 0]
    if not len(rows):
        return receipts
    purchases = taken(pending, rows)
    bonuses = pay_referrals(connection, policy, purchases)
    if not bonuses:
        return receipts
    record_referral_bonuses(connection, bonuses)
    referral_bonus = receipts.referral_bonus.copy()
    referral_bonus[rows] = [bonuses.get(each, 0) for each in purchases.transaction_id]
    return replace(receipts, referral_bonus=referral_bonus)
