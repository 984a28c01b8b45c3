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
    """Makes the data directory and holds it for this launcher; CommandFailed when it cannot be had."""
    lock = FileLock(data_dir / LOCK)
    try:
        open_folder(data_dir)
        acquired = lock.acquire()
    except OSError as error:
        text = f"{data_dir} cannot be used ({error.strerror}): name another folder (CARAT_DATA_DIR)"
        raise CommandFailed(text) from error
    if not acquired:
        raise CommandFailed(
            f"Carat is running on {data_dir} already: stop it, or name another folder (CARAT_DATA_DIR)"
        )
    try:
        yield
    finally:
        lock.release()
