"""What the engine asks of whoever executes the chunks of a run, and how failures are met."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, Protocol

import structlog

from services.runtime.database import Database, DatabaseUnavailable
from workers.job import AnyInquiry
from workers.progress.chunks import ChunkState, answers

RETRIES: Final = 3
_FIRST_PAUSE_SECONDS: Final = 0.1
_LONGEST_PAUSE_SECONDS: Final = 2.0
_LONGEST_TEXT: Final = 500

ShouldStop = Callable[[], bool]

_log = structlog.get_logger(__name__)


class ChunkFailed(Exception):
    """A chunk met an error that did not pass."""


@dataclass(frozen=True, slots=True)
class RunWork:
    """A run, its job, and the database that both belong to."""

    run_id: str
    job: AnyInquiry
    database: Database


class Executor(Protocol):
    """Executes the chunks of runs; several runs may be under way at once."""

    def run_chunks(
        self, work: RunWork, chunks: Sequence[int], on_done: Callable[[int], None], should_stop: ShouldStop
    ) -> None:
        """Executes the chunks until all are done, the run is no longer going on, or it should stop.

        What is under way is awaited in each case. Raises ChunkFailed.
        """

    def close(self) -> None:
        """Gives everything back; a chunk under way is lost, and can be executed again."""


def execute_in_threads(
    threads: int,
    attempt: Callable[[int], ChunkState],
    work: RunWork,
    chunks: Sequence[int],
    on_done: Callable[[int], None],
    should_stop: ShouldStop,
) -> None:
    """The body of every executor: so many chunks at a time, each attempted until it is done or has failed."""
    halted = threading.Event()

    def stopping() -> bool:
        return halted.is_set() or should_stop()

    def execute(number: int) -> None:
        try:
            done = _attempted(attempt, work, number, stopping)
        except ChunkFailed:
            halted.set()
            raise
        if done:
            on_done(number)
        else:
            halted.set()

    with ThreadPoolExecutor(threads, thread_name_prefix=work.run_id) as pool:
        outcomes = [pool.submit(execute, number) for number in chunks]
    for outcome in outcomes:
        outcome.result()


def pauses(should_stop: ShouldStop) -> Callable[[], bool]:
    """Waits a little longer each time it is called; answers False at once when it should stop."""
    seconds = _FIRST_PAUSE_SECONDS
    waiting = threading.Event()

    def pause() -> bool:
        nonlocal seconds
        remaining = seconds
        while remaining > 0 and not should_stop():
            waiting.wait(_FIRST_PAUSE_SECONDS)
            remaining -= _FIRST_PAUSE_SECONDS
        seconds = min(seconds * 2, _LONGEST_PAUSE_SECONDS)
        return not should_stop()

    return pause


def failure_text(error: BaseException) -> str:
    """An error in one line: its kind and the first line of what it says."""
    said = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {said[0]}"[:_LONGEST_TEXT]


def _attempted(
    attempt: Callable[[int], ChunkState], work: RunWork, number: int, stopping: ShouldStop
) -> bool:
    """Whether the chunk is done.

    An outage of the database is waited out, however long; any other error is met with RETRIES more attempts.
    """
    failures = 0
    pause = pauses(stopping)
    while not stopping():
        try:
            return attempt(number) is ChunkState.DONE
        except Exception as error:
            # Asked of the database itself, for it also reports a faulty query as an outage.
            if isinstance(error, DatabaseUnavailable) and not answers(work.database):
                _log.warning("waiting for the database", run_id=work.run_id, why=failure_text(error))
            else:
                failures += 1
                _log.warning("chunk failed", run_id=work.run_id, chunk=number, why=failure_text(error))
                if failures > RETRIES:
                    raise ChunkFailed(f"chunk {number}: {failure_text(error)}") from error
            pause()
    return False
