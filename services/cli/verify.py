"""`carat verify`: the promises on live data, for people and for machines."""

from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from services.cli.connections import connect
from services.cli.documents import show_json
from services.cli.failures import CommandFailed, ExitCode
from services.cli.listings import listing, show_listing
from services.cli.verification import Verification, verify_all
from services.runtime.settings import load_settings


def verify(
    wait: Annotated[
        float, typer.Option(min=0, help="Seconds to wait until nothing is under way between the services.")
    ] = 60.0,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Check the promises on live data. Ends with 1 where one is broken, with 3 where it could not be told."""
    with connect(load_settings()) as connections:
        with Console(stderr=True).status("checking promises"):
            verification = verify_all(connections, wait)
        if as_json:
            show_json({"breaches": verification.breaches, **asdict(verification)})
        else:
            show_verification(verification, Console())
        if verification.breaches:
            raise CommandFailed(f"promises are broken by {verification.breaches:,} rows", ExitCode.REFUSED)
        if verification.unsettled:
            raise CommandFailed("; ".join(verification.unsettled), ExitCode.UNAVAILABLE)


def show_verification(verification: Verification, console: Console) -> None:
    """Shows each promise with the rows checked and those that break it."""
    table = listing("Promises", ("Promise", "Checked by", "Rows", "Breaches"), ("Rows", "Breaches"))
    for check in verification.checks:
        colour = "red" if check.breaches else "green"
        breaches = f"[{colour}]{check.breaches:,}[/]"
        table.add_row(escape(check.promise), check.checked_by, f"{check.checked:,}", breaches)
    show_listing(table, console)
    for check in verification.checks:
        if check.breaches:
            console.print(f"[red]Broken:[/] {escape(check.promise)}")
            for offender in check.offenders:
                console.print(f"  {escape(offender)}", soft_wrap=True)
