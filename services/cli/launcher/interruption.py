"""Ctrl-C, SIGTERM and a closed terminal: the first one stops in order, the second one at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interruption:
    """What has been asked for by signals so far."""

    def __init__(self) -> None:
        self.hurry = threading.Event()
        self._stopping = False

    def begin_stopping(self) -> None:
        """From here on a signal interrupts nothing; it asks for haste."""
        self._stopping = True

    def receive(self, _number: int, _frame: FrameType | None) -> None:
        """Handles a signal."""
        if self._stopping:
            self.hurry.set()
        else:
            self._stopping = True
            raise KeyboardInterrupt


@contextmanager
def interruptible() -> Iterator[Interruption]:
    """Raises KeyboardInterrupt in the main thread, where it is called, on the first signal."""
    interruption = Interruption()
    before = {number: signal.signal(number, interruption.receive) for number in _SIGNALS}
    try:
        yield interruption
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
