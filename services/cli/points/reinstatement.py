"""`carat points reinstate`: expired points given back."""

from typing import Annotated

import typer

from carat.points.v1.adjustment_pb2 import ReinstatePointsRequest
from services.cli.acting import ActorId, AsJson, Note, RequestId, named_request
from services.cli.connections import connect
from services.cli.points.answers import show_answer
from services.cli.wording import number_of
from services.runtime.settings import load_settings


def reinstate(
    member_id: Annotated[str, typer.Argument(metavar="MEMBER", help="The member.")],
    actor_id: ActorId,
    note: Note,
    points: Annotated[int | None, typer.Option(min=1, help="Fewer than may be given back; else all.")] = None,
    request_id: RequestId = "",
    as_json: AsJson = False,
) -> None:
    """Give points back that expired within the program's days; they are new points then."""
    request = ReinstatePointsRequest(
        reinstatement_id=named_request(request_id),
        member_id=member_id,
        points=points or 0,
        actor_id=actor_id,
        note=note,
    )
    with connect(load_settings()) as connections:
        answer = connections.points.ReinstatePoints(request)
    before = ", as recorded before" if answer.replayed else ""
    given = number_of(answer.entry.points, "point")
    show_answer(answer, f"{member_id} has {given} back{before}", as_json)
