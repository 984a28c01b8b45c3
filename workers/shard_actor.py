"""The batch runtime of a service, in a process of its own: stateless but for its open databases."""

import os

from services.runtime.database import Database
from workers.chunk import execute_chunk
from workers.job import AnyInquiry
from workers.progress.chunks import ChunkState


class ShardActor:
    """Executes one chunk at a time; what it is killed in the middle of, another one does again."""

    def __init__(self) -> None:
        self._databases: dict[str, Database] = {}

    def pid(self) -> int:
        """The process it lives in."""
        return os.getpid()

    def execute(self, url: str, job: AnyInquiry, run_id: str, number: int) -> ChunkState:
        """Executes a chunk of a run in the database of that address; see execute_chunk."""
        if url not in self._databases:
            self._databases[url] = Database(url, connections=1)
        return execute_chunk(self._databases[url], job, run_id, number)
