"""One launcher per data directory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from services.cli.failures import CommandFailed
from services.runtime.file_lock import FileLock
from services.runtime.postgres_account import open_folder

LOCK: Final = "launcher.lock"


@contextmanager
def data_dir_of_ones_own(data_dir: Path) -> Iterator[None]:
    """Makes the data directory and holds it for this launcher; CommandFailed when another one has it."""
    open_folder(data_dir)
    lock = FileLock(data_dir / LOCK)
    if not lock.acquire():
        raise CommandFailed(
            f"Carat is running on {data_dir} already: stop it, or name another folder (CARAT_DATA_DIR)"
        )
    try:
        yield
    finally:
        lock.release()
