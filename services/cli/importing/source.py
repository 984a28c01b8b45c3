"""What every file gives, whatever its format: rows of text under a header, one at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from services.cli.importing.findings import BadRow


@dataclass(frozen=True, slots=True)
class Row:
    """One row; `line` is where it begins (in CSV the line, from 1; in Parquet the row, from 1).

    `flaw` says why its values could not be told apart; `values` then holds what could be read.
    """

    line: int
    values: list[str]
    flaw: BadRow | None = None


class Source(Protocol):
    """A file that can be read through, without ever being in memory whole."""

    @property
    def header(self) -> list[str]:
        """Names of the columns."""

    @property
    def inexact(self) -> frozenset[str]:
        """Names of columns of floating-point numbers."""

    @property
    def lines(self) -> int:
        """The highest line that a row can have."""

    def rows(self) -> Iterator[Row]:
        """The rows, in the order of the file."""
