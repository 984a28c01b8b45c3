"""The reject file: every bad row as it was, with its line and reason, in the order of the file."""

import csv
import heapq
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

REJECT_COLUMNS: Final = ("reject_line", "reject_reason", "reject_text")
"""Stand before the columns of the row itself, so that a corrected reject file can be imported in its turn."""


def reject_path(file: Path) -> Path:
    """Where rejects go unless told otherwise: beside the file, or here if its folder cannot be written to."""
    name = f"{file.name}.rejects.csv"
    return file.with_name(name) if os.access(file.parent, os.W_OK) else Path(name)


class RejectFile:
    """Holds rejects back until all rows before them are answered; no reject, no file.

    What an earlier import left at `path` is replaced.
    """

    def __init__(self, path: Path, header: Sequence[str]) -> None:
        self.path = path
        self._header = header
        self._held: list[tuple[int, str, str, Sequence[str]]] = []
        self._file: Any = None
        path.unlink(missing_ok=True)

    def note(self, line: int, reason: str, text: str, values: Sequence[str]) -> None:
        """Notes a bad row; its values as they were."""
        heapq.heappush(self._held, (line, reason, text, values))

    def write_before(self, line: int) -> None:
        """Writes the rejects of all rows before the line: none can come between them any more."""
        while self._held and self._held[0][0] < line:
            self._write(*heapq.heappop(self._held))

    def close(self) -> None:
        """Writes what is still held."""
        while self._held:
            self._write(*heapq.heappop(self._held))
        if self._file is not None:
            self._file.close()

    def _write(self, line: int, reason: str, text: str, values: Sequence[str]) -> None:
        if self._file is None:
            # Rejected bytes that are no UTF-8 are written as they were.
            self._file = self.path.open("w", encoding="utf-8", errors="surrogateescape", newline="")
            csv.writer(self._file).writerow([*REJECT_COLUMNS, *self._header])
        csv.writer(self._file).writerow([line, reason, text, *values])
