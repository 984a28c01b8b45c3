"""The folder of the demo: emptied at every start, and nobody else's."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from services.cli.failures import CommandFailed
from services.cli.launcher.data_dir import LOCK
from services.runtime.postgres import EmbeddedPostgres
from services.runtime.postgres_account import STATE_FOR_ROOT

MARK: Final = "emptied-by-carat-demo"


def empty_folder(folder: Path) -> None:
    """Removes what an earlier demo left; CommandFailed where the folder holds anything else.

    The caller holds the folder (`data_dir_of_ones_own`). A server that a killed demo left is stopped first.
    """
    contents = [path for path in folder.iterdir() if path.name != LOCK]
    if contents and not (folder / MARK).exists():
        raise CommandFailed(
            f"{folder} holds something that no demo made, and a demo begins by emptying its folder: "
            "move it away, or name another CARAT_DATA_DIR"
        )
    postgres = EmbeddedPostgres(folder)
    if postgres.is_running():
        postgres.start().stop()
    _remove_data_kept_elsewhere(folder)
    (folder / MARK).touch()
    for path in contents:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.name != MARK:
            path.unlink()


def _remove_data_kept_elsewhere(folder: Path) -> None:
    # Where only root can enter the folder, PostgreSQL keeps its data in a place that its account can enter.
    note = folder / "location"
    if note.exists():
        place = Path(note.read_text().strip())
        if place.parent == STATE_FOR_ROOT and place.name.startswith("data-"):
            shutil.rmtree(place, ignore_errors=True)
