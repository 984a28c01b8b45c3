"""Every member's change of a run or preview, as a CSV file."""

from pathlib import Path
from typing import Any, Final

from carat.operations.v1.operations_service_pb2 import ListChangesRequest
from carat.operations.v1.operations_service_pb2_grpc import OperationsServiceStub
from carat.operations.v1.run_pb2 import Change, Run
from services.cli.csv_file import csv_file
from services.cli.wording import day_text

_COLUMNS: Final = ("member_id", "reason", "from", "to", "effective_on")
_POINTS: Final = ("points_from", "points_to")


def write_changes(operations: OperationsServiceStub, run: Run, path: Path, *, with_points: bool) -> int:
    """Writes all changes, over what the file had; how many there were. CommandFailed where it cannot be written."""
    columns = (*_COLUMNS, *_POINTS) if with_points else _COLUMNS
    rows, token = 0, ""
    with csv_file(path) as file:
        file.writerow(columns)
        while True:
            page = operations.ListChanges(ListChangesRequest(run_id=run.run_id, page_token=token))
            file.writerows([_cell(change, column) for column in columns] for change in page.changes)
            rows, token = rows + len(page.changes), page.next_page_token
            if not token:
                return rows


def _cell(change: Change, column: str) -> Any:
    return day_text(change.effective_on) if column == "effective_on" else getattr(change, column)
