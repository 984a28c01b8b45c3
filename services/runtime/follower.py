"""Following another service's feed: a page by gRPC, then its effects and the new cursor in one transaction."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import grpc
import sqlalchemy as sa
import structlog
from sqlalchemy.dialects import postgresql

from services.runtime.database import Database, DatabaseUnavailable
from services.runtime.feed import read_cursor

Item = TypeVar("Item")

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Follower(Generic[Item]):
    """Follows one feed for ever: reads a page by gRPC, then applies it and moves the cursor in one transaction."""

    feed: str
    database: Database
    cursors: sa.Table
    read_page: Callable[[str], Awaitable[tuple[Sequence[Item], str]]]
    apply: Callable[[sa.Connection, Sequence[Item]], None]
    poll_seconds: float

    async def run(self) -> None:
        """Runs until cancelled; waits when there is nothing new, or while a page fails for whatever reason."""
        away = False
        while True:
            try:
                moved = await self.step()
                away = False
            except Exception as error:  # noqa: BLE001 - the calls of this process do not end with its feed
                moved = False
                if not away:
                    _log.warning("feed is waiting", feed=self.feed, **_told(error))
                away = True
            if not moved:
                await asyncio.sleep(self.poll_seconds)

    async def step(self) -> bool:
        """Follows one page; False when there was none. A page that another process applied first is dropped."""
        stands_at = await asyncio.to_thread(self.database.transact, self._read_cursor)
        items, next_cursor = await self.read_page(stands_at)
        if not items:
            return False
        await asyncio.to_thread(
            self.database.transact,
            lambda connection: self._advance(connection, stands_at, next_cursor, items),
        )
        return True

    def _read_cursor(self, connection: sa.Connection) -> str:
        return read_cursor(connection, self.cursors, self.feed)

    def _advance(self, connection: sa.Connection, old: str, new: str, items: Sequence[Item]) -> None:
        cursors = self.cursors
        advanced: sa.Executable
        if old == "":
            begun = postgresql.insert(cursors).values(feed=self.feed, cursor=new)
            advanced = begun.on_conflict_do_nothing().returning(cursors.c.feed)
        else:
            moved = sa.update(cursors).where(cursors.c.feed == self.feed, cursors.c.cursor == old)
            advanced = moved.values(cursor=new).returning(cursors.c.feed)
        if connection.execute(advanced).first() is not None:
            self.apply(connection, items)


def _told(error: Exception) -> dict[str, Any]:
    """Whoever is away is named; what nobody expected is told with where it happened."""
    away = isinstance(error, grpc.aio.AioRpcError | DatabaseUnavailable)
    return {"error": str(error)} if away else {"exc_info": error}
