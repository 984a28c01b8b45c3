"""The unit of work of a purchase: decide, accept, ask Tier, post (DECISIONS, Choices: accept, ask, post).

A batch of any size is one transaction that accepts, one call to Tier, and one transaction that posts.
Whatever fails after the first transaction is finished by `services.points.redriving`, for every step may be
repeated.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
import sqlalchemy as sa
import structlog

from services.kernel.columns import Index, put, taken
from services.kernel.shards import shard_of
from services.points.columns import (
    Decisions,
    Pending,
    Priced,
    Purchases,
    Receipts,
    posted,
    refused,
    still_pending,
)
from services.points.pricing import Pricing, PricingFailed
from services.points.refusals import Reason
from services.points.rules.limits import are_large, decide_limits
from services.points.rules.purchases import decide_purchases
from services.points.store.acceptance import hold, release
from services.points.store.ledger import post, read_posted
from services.points.store.limits import read_commitments
from services.points.store.pending import forget_refused, mark_refused, mark_waiting
from services.points.store.policies import PolicyBook
from services.runtime.clock import Clock
from services.runtime.database import Database
from services.runtime.faults import fault_point

_log = structlog.get_logger(__name__)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Accepted:
    """What the first transaction leaves: receipts so far, and the purchases still to be priced with their rows."""

    receipts: Receipts
    pending: Pending
    rows: Index


Refuse = Callable[[sa.Connection, Pending, Priced], None]


class Recorder:
    """Records purchases, once for ever by transaction id."""

    def __init__(self, database: Database, pricing: Pricing, clock: Clock) -> None:
        self._database = database
        self._pricing = pricing
        self._clock = clock
        self._book = PolicyBook()

    async def record(self, purchases: Purchases) -> Receipts:
        """One receipt per purchase, in order; those of one member are taken in their order. At most 1,000."""
        accepted = await asyncio.to_thread(self.accept, purchases)
        if not len(accepted.rows):
            return accepted.receipts
        fault_point("purchases.accepted")
        try:
            priced = await self._pricing.price(accepted.pending)
        except PricingFailed as failure:
            _log.warning("purchases wait for tier", purchases=len(accepted.rows), error=str(failure))
            await asyncio.to_thread(self.leave_waiting, accepted.pending)
            return put(accepted.receipts, accepted.rows, still_pending(accepted.pending))
        fault_point("purchases.priced")
        receipts = await asyncio.to_thread(self.settle, accepted.pending, priced)
        fault_point("purchases.posted")
        return put(accepted.receipts, accepted.rows, receipts)

    async def drive(self, pending: Pending) -> None:
        """Finishes purchases that were accepted earlier and whose callers are gone. Raises PricingFailed."""
        priced = await self._pricing.price(pending)
        await asyncio.to_thread(self.settle_without_callers, pending, priced)

    def accept(self, purchases: Purchases) -> Accepted:
        """Decides, and accepts for good what is not refused, in one transaction."""
        now_us = (self._clock.now() - _EPOCH) // timedelta(microseconds=1)

        def work(connection: sa.Connection) -> Accepted:
            decisions = decide_purchases(purchases, self._book.current(connection), now_us)
            rows = np.flatnonzero(decisions.reason == 0)
            receipts = refused(decisions.reason)
            wanted = _pending_of(taken(purchases, rows), taken(decisions, rows))
            return (
                _held(connection, receipts, wanted, rows) if len(rows) else Accepted(receipts, wanted, rows)
            )

        return self._database.transact(work)

    def leave_waiting(self, pending: Pending) -> None:
        """Leaves purchases to be driven on when Tier is back."""
        self._database.transact(lambda connection: mark_waiting(connection, pending))

    def settle(self, pending: Pending, priced: Priced) -> Receipts:
        """Posts what Tier granted and takes away what it refused, in one transaction, for callers who are told."""
        return self._database.transact(
            lambda connection: _settled(connection, pending, priced, forget_refused)
        )

    def settle_without_callers(self, pending: Pending, priced: Priced) -> None:
        """Posts what Tier granted and keeps the reason of what it refused, in one transaction."""
        self._database.transact(lambda connection: _settled(connection, pending, priced, mark_refused))


def _pending_of(purchases: Purchases, decisions: Decisions) -> Pending:
    return Pending(
        transaction_id=purchases.transaction_id,
        payload_hash=purchases.payload_hash,
        shard=shard_of(purchases.member_id),
        member_id=purchases.member_id,
        property_id=purchases.property_id,
        occurred_us=purchases.occurred_us,
        service_minor=purchases.service_minor,
        addon_minor=purchases.addon_minor,
        product_minor=purchases.product_minor,
        package_minor=purchases.package_minor,
        treatments=purchases.treatments,
        occurred_on=decisions.occurred_on,
        base_micropoints=decisions.base_micropoints,
        qualifying_spend_minor=decisions.qualifying_spend_minor,
        points_revision=decisions.points_revision,
    )


def _held(connection: sa.Connection, receipts: Receipts, wanted: Pending, rows: Index) -> Accepted:
    """Holds the ids first, and looks into the ledger in a later statement: see store.acceptance for why."""
    pending, is_held = hold(connection, wanted)
    receipts = _refusing(receipts, rows[~is_held], Reason.TRANSACTION_ID_REUSED)
    held = Accepted(receipts, taken(pending, is_held), rows[is_held])
    return _without_limited(connection, _without_posted(connection, held))


def _without_posted(connection: sa.Connection, accepted: Accepted) -> Accepted:
    """Answers what is in the ledger already, and takes it from what is pending."""
    known, answers = _first_answers(connection, accepted.pending)
    if not len(known):
        return accepted
    release(connection, accepted.pending.transaction_id[known])
    receipts = put(accepted.receipts, accepted.rows[known], answers)
    open_still = np.ones(len(accepted.pending), dtype=np.bool_)
    open_still[known] = False
    return Accepted(receipts, taken(accepted.pending, open_still), accepted.rows[open_still])


def _without_limited(connection: sa.Connection, accepted: Accepted) -> Accepted:
    """Refuses what could lift a balance above the limit."""
    above = are_large(accepted.pending.base_micropoints)
    if above.any():
        large = taken(accepted.pending, above)
        committed = read_commitments(connection, large)
        above[above] = decide_limits(large.member_id.tolist(), large.base_micropoints, committed)
    if not above.any():
        return accepted
    forget_refused(connection, taken(accepted.pending, above))
    receipts = _refusing(accepted.receipts, accepted.rows[above], Reason.POINTS_ABOVE_LIMIT)
    return Accepted(receipts, taken(accepted.pending, ~above), accepted.rows[~above])


def _settled(connection: sa.Connection, pending: Pending, priced: Priced, refuse: Refuse) -> Receipts:
    receipts = posted(pending, priced)
    granted = priced.reason == 0
    if granted.any():
        rows = np.flatnonzero(granted)
        old = rows[~post(connection, taken(pending, rows), taken(priced, rows))]
        receipts = _replaying(connection, receipts, pending, old)
    if not granted.all():
        refuse(connection, taken(pending, ~granted), taken(priced, ~granted))
    return receipts


def _replaying(connection: sa.Connection, receipts: Receipts, pending: Pending, rows: Index) -> Receipts:
    """The receipts with the first answers in these rows, whose purchases others have posted."""
    if not len(rows):
        return receipts
    known, answers = _first_answers(connection, taken(pending, rows))
    return put(receipts, rows[known], answers)


def _first_answers(connection: sa.Connection, pending: Pending) -> tuple[Index, Receipts]:
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
    return rows, _refusing(answers, other, Reason.TRANSACTION_ID_REUSED)


def _refusing(receipts: Receipts, rows: Index, reason: Reason) -> Receipts:
    return put(receipts, rows, refused(np.full(len(rows), reason, dtype=np.int16)))
