"""`carat import`: a file of members, purchases or opening balances, into a running deployment."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from services.cli.failures import CommandFailed, ExitCode
from services.cli.importing.findings import BadFile
from services.cli.importing.importer import Summary
from services.cli.importing.layouts import Kind, Request, kind_of
from services.cli.importing.rejects import reject_path
from services.cli.importing.sending import State
from services.cli.importing.session import ImportPlan, ImportSession
from services.cli.importing.values import AmountUnit
from services.runtime.settings import load_settings

_GOES_ON = "what was sent is recorded for good; the same command goes on where this one stopped"

_CreditNotes = Annotated[
    list[str] | None,
    typer.Option(
        help="COLUMN=VALUE; such rows of a file of purchases are credit notes, with the same fields."
    ),
]
_TimeZone = Annotated[
    str | None,
    typer.Option(
        help="IANA zone of times without an offset; else the program's. A time that clocks show twice is the "
        "first; one that they skip is moved on by what they skip."
    ),
]
_Rejects = Annotated[
    Path | None, typer.Option(help="Where bad rows go with line and reason; else FILE.rejects.csv.")
]


def import_file(
    file: Annotated[
        Path, typer.Argument(help="CSV or Parquet file; a CSV file's first line names its columns.")
    ],
    kind: Annotated[
        Kind | None,
        typer.Option("--as", help="What a row is; else the name says: members.csv, balances.csv."),
    ] = None,
    columns: Annotated[
        list[str] | None, typer.Option("--map", help="FIELD=COLUMN, where a column has not its field's name.")
    ] = None,
    constants: Annotated[
        list[str] | None, typer.Option("--set", help="FIELD=VALUE, the same in every row: treatments=1.")
    ] = None,
    conditions: Annotated[
        list[str] | None, typer.Option("--where", help="COLUMN=VALUE; other rows are left aside.")
    ] = None,
    credit_notes: _CreditNotes = None,
    unit: Annotated[
        AmountUnit, typer.Option("--amount-unit", help="Amounts in hundredths (1250) or in units (12.50).")
    ] = AmountUnit.MINOR,
    time_zone: _TimeZone = None,
    rejects: _Rejects = None,
) -> None:
    """Send members, purchases or opening balances from a file. Repeating it changes nothing; bad rows stop nothing.

    SORT PURCHASES BY TIME, OLDEST FIRST: where the first purchase enrols a member, whatever is older than the one
    that arrives first is refused for good. A file sorted newest first loses all but each member's last day.

    Credit notes name no purchase: the member's latest purchases before one are taken back first, all of the note or,
    where it exceeds what is left of them, nothing.

    Fields of members: member_id, enrolled_on, tier_system, birthday. Fields of purchases: transaction_id,
    member_id, occurred_at, service_minor, addon_minor, product_minor, package_minor, treatments, property_id,
    currency. Fields of balances: transaction_id, member_id, points, earned_on; members are enrolled first.
    """
    try:
        request = Request(
            _pairs("--map", columns),
            _pairs("--set", constants),
            _pairs("--where", conditions),
            _pairs("--credit-notes", credit_notes),
        )
        zone = _zone(time_zone)
        target = _writable(rejects or reject_path(file), file)
        plan = ImportPlan(file, kind or kind_of(file), request, unit, zone, target)
        _import(ImportSession(plan), plan)
    except BadFile as bad:
        raise CommandFailed("\n".join(["nothing was sent:", *bad.mistakes])) from bad


def _import(session: ImportSession, plan: ImportPlan) -> None:
    bars = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    error_console = Console(stderr=True)
    try:
        with Progress(*bars, console=error_console, transient=True) as progress:
            task = progress.add_task(f"{plan.kind} of {plan.path.name}", total=session.lines)
            session.run(load_settings(), lambda line: progress.update(task, completed=line))
    except KeyboardInterrupt as interrupted:
        _report(session.summary, plan)
        raise CommandFailed(f"interrupted; {_GOES_ON}", ExitCode.INTERRUPTED) from interrupted
    except BaseException:
        if session.summary.read:
            _report(session.summary, plan)
            error_console.print(_GOES_ON)
        raise
    _report(session.summary, plan)


def _report(summary: Summary, plan: ImportPlan) -> None:
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column()
    table.add_column(justify="right")
    table.add_row("read", f"{summary.read:,}")
    for state in State:
        if state is not State.REFUSED:
            table.add_row(state, f"{summary.states[state]:,}")
    table.add_row("left aside", f"{summary.left_aside:,}")
    table.add_row(State.REFUSED, f"{summary.states[State.REFUSED]:,}")
    for reason, rows in sorted(summary.reasons.items()):
        table.add_row(f"  {reason}", f"{rows:,}")
    if summary.unanswered:
        table.add_row("not answered", f"{summary.unanswered:,}")
    console = Console()
    console.print(f"{plan.kind.capitalize()} of {plan.path.name}:", soft_wrap=True, markup=False)
    console.print(table)
    if summary.states[State.REFUSED]:
        console.print(f"Rejected rows, with line and reason: {plan.rejects}", soft_wrap=True, markup=False)
    if summary.advice:
        console.print(summary.advice, soft_wrap=True, markup=False)


def _pairs(option: str, given: Iterable[str] | None) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for text in given or ():
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise BadFile([f"{option} {text}: write {option} NAME=VALUE"])
        if name in pairs:
            raise BadFile([f"{option} names {name} twice"])
        pairs[name] = value
    return pairs


def _zone(name: str | None) -> ZoneInfo | None:
    try:
        return None if name is None else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadFile([f"{name!r} is no IANA time zone such as Europe/London"]) from error


def _writable(rejects: Path, file: Path) -> Path:
    if rejects.resolve() == file.resolve():
        raise BadFile([f"{rejects} is the file itself: rejects need another"])
    if rejects.is_dir() or not os.access(rejects.parent, os.W_OK):
        raise BadFile([f"{rejects} cannot be written to: name another file by --rejects"])
    return rejects
