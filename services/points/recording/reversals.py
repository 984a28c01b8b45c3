"""The unit of work of a refund: decide, accept, ask Tier, post (DECISIONS, Choices: accept, ask, post).

Refunds of any number are one transaction that accepts, and for every thousand parts one call to Tier and one
transaction that posts. Whatever fails after the first is finished by `services.points.redriving`, for every step
may be repeated.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
import sqlalchemy as sa
import structlog

from services.kernel.columns import Mask, put, taken
from services.points.columns import Reasons
from services.points.policy import Policy
from services.points.pricing import PricingFailed, Reversing
from services.points.recording.reversal_acceptance import Accepted, accept_credit_notes, accept_reversals
from services.points.recording.reversal_posting import settle_reversals
from services.points.reversal_columns import (
    Refunds,
    ReversalReceipts,
    Reversals,
    ReversalState,
    Reversed,
)
from services.points.store.policies import PolicyBook
from services.points.store.reversals import mark_waiting, read_receipts
from services.runtime.clock import Clock
from services.runtime.database import Database
from services.runtime.faults import fault_point

_log = structlog.get_logger(__name__)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ASKED_AT_ONCE: Final = 1_000
"""Reversals in one call to Tier, at most."""

_Accept = Callable[[sa.Connection, Policy | None, Refunds, int], Accepted]


@dataclass(frozen=True, slots=True)
class Answers:
    """What became of refunds: refused for a reason, or carried out by the reversals in `receipts`.

    `replayed` tells which refunds had been recorded before, whole.
    """

    reason: Reasons
    replayed: Mask
    receipts: ReversalReceipts


class Reverser:
    """Takes back purchases, once for ever by the id of the refund."""

    def __init__(self, database: Database, tier: Reversing, clock: Clock) -> None:
        self._database = database
        self._tier = tier
        self._clock = clock
        self._book = PolicyBook()

    async def reverse(self, refunds: Refunds) -> Answers:
        """Reverses purchases; one reason or receipt each. At most 1,000."""
        return await self._carry_out(refunds, await asyncio.to_thread(self.accept, refunds, accept_reversals))

    async def credit(self, notes: Refunds) -> Answers:
        """Records credit notes; a reason or one receipt a purchase each. At most 1,000."""
        return await self._carry_out(notes, await asyncio.to_thread(self.accept, notes, accept_credit_notes))

    async def drive(self, pending: Reversals) -> None:
        """Finishes reversals that were accepted earlier and whose callers are gone. Raises PricingFailed."""
        answers = await self.ask(pending)
        await asyncio.to_thread(self.settle, pending, answers, told=False)

    def accept(self, refunds: Refunds, accept: _Accept) -> Accepted:
        """Decides, and accepts for good what is not refused, in one transaction."""
        now_us = (self._clock.now() - _EPOCH) // timedelta(microseconds=1)
        return self._database.transact(
            lambda connection: accept(connection, self._book.current(connection), refunds, now_us)
        )

    async def ask(self, pending: Reversals) -> Reversed:
        """What Tier takes back; it is not asked about what never counted there. Raises PricingFailed."""
        counted = (
            (pending.base_micropoints > 0) | (pending.qualifying_spend_minor > 0) | (pending.treatments > 0)
        )
        rows = np.flatnonzero(counted)
        answers = _nothing_taken_back(len(pending))
        return put(answers, rows, await self._tier.reverse(taken(pending, rows))) if len(rows) else answers

    def settle(self, pending: Reversals, answers: Reversed, *, told: bool) -> None:
        """Posts what Tier granted, in one transaction; refusals are kept unless their one caller is `told`."""

        def work(connection: sa.Connection) -> None:
            policy, now = self._book.current(connection), self._clock.now()
            if policy is None:
                raise LookupError("reversals were accepted, so a policy had been applied")
            today = policy.day_at(now)
            settle_reversals(connection, policy, pending, answers, today, now, told=told)

        self._database.transact(work)

    def leave_waiting(self, pending: Reversals) -> None:
        """Leaves reversals to be driven on when Tier is back."""
        self._database.transact(lambda connection: mark_waiting(connection, pending.reversal_id))

    async def _carry_out(self, refunds: Refunds, accepted: Accepted) -> Answers:
        refused = await self._finish(accepted.pending) if accepted.pending else {}
        return await asyncio.to_thread(self._answers, refunds, accepted, refused)

    async def _finish(self, pending: Reversals) -> dict[str, int]:
        """Asks and posts a thousand at a time; why Tier refused which refunds."""
        refused: dict[str, int] = {}
        for start in range(0, len(pending), _ASKED_AT_ONCE):
            part = taken(pending, np.arange(start, min(start + _ASKED_AT_ONCE, len(pending))))
            fault_point("reversals.accepted")
            try:
                answers = await self.ask(part)
            except PricingFailed as failure:
                rest = taken(pending, np.arange(start, len(pending)))
                _log.warning("reversals wait for tier", reversals=len(rest), error=str(failure))
                await asyncio.to_thread(self.leave_waiting, rest)
                break
            fault_point("reversals.answered")
            await asyncio.to_thread(self.settle, part, answers, told=True)
            fault_point("reversals.posted")
            for refund_id, reason in zip(part.refund_id.tolist(), answers.reason.tolist(), strict=True):
                if reason:
                    refused.setdefault(refund_id, reason)
        return refused

    def _answers(self, refunds: Refunds, accepted: Accepted, refused: dict[str, int]) -> Answers:
        reason = accepted.reason.copy()
        granted = refunds.refund_id[reason == 0].tolist()
        receipts = self._database.transact(lambda connection: read_receipts(connection, granted))
        kept = np.flatnonzero(receipts.state == ReversalState.REFUSED)
        asked = receipts.refund_id[kept].tolist()
        refused = dict(zip(asked, receipts.refused_reason[kept].tolist(), strict=True)) | refused
        for row, refund_id in enumerate(refunds.refund_id):
            if reason[row] == 0:
                reason[row] = refused.get(refund_id, 0)
        return Answers(reason, accepted.replayed, receipts)


def _nothing_taken_back(count: int) -> Reversed:
    nothing = np.zeros(count, dtype=np.int16)
    nowhere = np.full(count, "", dtype=object)
    return Reversed(nothing, nothing.astype(np.int64), nowhere, nothing)
