"""`carat member show`: where a member stands, why, and what is owed."""

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, Final

import grpc
import typer
from rich.console import Console

from carat.benefits.v1.benefits_service_pb2 import ListAllowancesRequest
from carat.points.v1.points_service_pb2 import GetBalanceRequest, ListEntriesRequest
from carat.tier.v1.tier_service_pb2 import GetPolicyRequest, GetStandingRequest
from services.cli.connections import Connections, connect
from services.cli.days import parsed_day
from services.cli.documents import document, show_json
from services.cli.failures import failure_of
from services.cli.member_explain import explain
from services.cli.member_graces import show_graces
from services.cli.member_records import erase, merge, unmerge, update
from services.cli.member_view import Portrait, show_portrait
from services.cli.staff_acts import gift, lock, move, unlock
from services.runtime.program_messages import day_to_proto
from services.runtime.settings import load_settings

app: Final = typer.Typer(no_args_is_help=True, help="One member.")
app.command("explain")(explain)
app.command("graces")(show_graces)
app.command("move")(move)
app.command("lock")(lock)
app.command("unlock")(unlock)
app.command("gift")(gift)
app.command("update")(update)
app.command("merge")(merge)
app.command("unmerge")(unmerge)
app.command("erase")(erase)

_LAST_ENTRIES: Final = 10


@app.callback()
def _members() -> None:
    """One member."""


@app.command("show")
def show(
    member_id: Annotated[str, typer.Argument(help="The member.")],
    as_of: Annotated[
        date | None, typer.Option(parser=parsed_day, metavar="DATE", help="Day asked for; else today.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Show standing, window, next review, balance, allowances and the last moves, each with its reason."""
    with connect(load_settings()) as connections:
        portrait = portrait_of(connections, member_id, as_of)
    if not as_json:
        show_portrait(portrait, Console())
        return
    show_json(
        {
            "standing": document(portrait.standing),
            "balance": None if portrait.balance is None else document(portrait.balance),
            "entries": [document(entry) for entry in portrait.entries],
            "allowances": [document(allowance) for allowance in portrait.allowances],
        }
    )


def portrait_of(connections: Connections, member_id: str, as_of: date | None) -> Portrait:
    """Asks all three services; grpc.RpcError where Tier does not know the member."""
    day = None if as_of is None else day_to_proto(as_of)
    standing = connections.tier.GetStanding(GetStandingRequest(member_id=member_id, as_of=day)).standing
    policy = connections.tier.GetPolicy(GetPolicyRequest(as_of=standing.as_of))
    balance = _unless_unknown(connections.points.GetBalance, GetBalanceRequest(member_id=member_id))
    entries = _unless_unknown(
        connections.points.ListEntries, ListEntriesRequest(member_id=member_id, page_size=_LAST_ENTRIES)
    )
    allowances = _unless_unknown(
        connections.benefits.ListAllowances,
        ListAllowancesRequest(member_id=member_id, as_of=standing.as_of),
    )
    return Portrait(
        policy,
        standing,
        balance,
        [] if entries is None else list(entries.entries),
        [] if allowances is None else list(allowances.allowances),
    )


def _unless_unknown(rpc: Callable[[Any], Any], request: Any) -> Any:
    """The answer, or None where a member of Tier has not reached the service yet."""
    try:
        return rpc(request)
    except grpc.RpcError as error:
        if failure_of(error).reason == "MEMBER_UNKNOWN":
            return None
        raise
