"""`carat member graces`: a member's times of grace, with what was told in each."""

from collections.abc import Iterable
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from carat.tier.v1.history_pb2 import GraceRecord, ListGracesRequest, TouchpointRecord
from services.cli.connections import connect
from services.cli.documents import choice_name, document, show_json
from services.cli.listings import listing, show_listing
from services.cli.wording import REASONS, day_text
from services.runtime.settings import load_settings


def show_graces(
    member_id: Annotated[str, typer.Argument(help="The member.")],
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Show a member's times of grace, newest first, each with its touchpoints and how it ended."""
    with connect(load_settings()) as connections:
        graces = connections.tier.ListGraces(ListGracesRequest(member_id=member_id)).graces
    if as_json:
        show_json([document(grace) for grace in graces])
    elif graces:
        _show(member_id, graces, Console(highlight=False))
    else:
        Console().print(f"{escape(member_id)} was never in grace")


def _show(member_id: str, graces: Iterable[GraceRecord], console: Console) -> None:
    console.print(f"Times of grace of {escape(member_id)}", style="italic")
    for grace in graces:
        ended = f"ended on {day_text(grace.ended_on)}: {_why(grace)}" if grace.ended_by else "goes on"
        text = (
            f"{grace.level} of {grace.tier_system}, {day_text(grace.entered_on)} to {day_text(grace.until)}, "
            f"{ended}"
        )
        console.print(escape(text), soft_wrap=True)
        if grace.touchpoints:
            table = listing("", ("Due", "State", "Touchpoint", "Says"))
            for record in grace.touchpoints:
                table.add_row(*_touchpoint(record))
            show_listing(table, console)


def _why(grace: GraceRecord) -> str:
    reason = choice_name(grace.DESCRIPTOR.fields_by_name["ended_by"], grace.ended_by)
    return REASONS.get(reason, reason.replace("_", " ").lower())


def _touchpoint(record: TouchpointRecord) -> tuple[str, str, str, str]:
    state = choice_name(record.DESCRIPTOR.fields_by_name["state"], record.state).lower()
    return day_text(record.due_on), state, escape(record.touchpoint.code), escape(record.touchpoint.text)
