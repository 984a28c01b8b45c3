"""Rows on their way, in lanes side by side: the rows of one member share a lane and keep their order."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, Generic

from services.cli.importing.building import M
from services.cli.importing.sending import Outcome
from services.cli.patience import Patience
from services.kernel.shards import SHARDS, shard_of

Sender = Callable[[Sequence[M]], list[Outcome]]
"""Sends a batch and gives the outcome of each row."""

BATCH_ROWS: Final = 1_000
_BATCHES_UNDER_WAY: Final = 2
"""Of one lane: one that is being answered, and one ready to follow it at once."""
_LINES_HELD_BACK: Final = 200_000
"""A row waits for its batch to fill up at most until so many lines later."""


@dataclass(frozen=True, slots=True)
class Item(Generic[M]):
    """A row to be sent; `key` is what a batch must not hold twice."""

    line: int
    values: Sequence[str]
    message: M
    member_id: str
    key: str


class Answered(Generic[M]):
    """Rows of one batch, each with its outcome."""

    def __init__(self, items: Sequence[Item[M]], outcomes: Sequence[Outcome]) -> None:
        self.rows = list(zip(items, outcomes, strict=True))


class Lanes(Generic[M]):
    """As many lanes as senders, one batch of each under way at a time; used by one thread."""

    def __init__(self, senders: Sequence[Sender[M]], patience: Patience) -> None:
        self._lanes = [_Lane(sender) for sender in senders]
        self._patience = patience

    def add(self, item: Item[M]) -> Iterator[Answered[M]]:
        """Takes a row; gives what was answered meanwhile. Raises what a sender raised."""
        shard = int(shard_of([item.member_id])[0])
        lane = self._lanes[shard * len(self._lanes) // SHARDS]
        if lane.must_go_before(item):
            yield from lane.dispatch()
        lane.waiting[item.key] = item

    def dispatch_older(self, line: int) -> Iterator[Answered[M]]:
        """Sends what has waited too long for its batch to fill, seen from the line that is read now."""
        for lane in self._lanes:
            oldest = lane.oldest_waiting()
            if oldest is not None and oldest < line - _LINES_HELD_BACK:
                yield from lane.dispatch()

    def finish(self) -> Iterator[Answered[M]]:
        """Sends everything and waits for every answer."""
        for lane in self._lanes:
            yield from lane.dispatch()
        for lane in self._lanes:
            while lane.under_way:
                yield lane.settle()

    def abandon(self) -> Iterator[Answered[M]]:
        """Sends nothing more, and waits for the answers of what was sent; a batch that failed has none."""
        self._patience.stop.set()
        for lane in self._lanes:
            lane.pool.shutdown(wait=False, cancel_futures=True)
        for lane in self._lanes:
            for items, future in lane.under_way:
                if not future.cancelled() and future.exception() is None:
                    yield Answered(items, future.result())
            lane.under_way.clear()

    def oldest_line(self, following: int) -> int:
        """The first line that is still to be answered; `following` where none is."""
        lines = [line for lane in self._lanes if (line := lane.oldest()) is not None]
        return min(lines, default=following)

    def close(self) -> None:
        """Gives the threads back."""
        for lane in self._lanes:
            lane.pool.shutdown(wait=True, cancel_futures=True)


class _Lane(Generic[M]):
    def __init__(self, sender: Sender[M]) -> None:
        self._sender = sender
        self.pool = ThreadPoolExecutor(max_workers=1)
        self.waiting: dict[str, Item[M]] = {}
        self.under_way: deque[tuple[list[Item[M]], Future[list[Outcome]]]] = deque()

    def must_go_before(self, item: Item[M]) -> bool:
        """Whether the batch is full, or holds the key: a repetition is answered best in a batch of its own."""
        return len(self.waiting) == BATCH_ROWS or item.key in self.waiting

    def dispatch(self) -> Iterator[Answered[M]]:
        if not self.waiting:
            return
        if len(self.under_way) == _BATCHES_UNDER_WAY:
            yield self.settle()
        items = list(self.waiting.values())
        self.waiting = {}
        self.under_way.append((items, self.pool.submit(self._sender, [item.message for item in items])))

    def settle(self) -> Answered[M]:
        """Waits for the oldest batch under way."""
        items, future = self.under_way[0]
        outcomes = future.result()
        self.under_way.popleft()
        return Answered(items, outcomes)

    def oldest_waiting(self) -> int | None:
        return next(iter(self.waiting.values())).line if self.waiting else None

    def oldest(self) -> int | None:
        return self.under_way[0][0][0].line if self.under_way else self.oldest_waiting()
