"""Members by level and by system over time: the lines of a chart, as a table or a file."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from carat.tier.v1.report_pb2 import Composition
from services.cli.csv_file import csv_file
from services.cli.listings import listing, show_listing
from services.cli.reports.charts import percent, sparkline
from services.cli.wording import day_text

COUNTED = ("members", "in_grace", "at_risk", "inactive")


@dataclass(frozen=True, slots=True)
class Line:
    """One level (or, without one, a whole system) on one day."""

    day: str
    tier_system: str
    level: str
    members: int
    in_grace: int
    at_risk: int
    inactive: int


def lines_by_level(compositions: Iterable[Composition]) -> list[Line]:
    """A line for each day, system and level."""
    return [
        Line(day_text(item.day), item.tier_system, item.level, *(getattr(item, name) for name in COUNTED))
        for item in compositions
    ]


def lines_by_system(compositions: Iterable[Composition]) -> list[Line]:
    """A line for each day and system: the sums over its levels."""
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0] * len(COUNTED))
    for item in compositions:
        total = sums[day_text(item.day), item.tier_system]
        total[:] = [before + getattr(item, name) for before, name in zip(total, COUNTED, strict=True)]
    return [Line(day, system, "", *total) for (day, system), total in sums.items()]


def show_course(title: str, lines: Sequence[Line], console: Console) -> None:
    """Shows each level's or system's figures of the first day and the last, and its course between them."""
    columns = ("System", "Level", "First", "Last", "Change", "In grace", "At risk", "Inactive")
    figures = listing(title, columns, columns[2:], folds=False)
    chart = listing("Course, and share of the last day", ("System", "Level", "Course", "Share"), ("Share",))
    last_day = lines[-1].day
    whole = sum(line.members for line in lines if line.day == last_day)
    for course in _courses(lines):
        first, last = course[0], course[-1]
        names = (escape(last.tier_system), escape(last.level))
        figures.add_row(
            *names,
            *(f"{count:,}" for count in (first.members, last.members)),
            f"{last.members - first.members:+,}",
            *(f"{count:,}" for count in (last.in_grace, last.at_risk, last.inactive)),
        )
        chart.add_row(*names, sparkline([line.members for line in course]), percent(last.members, whole))
    show_listing(figures, console)
    show_listing(chart, console)


def write_lines(lines: Iterable[Line], path: Path) -> None:
    """Writes the lines as CSV. Raises CommandFailed where the file cannot be written."""
    with csv_file(path) as file:
        file.writerow(["day", "tier_system", "level", *COUNTED])
        file.writerows(_row(line).values() for line in lines)


def documents_of(lines: Iterable[Line]) -> list[dict[str, Any]]:
    """The lines for machines."""
    return [_row(line) for line in lines]


def _row(line: Line) -> dict[str, Any]:
    return {name: getattr(line, name) for name in ("day", "tier_system", "level", *COUNTED)}


def _courses(lines: Iterable[Line]) -> Iterable[list[Line]]:
    courses: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for line in lines:
        courses[line.tier_system, line.level].append(line)
    return courses.values()
