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
        _show(member_id, graces, Console())
    else:
        Console().print(f"{escape(member_id)} was never in grace")


def _show(member_id: str, graces: Iterable[GraceRecord], console: Console) -> None:
    columns = ("Level", "From", "Until", "Ended", "Why", "Touchpoint", "Due", "State", "Says")
    table = listing(f"Times of grace of {member_id}", columns)
    for grace in graces:
        facts = (
            f"{escape(grace.level)} of {escape(grace.tier_system)}",
            day_text(grace.entered_on),
            day_text(grace.until),
            day_text(grace.ended_on) or "goes on",
            _why(grace),
        )
        rows = [_touchpoint(record) for record in grace.touchpoints] or [("", "", "", "")]
        table.add_row(*facts, *rows[0])
        for row in rows[1:]:
            table.add_row("", "", "", "", "", *row)
    show_listing(table, console)


def _why(grace: GraceRecord) -> str:
    reason = choice_name(grace.DESCRIPTOR.fields_by_name["ended_by"], grace.ended_by)
    return REASONS.get(reason, reason.replace("_", " ").lower())


def _touchpoint(record: TouchpointRecord) -> tuple[str, str, str, str]:
    state = choice_name(record.DESCRIPTOR.fields_by_name["state"], record.state).lower()
    return escape(record.touchpoint.code), day_text(record.due_on), state, escape(record.touchpoint.text)
