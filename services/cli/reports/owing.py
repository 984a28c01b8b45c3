"""What the program owes its members, on the screen and as a file."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from carat.points.v1.report_pb2 import GetLiabilityResponse, LiabilityByAge
from carat.tier.v1.program_pb2 import Program
from services.cli.csv_file import csv_file
from services.cli.listings import listing, show_listing
from services.cli.reports.charts import bar
from services.cli.wording import money, number_of

_COLUMNS = ("by", "tier_system", "level", "months_from", "months_until", "accounts", "points", "value_minor")


def show_liability(
    answer: GetLiabilityResponse, as_of: date | None, program: Program, console: Console
) -> None:
    """Shows all that is owed, then by level, then by the age of the points."""
    owed = f"{answer.points:,} {program.points_currency} in {number_of(answer.accounts, 'account')}"
    console.print(escape(f"{owed}, worth {money(answer.value_minor, program.currency)}"), soft_wrap=True)
    if answer.points_owed:
        text = f"Of them {answer.points_owed:,} are balances below zero: points that members owe"
        console.print(escape(text), soft_wrap=True)
    columns = ("System", "Level", "Accounts", "Points", "Worth")
    day = "today" if as_of is None else f"at the end of {as_of}"
    levels = listing(f"By level held {day}", columns, columns[2:], folds=False)
    for level in answer.levels:
        levels.add_row(
            escape(level.tier_system),
            escape(level.level) or "pools, and who left the ladders",
            f"{level.accounts:,}",
            f"{level.points:,}",
            money(level.value_minor, program.currency),
        )
    show_listing(levels, console)
    ages = listing("By age, the oldest spent first", ("Months", "Points", "Share"), ("Points",), folds=False)
    positive = answer.points - answer.points_owed
    for age in answer.ages:
        ages.add_row(_months(age), f"{age.points:,}", bar(age.points, positive))
    show_listing(ages, console)


def write_liability(answer: GetLiabilityResponse, path: Path) -> None:
    """Writes everything as CSV, `by` telling what a row is about. Raises CommandFailed where it cannot be written."""
    with csv_file(path) as file:
        file.writerows([_COLUMNS, *_rows(answer)])


def _rows(answer: GetLiabilityResponse) -> Iterator[tuple[str | int, ...]]:
    yield "all", "", "", "", "", answer.accounts, answer.points, answer.value_minor
    yield "owed by members", "", "", "", "", "", answer.points_owed, ""
    for level in answer.levels:
        yield "level", level.tier_system, level.level, "", "", level.accounts, level.points, level.value_minor
    for age in answer.ages:
        yield "age", "", "", age.months_from, age.months_until or "", "", age.points, ""


def _months(age: LiabilityByAge) -> str:
    if not age.months_until:
        return f"{age.months_from} or more"
    return f"{age.months_from} to {age.months_until}"
