"""Gathers the calls that queued while the previous flush was under way, and runs them as one batch."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class Coalescer(Generic[Item, Answer]):
    """Turns single calls into batches without a timer: an idle one flushes at once, a busy one fills up.

    `flush` answers a batch item by item, in order. Two items of one key never share a batch: the later waits for
    the next, so that a repeated call meets what the first one recorded.
    """

    def __init__(
        self,
        flush: Callable[[Sequence[Item]], Awaitable[Sequence[Answer]]],
        key: Callable[[Item], Hashable],
        cap: int,
        lanes: int = 1,
    ) -> None:
        self._flush = flush
        self._key = key
        self._cap = cap
        self._idle_lanes = lanes
        self._waiting: deque[tuple[Item, asyncio.Future[Answer]]] = deque()
        self._under_way: set[Hashable] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def submit(self, item: Item) -> Answer:
        """The item's own answer, or the error that its whole batch met."""
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, answer))
        self._start_lane()
        return await answer

    def _start_lane(self) -> None:
        if self._idle_lanes == 0:
            return
        self._idle_lanes -= 1
        task = asyncio.create_task(self._run_lane())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run_lane(self) -> None:
        try:
            while batch := self._next_batch():
                await self._run_batch(batch)
        finally:
            self._idle_lanes += 1

    def _next_batch(self) -> list[tuple[Item, asyncio.Future[Answer]]]:
        batch: list[tuple[Item, asyncio.Future[Answer]]] = []
        kept_back: deque[tuple[Item, asyncio.Future[Answer]]] = deque()
        while self._waiting and len(batch) < self._cap:
            item, answer = self._waiting.popleft()
            key = self._key(item)
            if key in self._under_way:
                kept_back.append((item, answer))
            else:
                self._under_way.add(key)
                batch.append((item, answer))
        self._waiting.extendleft(reversed(kept_back))
        return batch

    async def _run_batch(self, batch: list[tuple[Item, asyncio.Future[Answer]]]) -> None:
        try:
            answers = await self._flush([item for item, _ in batch])
            for (_, future), answer in zip(batch, answers, strict=True):
                if not future.done():
                    future.set_result(answer)
        except Exception as error:  # noqa: BLE001 - whatever the batch met is each caller's answer
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
        finally:
            self._under_way.difference_update(self._key(item) for item, _ in batch)
