"""A lock between processes, held on a file and given back by the kernel however its holder dies."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

RETRY_SECONDS = 0.05


class FileLock:
    """One holder at a time among all processes that name the same file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None
        self._holder_pid = 0

    @property
    def held(self) -> bool:
        """Whether this process holds the lock; a forked child of the holder does not."""
        return self._descriptor is not None and self._holder_pid == os.getpid()

    def acquire(self, timeout_seconds: float = 0.0) -> bool:
        """Take the lock, waiting at most the given time; False when another process kept it."""
        if self.held:
            return True
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        deadline = time.monotonic() + timeout_seconds
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    os.close(descriptor)
                    return False
                time.sleep(RETRY_SECONDS)
            except BaseException:
                os.close(descriptor)
                raise
            else:
                self._descriptor, self._holder_pid = descriptor, os.getpid()
                return True

    def release(self) -> None:
        """Give the lock back, also for children forked while it was held; harmless when it is not held."""
        if self._descriptor is None or not self.held:
            return
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        os.close(self._descriptor)
        self._descriptor = None
