"""`carat revisions`: what was applied to the levels, and cancelling what has not started."""

from collections.abc import Iterable
from datetime import UTC
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.markup import escape

from carat.tier.v1.revision_pb2 import CancelRevisionRequest, ListRevisionsRequest, RevisionRecord
from services.cli.connections import connect
from services.cli.documents import choice_name, document, show_json
from services.cli.listings import listing, show_listing
from services.cli.wording import day_text
from services.runtime.settings import load_settings

app: Final = typer.Typer(help="Revisions of the levels: all of them, or one to cancel.")

AsJson = Annotated[bool, typer.Option("--json", help="For machines.")]


@app.callback(invoke_without_command=True)
def show_by_default(context: typer.Context, as_json: AsJson = False) -> None:
    """Show all revisions of the levels, newest first."""
    if context.invoked_subcommand is None:
        show_revisions(as_json)


@app.command("list")
def show_revisions(as_json: AsJson = False) -> None:
    """Show all revisions of the levels, newest first."""
    with connect(load_settings()) as connections:
        records = connections.tier.ListRevisions(ListRevisionsRequest()).revisions
    _show(records, as_json)


@app.command("cancel")
def cancel(number: Annotated[int, typer.Argument(help="The revision.")], as_json: AsJson = False) -> None:
    """Cancel a revision that has not started. Multipliers of properties that came with it stay."""
    with connect(load_settings()) as connections:
        record = connections.tier.CancelRevision(CancelRevisionRequest(number=number)).revision
    _show([record], as_json)


def _show(records: Iterable[RevisionRecord], as_json: bool) -> None:
    if as_json:
        show_json([document(record) for record in records])
        return
    table = listing(
        "Revisions of the levels", ("Revision", "From", "Until", "State", "Applied"), ("Revision",)
    )
    for record in records:
        revision = record.revision
        state = choice_name(record.DESCRIPTOR.fields_by_name["state"], record.state)
        table.add_row(
            str(revision.number),
            "ever" if revision.number == 1 else day_text(revision.effective_from),
            day_text(revision.effective_until),
            escape(state.lower().replace("_", " ")),
            f"{record.applied_at.ToDatetime(UTC):%Y-%m-%d %H:%M} UTC",
        )
    show_listing(table, Console())
