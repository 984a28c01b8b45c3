"""Starts the embedded PostgreSQL again whenever it dies, at the address that the services know."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

from services.runtime.postgres import EmbeddedPostgres, PostgresError

POLL_SECONDS: Final = 0.2
RETRY_SECONDS: Final = 2.0


class PostgresWatch:
    """Watches one server from a thread of its own, which nothing else may use meanwhile."""

    def __init__(self, postgres: EmbeddedPostgres, tell: Callable[[str], None]) -> None:
        self._postgres = postgres
        self._tell = tell
        self._address = postgres.url("postgres")
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="postgres watch", daemon=True)
        self.moved = threading.Event()
        """Set when the server had to take another port: the services would look for it in vain."""

    def start(self) -> None:
        """Begins to watch."""
        self._thread.start()

    def stop(self) -> None:
        """Ends the watch; the server is left as it is."""
        self._stopping.set()
        self._thread.join()

    def _watch(self) -> None:
        pause = POLL_SECONDS
        while not self._stopping.wait(pause):
            pause = POLL_SECONDS if self._postgres.is_running() or self._started_again() else RETRY_SECONDS

    def _started_again(self) -> bool:
        self._tell("PostgreSQL died; starting it again")
        try:
            self._postgres.start()
        except PostgresError as failed:
            self._tell(str(failed))
            return False
        if self._postgres.url("postgres") != self._address:
            self.moved.set()
        self._tell("PostgreSQL is back")
        return True
