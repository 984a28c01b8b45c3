"""Parquet files; every value is read as the text that a CSV file would have."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from services.cli.importing.findings import BadFile
from services.cli.importing.source import Row

_ROWS_AT_A_TIME: Final = 8_192


class ParquetFile:
    """A Parquet file; times with a zone are instants, those without are local, a missing value is empty."""

    def __init__(self, path: Path) -> None:
        try:
            self._file = pq.ParquetFile(path)
        except (OSError, pa.ArrowException) as error:
            raise BadFile([f"{path} cannot be read as Parquet: {str(error).splitlines()[0]}"]) from error
        schema = self._file.schema_arrow
        self.header: list[str] = list(schema.names)
        self.inexact = frozenset(field.name for field in schema if pa.types.is_floating(field.type))
        self.lines: int = self._file.metadata.num_rows

    def rows(self) -> Iterator[Row]:
        """The rows; only a few thousand are in memory at a time."""
        line = 0
        for batch in self._file.iter_batches(_ROWS_AT_A_TIME):
            for values in zip(*(_texts(column) for column in batch.columns), strict=True):
                line += 1
                yield Row(line, list(values))


def _texts(column: Any) -> list[str]:
    try:
        texts = column.cast(pa.string()).to_pylist()
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
        # Lists, records and bytes: no field is filled by them, but a reject shows them.
        texts = [None if value is None else str(value) for value in column.to_pylist()]
    return ["" if text is None else text for text in texts]
