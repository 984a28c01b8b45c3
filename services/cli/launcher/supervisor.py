"""Keeps processes running until it is told to stop, then ends them in order."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from services.cli.launcher.child import Child, Program

POLL_SECONDS: Final = 0.1
SHORT_LIVES_THAT_MEAN_HOPELESS: Final = 3


class Supervisor:
    """Starts every program of every stage and starts again what dies; stops stage after stage.

    `tell` is called, from the supervisor's own thread, with a line for people whenever a process died.
    """

    def __init__(self, stages: Sequence[Sequence[Program]], logs: Path, tell: Callable[[str], None]) -> None:
        self._stages = [[Child(program, logs) for program in stage] for stage in stages]
        self._logs = logs
        self._tell = tell
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._tend, name="supervisor", daemon=True)

    def start(self) -> None:
        """Starts everything at once and begins to watch."""
        self._logs.mkdir(exist_ok=True)
        for child in self._children():
            child.start()
        self._thread.start()

    def pids(self) -> dict[str, int]:
        """The process of each program that has one just now."""
        pids = {child.name: child.pid for child in self._children()}
        return {name: pid for name, pid in pids.items() if pid is not None}

    def hopeless(self) -> Child | None:
        """A child that has died soon after its start, again and again."""
        dying = (child for child in self._children() if child.short_lives >= SHORT_LIVES_THAT_MEAN_HOPELESS)
        return next(dying, None)

    def stop(self, patience_seconds: float, hurry: threading.Event) -> None:
        """SIGTERM to the first stage, then to the next; SIGKILL to what is late, or on `hurry`."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        for stage in self._stages:
            _end(stage, patience_seconds, hurry)

    def _children(self) -> list[Child]:
        return [child for stage in self._stages for child in stage]

    def _tend(self) -> None:
        while not self._stopping.wait(POLL_SECONDS):
            for child in self._children():
                news = child.tend()
                if news is not None:
                    self._tell(news)


def _end(children: Sequence[Child], patience_seconds: float, hurry: threading.Event) -> None:
    for child in children:
        child.send(signal.SIGTERM)
    deadline = time.monotonic() + patience_seconds
    while not _all_ended(children) and time.monotonic() < deadline:
        if hurry.wait(POLL_SECONDS / 2):
            break
    for child in children:
        child.send(signal.SIGKILL)
    while not _all_ended(children):
        time.sleep(POLL_SECONDS / 2)


def _all_ended(children: Sequence[Child]) -> bool:
    return not [child for child in children if not child.has_ended()]
