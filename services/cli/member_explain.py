"""`carat member explain`: why a member stands there, and what is missing by when."""

from datetime import date
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from carat.tier.v1.history_pb2 import ExplainStandingRequest, ExplainStandingResponse
from services.cli.connections import connect
from services.cli.days import parsed_day
from services.cli.documents import document, show_json
from services.cli.wording import day_text
from services.runtime.program_messages import day_to_proto
from services.runtime.settings import load_settings


def explain(
    member_id: Annotated[str, typer.Argument(help="The member.")],
    as_of: Annotated[
        date | None, typer.Option(parser=parsed_day, metavar="DATE", help="Day asked for; else today.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Explain a standing: the rule and revision that decided, the numbers, and what is missing by when."""
    day = None if as_of is None else day_to_proto(as_of)
    with connect(load_settings()) as connections:
        request = ExplainStandingRequest(member_id=member_id, as_of=day)
        explained = connections.tier.ExplainStanding(request)
    if as_json:
        show_json(document(explained))
    else:
        _show(explained, Console(highlight=False, soft_wrap=True))


def _show(explained: ExplainStandingResponse, console: Console) -> None:
    standing = explained.standing
    console.print(f"[bold]{escape(standing.member.member_id)} as of {day_text(standing.as_of)}[/]")
    for sentence in explained.sentences:
        console.print(escape(sentence))
