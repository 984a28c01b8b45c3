"""What every command of staff asks for: who acts, why, and under which request id."""

from typing import Annotated
from uuid import uuid4

import typer
from rich.console import Console
from rich.markup import escape

from carat.tier.v1.staff_pb2 import Actor

ActorId = Annotated[str, typer.Option("--actor", help="Who acts.")]
Roles = Annotated[
    list[str] | None, typer.Option("--role", help="A role of who acts; may be given several times.")
]
Note = Annotated[str, typer.Option("--note", help="Why.")]
RequestId = Annotated[
    str, typer.Option(help="Names the request, which has one effect for ever; a random one where not given.")
]
AsJson = Annotated[bool, typer.Option("--json", help="For machines.")]


def actor(actor_id: str, roles: list[str] | None) -> Actor:
    """Who acts, with their roles."""
    return Actor(id=actor_id, roles=roles or [])


def named_request(request_id: str) -> str:
    """The request id as given, or a random one: told at once, so that the request can be repeated by it."""
    if request_id:
        return request_id
    made = uuid4().hex
    Console(stderr=True, highlight=False).print(f"request id {escape(made)}", soft_wrap=True)
    return made
