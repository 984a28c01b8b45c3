"""`carat points balance`: what a member has, and what of it can be spent."""

from collections.abc import Iterator
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from carat.points.v1.points_service_pb2 import GetBalanceRequest, GetBalanceResponse, GetPolicyRequest
from carat.tier.v1.program_pb2 import Program
from services.cli.acting import AsJson
from services.cli.connections import connect
from services.cli.documents import document, show_json
from services.cli.wording import day_text, money, number_of
from services.runtime.settings import load_settings


def balance(
    member_id: Annotated[str, typer.Argument(metavar="MEMBER", help="The member.")], as_json: AsJson = False
) -> None:
    """Show a member's balance: what can be spent, what is held, what is still to come, what expires next."""
    with connect(load_settings()) as connections:
        answer = connections.points.GetBalance(GetBalanceRequest(member_id=member_id))
        program = connections.points.GetPolicy(GetPolicyRequest()).program
    if as_json:
        show_json(document(answer))
        return
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold")
    table.add_column()
    for name, text in balance_lines(answer, program):
        table.add_row(name, escape(text))
    Console().print(table)


def balance_lines(balance: GetBalanceResponse, program: Program) -> Iterator[tuple[str, str]]:
    """A balance in lines of a name and a text; what there is none of has no line."""
    points = program.points_currency
    waiting = balance.pending_purchases
    pending = f" (and {number_of(waiting, 'purchase')} still to be posted)" if waiting else ""
    yield "Balance", f"{balance.balance:,} {points}{pending}"
    worth = balance.available_value_minor
    value = f", worth {money(worth, program.currency)}" if worth else ""
    yield "Can be spent", f"{balance.available:,} {points}{value}"
    if balance.held:
        yield "Held for payments", f"{balance.held:,} {points}"
    if balance.maturing:
        yield "Not to be spent yet", f"{balance.maturing:,} {points}"
    expired = balance.balance - balance.available - balance.held - balance.maturing
    if expired > 0:
        yield "Expired", f"{expired:,} {points}, taken off by the next points-expiration run or act"
    if balance.HasField("next_expiry_on"):
        expiring = f"{balance.next_expiry_points:,} {points}"
        yield "Expires next", f"{expiring} on {day_text(balance.next_expiry_on)}"
    yield "Earned ever", f"{balance.lifetime_earned:,} {points}"
