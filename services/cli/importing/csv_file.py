"""CSV files (RFC 4180), UTF-8 with or without a byte order mark."""

import csv
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Final, TextIO

from services.cli.importing.findings import BadFile, BadRow, RowReason
from services.cli.importing.source import Row

_CHUNK_BYTES: Final = 1 << 20


class CsvFile:
    """A CSV file. Bytes that are no UTF-8 become surrogates, so that a rejected row keeps them."""

    inexact: frozenset[str] = frozenset()

    def __init__(self, path: Path) -> None:
        self._path = path
        self.header = self._read_header()

    @cached_property
    def lines(self) -> int:
        """How many lines the file has."""
        with self._path.open("rb") as file:
            return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(_CHUNK_BYTES), b"")) + 1

    def rows(self) -> Iterator[Row]:
        """The rows below the header; lines without any text are none."""
        with self._open() as file:
            lines = _RememberedLines(file)
            reader = csv.reader(lines, strict=True)
            next(reader)
            lines.forget()
            while (row := self._next_row(reader, lines)) is not None:
                if row.values:
                    yield row
                lines.forget()

    def _next_row(self, reader: Iterator[list[str]], lines: "_RememberedLines") -> Row | None:
        try:
            values = next(reader)
        except StopIteration:
            return None
        except csv.Error as error:
            flaw = BadRow(RowReason.QUOTES_MUST_BE_CLOSED, f"the row cannot be told from the next: {error}")
            return Row(lines.first, ["".join(lines.taken).rstrip("\r\n")], flaw)
        if values and len(values) != len(self.header):
            text = f"{len(values)} values for {len(self.header)} columns"
            return Row(lines.first, values, BadRow(RowReason.ROW_MUST_FIT_HEADER, text))
        return Row(lines.first, values)

    def _read_header(self) -> list[str]:
        try:
            with self._open() as file:
                header = next(csv.reader(file, strict=True), [])
        except (OSError, csv.Error) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise BadFile([f"{self._path} cannot be read: {reason}"]) from error
        if not header:
            raise BadFile([f"{self._path} has no header: the first line names the columns"])
        return header

    def _open(self) -> TextIO:
        return self._path.open(encoding="utf-8-sig", errors="surrogateescape", newline="")


class _RememberedLines:
    """Lines on their way to the CSV reader: `taken` are those of the row being read, `first` is its number."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self.taken: list[str] = []
        self.first = 1

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._file)
        self.taken.append(line)
        return line

    def forget(self) -> None:
        """The row is read: the next begins."""
        self.first += len(self.taken)
        self.taken.clear()
