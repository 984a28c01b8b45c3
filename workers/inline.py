"""Executes chunks in the engine's own process, one after the other."""

from collections.abc import Callable, Sequence

from workers.chunk import execute_chunk
from workers.executor import RunWork, ShouldStop, execute_in_threads
from workers.progress.chunks import ChunkState


class InlineExecutor:
    """An Executor without Ray, for small memberships and for looking closely."""

    def run_chunks(
        self, work: RunWork, chunks: Sequence[int], on_done: Callable[[int], None], should_stop: ShouldStop
    ) -> None:
        """See Executor."""

        def attempt(number: int) -> ChunkState:
            return execute_chunk(work.database, work.job, work.run_id, number)

        execute_in_threads(1, attempt, work, chunks, on_done, should_stop)

    def close(self) -> None:
        """Nothing is held."""
