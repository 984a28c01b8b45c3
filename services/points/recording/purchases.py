"""The unit of work of a purchase: decide, accept, ask Tier, post (DECISIONS, Choices: accept, ask, post).

A batch of any size is one transaction that accepts, one call to Tier, and one transaction that posts.
Whatever fails after the first transaction is finished by `services.points.redriving`, for every step may be
repeated.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

import numpy as np
import sqlalchemy as sa
import structlog

from services.kernel.columns import put, taken
from services.points.columns import Pending, Priced, Purchases, Receipts, refused, still_pending
from services.points.pricing import Pricing, PricingFailed
from services.points.recording.acceptance import Accepted, held, pending_of
from services.points.recording.posting import Refuse, settled
from services.points.rules.purchases import decide_purchases
from services.points.store.pending import forget_refused, mark_refused, mark_waiting
from services.points.store.policies import PolicyBook
from services.runtime.clock import Clock
from services.runtime.database import Database
from services.runtime.faults import fault_point

_log = structlog.get_logger(__name__)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

T = TypeVar("T")
Work = Callable[[sa.Connection], T]


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

    async def quote(self, purchases: Purchases) -> Receipts:
        """What `record` would answer to each of them alone, recording nothing. Raises PricingFailed.

        Accepted and settled as ever, but in transactions that are undone, so that it cannot differ.
        """
        accepted = await asyncio.to_thread(self._without_effect, self._accepting(purchases))
        if not len(accepted.rows):
            return accepted.receipts
        priced = await self._pricing.quote(accepted.pending)
        settling = self._settling(accepted.pending, priced, _leave_as_it_is)
        return put(accepted.receipts, accepted.rows, await asyncio.to_thread(self._without_effect, settling))

    def accept(self, purchases: Purchases) -> Accepted:
        """Decides, and accepts for good what is not refused, in one transaction."""
        return self._database.transact(self._accepting(purchases))

    def leave_waiting(self, pending: Pending) -> None:
        """Leaves purchases to be driven on when Tier is back."""
        self._database.transact(lambda connection: mark_waiting(connection, pending))

    def settle(self, pending: Pending, priced: Priced) -> Receipts:
        """Posts what Tier granted and takes away what it refused, in one transaction, for callers who are told."""
        return self._database.transact(self._settling(pending, priced, forget_refused))

    def settle_without_callers(self, pending: Pending, priced: Priced) -> None:
        """Posts what Tier granted and keeps the reason of what it refused, in one transaction."""
        self._database.transact(self._settling(pending, priced, mark_refused))

    def _accepting(self, purchases: Purchases) -> Work[Accepted]:
        now_us = (self._clock.now() - _EPOCH) // timedelta(microseconds=1)

        def work(connection: sa.Connection) -> Accepted:
            decisions = decide_purchases(purchases, self._book.current(connection), now_us)
            rows = np.flatnonzero(decisions.reason == 0)
            receipts = refused(decisions.reason)
            wanted = pending_of(taken(purchases, rows), taken(decisions, rows))
            return held(connection, receipts, wanted, rows) if len(rows) else Accepted(receipts, wanted, rows)

        return work

    def _settling(self, pending: Pending, priced: Priced, refuse: Refuse) -> Work[Receipts]:
        def work(connection: sa.Connection) -> Receipts:
            policy = self._book.current(connection)
            if policy is None:
                raise LookupError("purchases were accepted, so a policy had been applied")
            return settled(connection, policy, pending, priced, refuse, self._clock.now())

        return work

    def _without_effect(self, work: Work[T]) -> T:
        def undone(connection: sa.Connection) -> T:
            savepoint = connection.begin_nested()
            try:
                return work(connection)
            finally:
                savepoint.rollback()

        return self._database.transact(undone)


def _leave_as_it_is(_: sa.Connection, _refused: Pending, _priced: Priced) -> None:
    """Of a purchase that is only quoted there is nothing to take away."""
