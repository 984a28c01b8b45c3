"""The entry point of the `carat` command: which commands there are, and how every one of them fails."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from services.cli import invitations, member, properties, revisions, runs
from services.cli.apply import apply
from services.cli.bench import PASSED_ON, bench
from services.cli.closing import close_day
from services.cli.config import config
from services.cli.demo.command import demo
from services.cli.failures import told_in_one_line
from services.cli.importing.command import import_file
from services.cli.levels import levels
from services.cli.points import command as points
from services.cli.reports import command as reports
from services.cli.simulating import simulate
from services.cli.staff_acts import acts
from services.cli.up import up
from services.cli.verify import verify


class _Commands(TyperGroup):
    """The commands in the order of their registration; what fails is told in one line."""

    def invoke(self, ctx: Any) -> Any:
        """Runs the command that was asked for."""
        with told_in_one_line():
            return super().invoke(ctx)


app = typer.Typer(
    name="carat",
    cls=_Commands,
    help="A tiered-membership engine for loyalty programs: purchases in, points and tiers out.",
    epilog="Settings are CARAT_* environment variables: see `carat config`.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"carat {version('carat')}")
        raise typer.Exit


@app.callback()
def _root(
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Carries the options of the command itself."""


app.command("up")(up)
app.command("demo")(demo)
app.command("apply")(apply)
app.add_typer(revisions.app, name="revisions")
app.add_typer(properties.app, name="properties")
app.command("levels")(levels)
app.command("config")(config)
app.command("import")(import_file)
app.add_typer(member.app, name="member")
app.add_typer(invitations.app, name="invitation")
app.add_typer(points.app, name="points")
app.command("acts")(acts)
app.command("run")(runs.run_job)
app.add_typer(runs.app, name="runs")
app.command("close-day")(close_day)
app.command("simulate")(simulate)
app.add_typer(reports.app, name="report")
app.command("verify")(verify)
app.command("bench", context_settings=PASSED_ON)(bench)


def main() -> None:
    """Runs the command line."""
    app()
