"""Following another service's feed: a page by gRPC, then its effects and the new cursor in one transaction."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import grpc
import sqlalchemy as sa
import structlog

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
        """Runs until cancelled; waits when there is nothing new, or while the other service is away."""
        while True:
            try:
                moved = await self.step()
            except (grpc.aio.AioRpcError, DatabaseUnavailable) as error:
                _log.warning("feed is waiting", feed=self.feed, error=str(error))
                moved = False
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
        advanced: sa.Insert | sa.Update
        if old == "":
            advanced = sa.insert(self.cursors).values(feed=self.feed, cursor=new)
        else:
            advanced = (
                sa.update(self.cursors)
                .where(self.cursors.c.feed == self.feed, self.cursors.c.cursor == old)
                .values(cursor=new)
            )
        if old == "" and self._read_cursor(connection) != "":
            return
        if connection.execute(advanced).rowcount == 1:
            self.apply(connection, items)
