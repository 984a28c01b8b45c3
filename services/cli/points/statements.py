"""`carat points statement, month`: what came and went, day by day or in one month."""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.markup import escape

from carat.points.v1.entry_pb2 import Entry
from carat.points.v1.points_service_pb2 import GetPolicyRequest
from carat.points.v1.report_pb2 import (
    GetMonthStatementRequest,
    GetMonthStatementResponse,
    StreamStatementRequest,
    StreamStatementResponse,
)
from services.cli.acting import AsJson
from services.cli.connections import connect
from services.cli.csv_file import csv_file
from services.cli.days import parsed_day
from services.cli.documents import choice_name, document, show_json
from services.cli.listings import listing, show_listing
from services.cli.wording import day_text, number_of
from services.runtime.program_messages import day_to_proto
from services.runtime.settings import load_settings

_MONTH: Final = re.compile(r"(\d{4})-(\d{2})")
_COLUMNS: Final = (
    "occurred_on", "kind", "points", "balance", "transaction_id", "related_id", "earned_on", "actor_id", "note",
)  # fmt: skip

MemberId = Annotated[str, typer.Argument(metavar="MEMBER", help="The member.")]


def statement(
    member_id: MemberId,
    first: Annotated[
        date | None,
        typer.Option("--from", parser=parsed_day, metavar="DATE", help="First day; else since ever."),
    ] = None,
    last: Annotated[
        date | None, typer.Option("--until", parser=parsed_day, metavar="DATE", help="Last day; else today.")
    ] = None,
    path: Annotated[
        Path | None, typer.Option("--csv", help="Write a CSV file instead; replaced if it exists.")
    ] = None,
) -> None:
    """Show a member's entries by the day on which they count, with the balance after each."""
    request = StreamStatementRequest(member_id=member_id)
    if first is not None:
        getattr(request, "from").CopyFrom(day_to_proto(first))
    if last is not None:
        request.until.CopyFrom(day_to_proto(last))
    with connect(load_settings()) as connections:
        lines = connections.points.StreamStatement(request)
        if path is None:
            _show_lines(lines)
        else:
            count = _write_lines(lines, path)
            Console(stderr=True).print(f"{number_of(count, 'line')} written to {path}", soft_wrap=True)


def month(
    member_id: MemberId,
    named: Annotated[str, typer.Argument(metavar="MONTH", help="The month, such as 2026-07.")],
    as_json: AsJson = False,
) -> None:
    """Show one month of a member: what was there, what came and went, and what is left."""
    found = _MONTH.fullmatch(named)
    if found is None:
        raise typer.BadParameter("write the month as year-month: 2026-07")
    request = GetMonthStatementRequest(member_id=member_id, year=int(found[1]), month=int(found[2]))
    with connect(load_settings()) as connections:
        answer = connections.points.GetMonthStatement(request)
        currency = connections.points.GetPolicy(GetPolicyRequest()).program.points_currency
    if as_json:
        show_json(document(answer))
    else:
        _show_month(f"{member_id} in {named}, {currency}", answer, currency)


def kind_text(entry: Any) -> str:
    """The kind of an entry or of a total in words: purchase reversal."""
    return choice_name(entry.DESCRIPTOR.fields_by_name["kind"], entry.kind).lower().replace("_", " ")


def _show_lines(lines: Iterable[StreamStatementResponse]) -> None:
    """Line by line as they come, so that a history of any length is shown."""
    for line in lines:
        entry = line.entry
        typer.echo(
            f"{day_text(entry.occurred_on)}  {kind_text(entry):<19}  {entry.points:>+13,}  {line.balance:>14,}  "
            f"{_about(entry)}"
        )


def _about(entry: Entry) -> str:
    by = ": ".join(part for part in (entry.actor_id and f"by {entry.actor_id}", entry.note) if part)
    return "  ".join(part for part in (entry.transaction_id, entry.related_id, by) if part)


def _write_lines(lines: Iterator[StreamStatementResponse], path: Path) -> int:
    """Writes lines as they come. The first is asked for before the file is touched: a refusal replaces none."""
    rows = _rows(lines)
    first = list(islice(rows, 1))
    with csv_file(path) as file:
        file.writerows([_COLUMNS, *first])
        count = len(first)
        for row in rows:
            file.writerow(row)
            count += 1
    return count


def _rows(lines: Iterable[StreamStatementResponse]) -> Iterator[list[Any]]:
    for line in lines:
        entry = line.entry
        values = {**document(entry), "kind": kind_text(entry), "balance": line.balance}
        yield [values[name] for name in _COLUMNS]


def _show_month(title: str, answer: GetMonthStatementResponse, currency: str) -> None:
    table = listing(title, ("", "Entries", "Points"), ("Entries", "Points"))
    table.add_row("Opening balance", "", f"{answer.opening_balance:,}")
    for total in answer.totals:
        table.add_row(kind_text(total), f"{total.entries:,}", f"{total.points:+,}")
    table.add_row("Closing balance", "", f"{answer.closing_balance:,}")
    show_listing(table, Console())
    if answer.HasField("next_expiry_on"):
        expiring = f"{answer.next_expiry_points:,} {currency} on {day_text(answer.next_expiry_on)}"
        Console().print(escape(f"Expires next: {expiring}"), soft_wrap=True)
