"""`carat report`: growth, comparison of systems, risk, grace, the objectives, and what is owed."""

from datetime import date
from pathlib import Path
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import numpy as np
import typer
from rich.console import Console

from carat.points.v1.points_service_pb2 import GetPolicyRequest as GetPointsPolicyRequest
from carat.points.v1.report_pb2 import GetLiabilityRequest
from carat.tier.v1.report_pb2 import (
    Composition,
    GetCompositionRequest,
    GetGraceReportRequest,
    GetObjectivesRequest,
    GetRiskRequest,
)
from carat.tier.v1.tier_service_pb2 import GetPolicyRequest
from services.cli.connections import Connections, connect
from services.cli.days import parsed_day
from services.cli.documents import document, show_json
from services.cli.reports.course import (
    Line,
    documents_of,
    lines_by_level,
    lines_by_system,
    show_course,
    write_lines,
)
from services.cli.reports.figures import show_grace, show_objectives, show_risk
from services.cli.reports.owing import show_liability, write_liability
from services.kernel.calendar import add_months, day_date, day_number
from services.runtime.clock import Clock
from services.runtime.program_messages import day_to_proto
from services.runtime.settings import load_settings

app: Final = typer.Typer(no_args_is_help=True, help="How the program performs.")

Systems = Annotated[list[str] | None, typer.Option("--system", help="Only this tier system; repeatable.")]
System = Annotated[str, typer.Option("--system", help="Only this tier system.")]
Levels = Annotated[list[str] | None, typer.Option("--level", help="Only this level; repeatable.")]
Months = Annotated[int, typer.Option("--months", min=1, max=13, help="How far back.")]
First = Annotated[
    date | None,
    typer.Option("--from", parser=parsed_day, metavar="DATE", help="First day, in place of months."),
]
Last = Annotated[
    date | None, typer.Option("--to", parser=parsed_day, metavar="DATE", help="Last day; else the latest.")
]
AsJson = Annotated[bool, typer.Option("--json", help="For machines.")]
AsCsv = Annotated[Path | None, typer.Option("--csv", help="CSV file for every day; replaced if it exists.")]


@app.command("growth")
def growth(
    systems: Systems = None,
    levels: Levels = None,
    months: Months = 6,
    first: First = None,
    last: Last = None,
    as_json: AsJson = False,
    path: AsCsv = None,
) -> None:
    """Show how many members each level had, day by day."""
    lines = lines_by_level(_compositions(systems, levels, months, first, last))
    _tell("Growth", lines, as_json, path)


@app.command("systems")
def compare_systems(
    systems: Systems = None,
    months: Months = 3,
    first: First = None,
    last: Last = None,
    as_json: AsJson = False,
    path: AsCsv = None,
) -> None:
    """Compare tier systems, day by day."""
    lines = lines_by_system(_compositions(systems, None, months, first, last))
    _tell("Tier systems", lines, as_json, path)


@app.command("risk")
def risk(system: System = "", as_json: AsJson = False) -> None:
    """Show who has yet to meet the level's maintenance rule, as of the latest snapshot."""
    with connect(load_settings()) as connections:
        response = connections.tier.GetRisk(GetRiskRequest(tier_system=system))
    if as_json:
        show_json(document(response))
    else:
        show_risk(response, Console())


@app.command("grace")
def grace(system: System = "", as_json: AsJson = False) -> None:
    """Show members in grace now, by days left."""
    with connect(load_settings()) as connections:
        response = connections.tier.GetGraceReport(GetGraceReportRequest(tier_system=system))
    if as_json:
        show_json(document(response))
    else:
        show_grace(response.counts, Console())


@app.command("objectives")
def objectives(
    system: Annotated[str, typer.Option("--system", help="Tier system; else the default one.")] = "",
    last: Annotated[
        date | None,
        typer.Option("--to", parser=parsed_day, metavar="DATE", help="Last of the months; else yesterday."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show retention, churn, revenue of the two highest levels, and visits, over twelve months."""
    day = None if last is None else day_to_proto(last)
    with connect(load_settings()) as connections:
        applied = connections.tier.GetPolicy(GetPolicyRequest())
        systems = [ladder.external_id for ladder in applied.policy.systems]
        if not system and not applied.policy.default_system and len(systems) > 1:
            raise typer.BadParameter(f"no tier system is the default: give --system {' or '.join(systems)}")
        response = connections.tier.GetObjectives(GetObjectivesRequest(tier_system=system, last=day))
    if as_json:
        show_json(document(response))
    else:
        show_objectives(response, applied.program.currency, Console())


@app.command("liability")
def liability(
    as_of: Annotated[
        date | None, typer.Option(parser=parsed_day, metavar="DATE", help="Day asked for; else today.")
    ] = None,
    as_json: AsJson = False,
    path: Annotated[Path | None, typer.Option("--csv", help="CSV file; replaced if it exists.")] = None,
) -> None:
    """Show what the program owes its members: points and money, by level and by age."""
    with connect(load_settings()) as connections:
        program = connections.points.GetPolicy(GetPointsPolicyRequest()).program
        request = GetLiabilityRequest(as_of=None if as_of is None else day_to_proto(as_of))
        response = connections.points.GetLiability(request)
    if path is not None:
        write_liability(response, path)
        Console(stderr=True).print(f"written to {path}", soft_wrap=True)
    if as_json:
        show_json(document(response))
    else:
        show_liability(response, as_of, program, Console())


def _compositions(
    systems: list[str] | None,
    levels: list[str] | None,
    months: int,
    first: date | None,
    last: date | None,
) -> list[Composition]:
    with connect(load_settings()) as connections:
        last = last or _today(connections)
        first = first or _months_before(last, months)
        request = GetCompositionRequest(
            tier_systems=systems or [],
            levels=levels or [],
            first=day_to_proto(first),
            last=day_to_proto(last),
        )
        return list(connections.tier.GetComposition(request).compositions)


def _today(connections: Connections) -> date:
    zone = connections.tier.GetPolicy(GetPolicyRequest()).program.time_zone
    return Clock(load_settings().fixed_now).today(ZoneInfo(zone))


def _months_before(day: date, months: int) -> date:
    return day_date(int(add_months(np.array([day_number(day)], dtype=np.int32), -months)[0]))


def _tell(title: str, lines: list[Line], as_json: bool, path: Path | None) -> None:
    if path is not None:
        write_lines(lines, path)
        Console(stderr=True).print(f"{len(lines):,} lines written to {path}", soft_wrap=True)
    if as_json:
        show_json(documents_of(lines))
    elif lines:
        show_course(f"{title}, {lines[0].day} to {lines[-1].day}", lines, Console())
    else:
        Console().print(
            "no snapshot in these days: take one by `carat run composition-snapshot --as-of DATE`"
        )
