"""`carat points transfer` and `carat points pool`: points moved between members, and shared by households."""

from typing import Annotated, Final

import typer

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
from services.cli.points.answers import show_answer
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
    before = ", as recorded before" if answer.replayed else ""
    text = (
        f"{number_of(points, 'point')} moved{before}: "
        f"{_name(sides['from'])} has {answer.from_balance:,}, {_name(sides['to'])} has {answer.to_balance:,}"
    )
    show_answer(answer, text, as_json)


@app.command("create")
def create(pool_id: PoolId, member_id: MemberId, as_json: AsJson = False) -> None:
    """Found a pool with its first member."""
    with connect(load_settings()) as connections:
        answer = connections.points.CreatePool(CreatePoolRequest(pool_id=pool_id, member_id=member_id))
    show_answer(answer.pool, _sentence(answer.pool), as_json)


@app.command("add")
def add(pool_id: PoolId, member_id: MemberId, as_json: AsJson = False) -> None:
    """Take a member into a pool; each is in one at most."""
    with connect(load_settings()) as connections:
        answer = connections.points.AddPoolMember(AddPoolMemberRequest(pool_id=pool_id, member_id=member_id))
    show_answer(answer.pool, _sentence(answer.pool), as_json)


@app.command("remove")
def remove(pool_id: PoolId, member_id: MemberId, as_json: AsJson = False) -> None:
    """Let a member go; the last takes along what is in the pool, which is no more then."""
    request = RemovePoolMemberRequest(pool_id=pool_id, member_id=member_id)
    with connect(load_settings()) as connections:
        answer = connections.points.RemovePoolMember(request)
    taken_along = number_of(answer.points_taken_along, "point")
    no_more = f"{pool_id} is no more: {member_id} takes along {taken_along}"
    show_answer(answer, _sentence(answer.pool) if answer.pool.member_ids else no_more, as_json)


@app.command("show")
def show(pool_id: PoolId, as_json: AsJson = False) -> None:
    """Show who is in a pool, and what it has."""
    with connect(load_settings()) as connections:
        pool = connections.points.GetPool(GetPoolRequest(pool_id=pool_id)).pool
    show_answer(pool, _sentence(pool), as_json)


def _sentence(pool: Pool) -> str:
    members = ", ".join(pool.member_ids)
    return f"{pool.pool_id}: {number_of(pool.balance, 'point')}, {pool.available:,} to be spent; {members}"


def _name(holder: Holder) -> str:
    return f"pool {holder.pool_id}" if holder.pool_id else holder.member_id
