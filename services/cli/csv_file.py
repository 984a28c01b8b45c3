"""CSV files that commands write."""

import csv
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from services.cli.failures import CommandFailed


class CsvRows(Protocol):
    """Takes the rows of a CSV file."""

    def writerow(self, row: Iterable[Any], /) -> Any:
        """Writes a row."""
        ...

    def writerows(self, rows: Iterable[Iterable[Any]], /) -> None:
        """Writes rows."""
        ...


@contextmanager
def csv_file(path: Path) -> Iterator[CsvRows]:
    """A file to write rows to, over what it had. Raises CommandFailed where it cannot be written."""
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            yield csv.writer(file)
    except OSError as error:
        raise CommandFailed(f"{path} cannot be written to: {error.strerror}") from error
