"""Accepting refunds for good: locked, looked up, decided and written down in the caller's transaction."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import sqlalchemy as sa

from services.kernel.calendar import Days
from services.kernel.columns import Mask, stacked, taken
from services.kernel.shards import shard_of
from services.points.columns import Reasons, Texts
from services.points.ledger_columns import EntryKind
from services.points.policy import Policy
from services.points.recording.earlier import Earlier, earlier_of_each
from services.points.recording.reversible import locked_purchases
from services.points.refusals import Reason
from services.points.reversal_columns import PARTS, TREATMENTS, Bought, Parts, Refunds, Reversals, TakenBack
from services.points.rules.credit_notes import NONE_WAITS, decide_credit_notes, decide_members
from services.points.rules.local_days import local_days
from services.points.rules.reversals import (
    NOT_IN_LEDGER,
    decide_requests,
    decide_reversals,
    decide_worth,
)
from services.points.store.heirs import locked_heirs
from services.points.store.merging import read_families
from services.points.store.reversals import accept, mark_waiting, read_accepted
from services.points.store.reversible import (
    read_bought_by,
    read_first_waiting,
    read_pending_among,
)


@dataclass(frozen=True, slots=True)
class Accepted:
    """What the first transaction leaves: why refunds are refused, and the reversals that Tier is still to be asked.

    `replayed` tells which refunds had been recorded before, whole. `pending` is None where nothing can be.
    """

    reason: Reasons
    pending: Reversals | None
    replayed: Mask


@dataclass(frozen=True, slots=True)
class _Decided:
    """Refunds decided against purchases; `charged` is the account of whoever holds each purchase's points now."""

    reason: Reasons
    taking: TakenBack
    bought: Bought
    charged: Texts


_Decide = Callable[[Refunds, Days], _Decided]


def accept_reversals(
    connection: sa.Connection, policy: Policy | None, refunds: Refunds, now_us: int
) -> Accepted:
    """Accepts reversals of purchases; each sees those before it. At most 1,000."""
    reason = decide_requests(refunds, policy, now_us, Reason.TRANSACTION_ID_MUST_BE_PRINTABLE)
    rows = np.flatnonzero(reason == 0)
    if policy is None or not len(rows):
        return _refused(reason)
    transaction_ids = refunds.concerns[rows].tolist()
    pending = read_pending_among(connection, transaction_ids)
    bought, heirs = locked_purchases(connection, set(transaction_ids))
    charged = _names([heirs[member_id].member_id for member_id in bought.member_id])

    def decide(asked: Refunds, occurred_on: Days) -> _Decided:
        row_of = {transaction_id: row for row, transaction_id in enumerate(bought.transaction_id)}
        purchase = np.array([row_of.get(each, NOT_IN_LEDGER) for each in asked.concerns], dtype=np.intp)
        waits = np.array([each in pending for each in asked.concerns], dtype=np.bool_)
        return _Decided(*decide_reversals(asked, occurred_on, purchase, waits, bought), bought, charged)

    return _accept(connection, policy, refunds, reason, decide)


def accept_credit_notes(
    connection: sa.Connection, policy: Policy | None, notes: Refunds, now_us: int
) -> Accepted:
    """Accepts credit notes as reversals of the latest purchases; each note sees those before it. At most 1,000."""
    reason = decide_requests(notes, policy, now_us, Reason.MEMBER_ID_MUST_BE_PRINTABLE)
    rows = np.flatnonzero(reason == 0)
    if policy is None or not len(rows):
        return _refused(reason)
    names = sorted(set(notes.concerns[rows].tolist()))
    heirs = locked_heirs(connection, names)
    holders = [name for name in names if name in heirs and heirs[name].member_id == name]
    holder_of = read_families(connection, holders)
    waiting: dict[str, int] = {}
    for record, occurred_us in read_first_waiting(connection, {*names, *holder_of}).items():
        holder_id = holder_of.get(record, record)
        waiting[holder_id] = min(waiting.get(holder_id, NONE_WAITS), occurred_us)
    bought = read_bought_by(connection, holder_of)
    owners = _names([holder_of[member_id] for member_id in bought.member_id])

    def decide(asked: Refunds, occurred_on: Days) -> _Decided:
        number = {name: row for row, name in enumerate(names)}
        holder = np.array([number[name] for name in asked.concerns], dtype=np.intp)
        owner = np.array([number[name] for name in owners], dtype=np.intp)
        has_account = np.array([name in heirs for name in asked.concerns], dtype=np.bool_)
        holds = np.array([name in holders for name in asked.concerns], dtype=np.bool_)
        first = np.array([waiting.get(name, NONE_WAITS) for name in asked.concerns], dtype=np.int64)
        why = decide_members(asked.occurred_us, has_account, holds, first)
        rows = np.flatnonzero(why == 0)
        why[rows], taking = decide_credit_notes(taken(asked, rows), holder[rows], bought, owner)
        return _Decided(why, replace(taking, refund=rows[taking.refund]), bought, owners)

    return _accept(connection, policy, notes, reason, decide, cut=True)


def _accept(
    connection: sa.Connection,
    policy: Policy,
    refunds: Refunds,
    reason: Reasons,
    decide: _Decide,
    *,
    cut: bool = False,
) -> Accepted:
    """Looks ids up under the locks, decides what is new, and writes it down; `cut` refunds become one part each."""
    rows = np.flatnonzero(reason == 0)
    hashes = {refunds.refund_id[row]: refunds.payload_hash[row] for row in rows}
    known = earlier_of_each(connection, hashes, EntryKind.PURCHASE_REVERSAL)
    stands = np.array([known[refunds.refund_id[row]].name for row in rows])
    reason[rows[stands == Earlier.OTHER.name]] = Reason.TRANSACTION_ID_REUSED
    again, fresh = rows[stands == Earlier.SAME.name], rows[stands == Earlier.NONE.name]
    unfinished = read_accepted(connection, refunds.refund_id[again].tolist())
    mark_waiting(connection, unfinished.reversal_id)
    pending = [unfinished]
    if len(fresh):
        asked = taken(refunds, fresh)
        occurred_on = local_days(asked.occurred_us, policy.zone)
        decided = decide(asked, occurred_on)
        reason[fresh] = decided.reason
        pending.append(_reversals(asked, occurred_on, decided, policy, cut=cut))
        accept(connection, pending[-1])
    replayed = np.zeros(len(refunds), dtype=np.bool_)
    still_open = set(unfinished.refund_id.tolist())
    replayed[again] = [refund_id not in still_open for refund_id in refunds.refund_id[again]]
    return Accepted(reason, stacked(pending), replayed)


def _refused(reason: Reasons) -> Accepted:
    return Accepted(reason, None, np.zeros(len(reason), dtype=np.bool_))


def _reversals(
    refunds: Refunds, occurred_on: Days, decided: _Decided, policy: Policy, *, cut: bool
) -> Reversals:
    taking = decided.taking
    asked, bought = taken(refunds, taking.refund), taken(decided.bought, taking.purchase)
    charged = decided.charged[taking.purchase]
    worth = decide_worth(bought, taking.parts, policy)
    both = zip(asked.refund_id, bought.transaction_id, strict=True)
    return Reversals(
        reversal_id=_names([f"{refund} {purchase}" for refund, purchase in both]) if cut else asked.refund_id,
        credit_note_id=asked.refund_id if cut else _names([""] * len(taking)),
        payload_hash=asked.payload_hash,
        transaction_id=bought.transaction_id,
        purchase_shard=bought.shard,
        shard=shard_of(charged),
        member_id=charged,
        occurred_us=asked.occurred_us,
        occurred_on=occurred_on[taking.refund],
        everything=asked.everything,
        **_columns_of(taking.parts),
        base_micropoints=worth.base_micropoints,
        package_micropoints=worth.package_micropoints,
        qualifying_spend_minor=worth.qualifying_spend_minor,
        treatment_bonus=taking.treatment_bonus,
    )


def _columns_of(parts: Parts) -> dict[str, Any]:
    columns: dict[str, Any] = {part: parts[:, column] for column, part in enumerate(PARTS)}
    return columns | {"treatments": parts[:, TREATMENTS].astype(np.int32)}


def _names(names: Sequence[str]) -> Texts:
    return np.array(names, dtype=object)
