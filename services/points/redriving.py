"""Finishes what was accepted and not posted: after an outage of Tier, after a crash of this service.

Every process does it; two that drive the same purchase do no harm.
"""

import asyncio
from dataclasses import dataclass
from typing import Final

import structlog

from services.points.pricing import PricingFailed
from services.points.recording.purchases import Recorder
from services.points.store.pending import PendingPage, mark_left_behind, read_waiting
from services.runtime.database import Database

_log = structlog.get_logger(__name__)

_PAGE: Final = 1_000
_LONGEST_PAUSE_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Redriver:
    """Drives pending purchases on, in the order of their acceptance, until none is left."""

    database: Database
    recorder: Recorder
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
                _log.warning("pending purchases wait", error=str(error))
                away = True
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS) if away else self.redrive_after_seconds
            await asyncio.sleep(pause)

    async def run_once(self, min_age_seconds: float) -> bool:
        """Drives on every purchase of this age; answers whether Tier was away.

        A page that Tier fails on is left for the next time, and does not hold up the pages behind it.
        """
        await asyncio.to_thread(
            self.database.transact, lambda connection: mark_left_behind(connection, min_age_seconds)
        )
        page = await self._page_after(0)
        while len(page.pending):
            try:
                await self.recorder.drive(page.pending)
            except PricingFailed as failure:
                _log.warning("pending purchases wait", purchases=len(page.pending), error=str(failure))
                if failure.away:
                    return True
            page = await self._page_after(page.last_seq)
        return False

    async def _page_after(self, seq: int) -> PendingPage:
        return await asyncio.to_thread(
            self.database.transact, lambda connection: read_waiting(connection, seq, _PAGE)
        )
