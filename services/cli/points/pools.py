"""`carat points transfer` and `carat points pool`: points moved between members, and shared by households."""

from typing import Annotated, Final

import typer
from rich.console import Console
from rich.markup import escape

from carat.points.v1.pool_pb2 import (
    AddPoolMemberRequest,
    CreatePoolRequest,
    GetPoolRequest,
    Holder,
    Pool,
    RemovePoolMemberRequest,
    TransferPointsRequest,
)
from services.cli.acting import AsJson, RequestId, named_request
from services.cli.connections import connect
from services.cli.documents import document, show_json
from services.cli.wording import number_of
from services.runtime.settings import load_settings

app: Final = typer.Typer(
    no_args_is_help=True, help="Household pools: members put points in, and each may redeem."
)

PoolId = Annotated[str, typer.Argument(metavar="POOL", help="The pool.")]
MemberId = Annotated[str, typer.Argument(metavar="MEMBER", help="The member.")]


def transfer(
    points: Annotated[
        int, typer.Argument(metavar="POINTS", min=1, help="How many points; the oldest go first.")
    ],
    giver: Annotated[str, typer.Option("--from", help="The member whose points they are.")] = "",
    taker: Annotated[str, typer.Option("--to", help="The member who gets them.")] = "",
    from_pool: Annotated[str, typer.Option(help="The pool whose points they are.")] = "",
    to_pool: Annotated[str, typer.Option(help="The pool that gets them.")] = "",
    on_behalf_of: Annotated[str, typer.Option(help="The member who takes them out of the pool.")] = "",
    request_id: RequestId = "",
    as_json: AsJson = False,
) -> None:
    """Move points to another member, or into or out of a pool; they keep their age."""
    sides = {
        "from": Holder(member_id=giver, pool_id=from_pool),
        "to": Holder(member_id=taker, pool_id=to_pool),
    }
    for name, holder in sides.items():
        if bool(holder.member_id) == bool(holder.pool_id):
            raise typer.BadParameter(f"say either --{name} MEMBER or --{name}-pool POOL")
    request = TransferPointsRequest(
        transfer_id=named_request(request_id), points=points, on_behalf_of=on_behalf_of, **sides
    )
    with connect(load_settings()) as connections:
        answer = connections.points.TransferPoints(request)
    if as_json:
        show_json(document(answer))
        return
    before = ", as recorded before" if answer.replayed else ""
    text = (
        f"{number_of(points, 'point')} moved{before}: "
        f"{_name(sides['from'])} has {answer.from_balance:,}, {_name(sides['to'])} has {answer.to_balance:,}"
    )
    _print(text)


@app.command("create")
def create(pool_id: PoolId, member_id: MemberId, as_json: AsJson = False) -> None:
    """Found a pool with its first member."""
    with connect(load_settings()) as connections:
        answer = connections.points.CreatePool(CreatePoolRequest(pool_id=pool_id, member_id=member_id))
    _show(answer.pool, as_json)


@app.command("add")
def add(pool_id: PoolId, member_id: MemberId, as_json: AsJson = False) -> None:
    """Take a member into a pool; each is in one at most."""
    with connect(load_settings()) as connections:
        answer = connections.points.AddPoolMember(AddPoolMemberRequest(pool_id=pool_id, member_id=member_id))
    _show(answer.pool, as_json)


@app.command("remove")
def remove(pool_id: PoolId, member_id: MemberId, as_json: AsJson = False) -> None:
    """Let a member go; the last takes along what is in the pool, which is no more then."""
    request = RemovePoolMemberRequest(pool_id=pool_id, member_id=member_id)
    with connect(load_settings()) as connections:
        answer = connections.points.RemovePoolMember(request)
    if as_json:
        show_json(document(answer))
    elif answer.pool.member_ids:
        _show(answer.pool, as_json)
    else:
        _print(
            f"{pool_id} is no more: {member_id} takes along {number_of(answer.points_taken_along, 'point')}"
        )


@app.command("show")
def show(pool_id: PoolId, as_json: AsJson = False) -> None:
    """Show who is in a pool, and what it has."""
    with connect(load_settings()) as connections:
        _show(connections.points.GetPool(GetPoolRequest(pool_id=pool_id)).pool, as_json)


def _show(pool: Pool, as_json: bool) -> None:
    if as_json:
        show_json(document(pool))
        return
    members = ", ".join(pool.member_ids)
    _print(f"{pool.pool_id}: {number_of(pool.balance, 'point')}, {pool.available:,} to be spent; {members}")


def _name(holder: Holder) -> str:
    return f"pool {holder.pool_id}" if holder.pool_id else holder.member_id


def _print(text: str) -> None:
    Console(highlight=False).print(escape(text), soft_wrap=True)
