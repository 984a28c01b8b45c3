"""Posts what came too early or too late for the feeds: awards that wait, points of records that were merged away.

A purchase that Tier had recorded may be posted after its record was merged; an award may be followed before its
member, at the very moment at which the account is opened, or before there is a policy. Every process looks now and
then; two that meet do no harm.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import structlog

from services.points.recording.awards import post_waiting
from services.points.recording.merging import Occasion, pass_on
from services.points.recording.moves import occasion_of
from services.points.store.awards import read_awaiting
from services.points.store.merging import read_late
from services.points.store.policies import PolicyBook
from services.runtime.clock import Clock
from services.runtime.database import Connection, Database, DatabaseUnavailable

_log = structlog.get_logger(__name__)

_PAGE: Final = 1_000

Do = Callable[[Connection, Occasion, Sequence[str]], None]


@dataclass(frozen=True, slots=True)
class Tidying:
    """Brings stray points to where they belong, as soon as that is possible."""

    database: Database
    book: PolicyBook
    clock: Clock
    pause_seconds: float

    async def run(self) -> None:
        """Runs until cancelled."""
        while True:
            try:
                await asyncio.to_thread(self.run_once)
            except Exception as error:  # noqa: BLE001 - what cannot be tidied now may be the next time
                _log.warning("points wait to be tidied", error=str(error))
            await asyncio.sleep(self.pause_seconds)

    def run_once(self) -> None:
        """Looks once at everything that waits, a page of members a transaction."""
        for read, do in ((read_awaiting, _post_awards), (read_late, _pass_on)):
            members = self.database.transact(partial(read, after="", limit=_PAGE))
            while members:
                self._tidy(members, do)
                members = self.database.transact(partial(read, after=members[-1], limit=_PAGE))

    def _tidy(self, members: Sequence[str], do: Do) -> None:
        """In one transaction, or one by one where that fails: whoever cannot be helped does not hold up others."""

        def work(connection: Connection) -> None:
            occasion = occasion_of(connection, self.book, self.clock)
            if occasion is not None:
                do(connection, occasion, members)

        try:
            self.database.transact(work)
        except DatabaseUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one is no matter of the others
            if len(members) == 1:
                _log.warning("points wait to be tidied", member_id=members[0], error=str(error))
            for each in members if len(members) > 1 else ():
                self._tidy([each], do)


def _post_awards(connection: Connection, occasion: Occasion, members: Sequence[str]) -> None:
    post_waiting(connection, occasion.policy, members)


def _pass_on(connection: Connection, occasion: Occasion, members: Sequence[str]) -> None:
    for member_id in members:
        pass_on(connection, occasion, member_id)
