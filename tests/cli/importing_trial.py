"""Trials of `carat import` on small generated files."""

import csv
import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from typer.testing import CliRunner, Result

from services.cli.app import app
from services.cli.importing.layouts import Kind, Request
from services.cli.importing.session import ImportPlan, ImportSession
from services.cli.importing.values import AmountUnit
from tests.cli.fake_services import FakePoints

HEADER = ("transaction_id", "member_id", "occurred_at", "service_minor")
Cells = tuple[str | int, ...]


def purchases(count: int, members: int = 7) -> list[Cells]:
    """Purchases of a few members in turn, one a minute."""
    return [
        (
            f"T{number}",
            f"M{number % members}",
            f"2011-01-{1 + number // 1440:02}T00:{number % 60:02}:00",
            100 + number,
        )
        for number in range(count)
    ]


def written(path: Path, rows: Iterable[Cells], header: Cells = HEADER) -> Path:
    """A CSV file of the rows."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def session_of(path: Path) -> ImportSession:
    """An import of purchases, as the command would make it without options."""
    rejects = path.with_name(f"{path.name}.rejects.csv")
    return ImportSession(
        ImportPlan(path, Kind.PURCHASES, Request({}, {}, {}), AmountUnit.MINOR, None, rejects)
    )


def carat_import(path: Path, *options: str) -> Result:
    """Runs the command."""
    return CliRunner().invoke(app, ["import", str(path), *options], env={"COLUMNS": "200"})


def counts(result: Result) -> dict[str, int]:
    """The rows of the summary that are not 0."""
    assert result.exit_code == 0, result.output
    return counts_said(result.stdout)


def counts_said(output: str) -> dict[str, int]:
    """The rows of a summary that are not 0."""
    rows = re.findall(r"^ *(\S.*?) +([0-9,]+)$", output, re.MULTILINE)
    pairs = {name: int(number.replace(",", "")) for name, number in rows}
    return {name: number for name, number in pairs.items() if number}


def rejects_of(path: Path) -> list[list[str]]:
    """What the reject file of an import says below its header; none if there is no such file."""
    rejects = path.with_name(f"{path.name}.rejects.csv")
    if not rejects.exists():
        return []
    with rejects.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
        return list(csv.reader(file))[1:]


def orders_by_member(service: FakePoints) -> dict[str, list[str]]:
    """The transactions that each member was recorded with, in order."""
    orders = defaultdict(list)
    for purchase in service.order:
        orders[purchase.member_id].append(purchase.transaction_id)
    return orders
