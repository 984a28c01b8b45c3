"""Finishes what was accepted and not posted: after an outage of Tier, after a crash of this service.

Every process does it; two that drive the same purchase or reversal do no harm.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np
import structlog

from services.kernel.columns import taken
from services.points.columns import Pending
from services.points.pricing import PricingFailed
from services.points.recording.purchases import Recorder
from services.points.recording.reversals import Reverser
from services.points.reversal_columns import Reversals
from services.points.store.pending import PendingPage, mark_left_behind, read_waiting
from services.points.store.reversals import ReversalPage, read_waiting_reversals
from services.runtime.database import Database, DatabaseUnavailable

_log = structlog.get_logger(__name__)

_PAGE: Final = 1_000
_LONGEST_PAUSE_SECONDS: Final = 30.0

Waiting = TypeVar("Waiting", Pending, Reversals)


@dataclass(frozen=True, slots=True)
class Redriver:
    """Drives pending purchases and reversals on, in the order of their acceptance, until none is left."""

    database: Database
    recorder: Recorder
    reverser: Reverser
    redrive_after_seconds: float

    async def run(self) -> None:
        """Runs until cancelled: all that is pending at the start, later only what nobody else may be at work
        on.

        Pauses grow while Tier is away, and shrink at once when it is back.
        """
        min_age_seconds = 0.0
        pause = self.redrive_after_seconds
        while True:
            try:
                away = await self.run_once(min_age_seconds)
                min_age_seconds = self.redrive_after_seconds
            except Exception as error:  # noqa: BLE001 - what was accepted is driven on whatever happened once
                _log.warning("what is pending waits", error=str(error))
                away = True
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS) if away else self.redrive_after_seconds
            await asyncio.sleep(pause)

    async def run_once(self, min_age_seconds: float) -> bool:
        """Drives on every purchase of this age, then every reversal; answers whether Tier was away."""
        return await self._drive_purchases(min_age_seconds) or await self._drive_reversals(min_age_seconds)

    async def _drive_purchases(self, min_age_seconds: float) -> bool:
        """Drives on every purchase of this age; answers whether Tier was away.

        A purchase on which Tier fails is left for the next time, and holds up none but those of its member: these stay
        in their order.
        """
        await asyncio.to_thread(
            self.database.transact, lambda connection: mark_left_behind(connection, min_age_seconds)
        )
        members_left: set[str] = set()
        page = await self._page_after(0)
        while len(page.pending):
            if await _is_away(_driven(self.recorder.drive, page.pending, "member_id", members_left)):
                return True
            page = await self._page_after(page.last_seq)
        return False

    async def _drive_reversals(self, min_age_seconds: float) -> bool:
        """The same for reversals; one asks for as much back whatever stands before it."""
        left: set[str] = set()
        page = await self._reversals_after(0, min_age_seconds)
        while len(page.pending):
            if await _is_away(_driven(self.reverser.drive, page.pending, "reversal_id", left)):
                return True
            page = await self._reversals_after(page.last_seq, min_age_seconds)
        return False

    async def _reversals_after(self, seq: int, min_age_seconds: float) -> ReversalPage:
        return await asyncio.to_thread(
            self.database.transact,
            lambda connection: read_waiting_reversals(connection, seq, min_age_seconds, _PAGE),
        )

    async def _page_after(self, seq: int) -> PendingPage:
        return await asyncio.to_thread(
            self.database.transact, lambda connection: read_waiting(connection, seq, _PAGE)
        )


async def _is_away(driving: Awaitable[None]) -> bool:
    """Whether Tier could not be reached while something was driven on."""
    try:
        await driving
    except PricingFailed as failure:
        _log.warning("tier is away", error=str(failure))
        return True
    return False


async def _driven(
    drive: Callable[[Waiting], Awaitable[None]], pending: Waiting, whose: str, left: set[str]
) -> None:
    """Drives on what waits, in halves where that fails. Raises PricingFailed where Tier is away.

    What fails alone is left, with all behind it that has the same value in the column `whose`.
    """
    pending = taken(pending, np.array([each not in left for each in getattr(pending, whose)], dtype=np.bool_))
    if not len(pending):
        return
    try:
        await drive(pending)
    except Exception as failure:  # whatever it is that fails, it is no matter of the others
        if isinstance(failure, DatabaseUnavailable) or (isinstance(failure, PricingFailed) and failure.away):
            raise
        if len(pending) > 1:
            for half in np.array_split(np.arange(len(pending)), 2):
                await _driven(drive, taken(pending, half), whose, left)
            return
        [name] = getattr(pending, whose)
        _log.warning("what waits cannot be driven on", error=str(failure), **{whose: name})
        left.add(name)
