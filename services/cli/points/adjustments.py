"""`carat points adjust`: points added or taken by decision of staff."""

from typing import Annotated

import typer

from carat.points.v1.adjustment_pb2 import AdjustPointsRequest
from services.cli.acting import ActorId, AsJson, Note, RequestId, named_request
from services.cli.connections import connect
from services.cli.points.answers import show_answer
from services.cli.wording import number_of
from services.runtime.settings import load_settings


def adjust(
    member_id: Annotated[str, typer.Argument(metavar="MEMBER", help="The member.")],
    actor_id: ActorId,
    note: Note,
    add: Annotated[int | None, typer.Option(min=1, help="Points to add.")] = None,
    take: Annotated[
        int | None, typer.Option(min=1, help="Points to take; never more than can be spent.")
    ] = None,
    request_id: RequestId = "",
    as_json: AsJson = False,
) -> None:
    """Add or take points, within the program's limit."""
    if (add is None) == (take is None):
        raise typer.BadParameter("say either --add POINTS or --take POINTS")
    request = AdjustPointsRequest(
        adjustment_id=named_request(request_id),
        member_id=member_id,
        points=(add or 0) - (take or 0),
        actor_id=actor_id,
        note=note,
    )
    with connect(load_settings()) as connections:
        answer = connections.points.AdjustPoints(request)
    before = ", as recorded before" if answer.replayed else ""
    text = f"{member_id} {'gets' if add else 'gives up'} {number_of(add or take or 0, 'point')}{before}"
    show_answer(answer, text, as_json)
