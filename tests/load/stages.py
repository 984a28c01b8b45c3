"""Where time goes: how long each stage took, and how much of that this process worked rather than waited."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

from workers.job import AnyJob

_STAGES: Final = ("plan", "weigh", "read", "decide", "changes", "record", "finish")


@dataclass(slots=True)
class Spent:
    """Seconds by the clock, and seconds of work of the thread itself."""

    seconds: float = 0.0
    worked: float = 0.0

    @property
    def waited(self) -> float:
        """Seconds in which the thread waited: here for PostgreSQL, and for a processor."""
        return max(0.0, self.seconds - self.worked)


class StageClock:
    """Adds up what each stage spends, without the stages inside it. For one thing at a time, in any thread."""

    def __init__(self) -> None:
        self.spent: dict[str, Spent] = defaultdict(Spent)
        self._under_way: list[str] = []

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Counts what happens in the context."""
        self.begin(name)
        try:
            yield
        finally:
            self.end()

    def begin(self, name: str) -> None:
        """Begins a stage, which interrupts the one under way."""
        if self._under_way:
            self._count(self._under_way[-1], 1)
        self._under_way.append(name)
        self._count(name, -1)

    def end(self) -> None:
        """Ends the stage begun last; the one that it interrupted goes on."""
        self._count(self._under_way.pop(), 1)
        if self._under_way:
            self._count(self._under_way[-1], -1)

    def _count(self, name: str, sign: int) -> None:
        self.spent[name].seconds += sign * time.perf_counter()
        self.spent[name].worked += sign * time.thread_time()

    def timed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, counted."""

        def counted(*arguments: Any, **named: Any) -> Any:
            with self.stage(name):
                return function(*arguments, **named)

        return counted


def clocked(job: AnyJob, clock: StageClock) -> AnyJob:
    """The same job, its stages counted; only for an executor in this process."""
    timed: dict[str, Any] = {name: clock.timed(name, getattr(job, name)) for name in _STAGES}
    return replace(job, **timed)
