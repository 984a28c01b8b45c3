"""Only process entry points read the clock: every rule takes its day as an argument."""

import ast
from pathlib import Path

import pytest

from tests.house.sources import files, text

CLOCKS = {
    "date.today",
    "datetime.now",
    "datetime.today",
    "datetime.utcnow",
    "time.ctime",
    "time.gmtime",
    "time.localtime",
    "time.time",
    "time.time_ns",
}
ROOMS_WITH_A_CLOCK = ("services/cli", "services/runtime")
# A file outside those rooms that must read the clock, with the reason beside it.
FILES_WITH_A_CLOCK: frozenset[Path] = frozenset()


def clock_readings(source: str) -> list[int]:
    """The lines that name a clock, whatever its module or class is called in this file."""
    tree = ast.parse(source)
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        if isinstance(node, ast.ImportFrom)
        else alias.name
        for node in imports
        for alias in node.names
    }
    lines = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute | ast.Name) and is_clock(ast.unparse(node), names)
    ]
    return sorted(set(lines))


def is_clock(expression: str, names: dict[str, str]) -> bool:
    first, *rest = expression.split(".")
    full = ".".join([names.get(first, ""), *rest])
    return ".".join(full.split(".")[-2:]) in CLOCKS


def may_read_the_clock(path: Path) -> bool:
    in_a_room = any(path.is_relative_to(room) for room in ROOMS_WITH_A_CLOCK)
    return path.name == "__main__.py" or in_a_room or path in FILES_WITH_A_CLOCK


@pytest.mark.parametrize(
    "source",
    [
        "from datetime import datetime\ndatetime.now(UTC)",
        "import datetime as dt\ndt.date.today()",
        "from datetime import date as Day\nstamp = Day.today",
        "from time import time\ntime()",
        "import time\ntime.time_ns()",
    ],
)
def test_a_clock_is_seen_under_any_name(source: str):
    assert clock_readings(source) == [2]


@pytest.mark.parametrize(
    "source",
    ["import time\ntime.perf_counter()", "from datetime import date\ndate(2024, 2, 29)", "standing.today"],
)
def test_durations_and_given_days_are_no_clock(source: str):
    assert clock_readings(source) == []


def test_only_entry_points_read_the_clock():
    readings = {
        str(path): clock_readings(text(path))
        for path in files(".py", "services", "workers")
        if not may_read_the_clock(path)
    }
    assert {path: lines for path, lines in readings.items() if lines} == {}
