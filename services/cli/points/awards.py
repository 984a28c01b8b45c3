"""`carat points award`: points that staff give a member, granted by Benefits and posted by Points."""

from datetime import date
from typing import Annotated

import typer

from carat.benefits.v1.award_pb2 import Award, GrantAwardRequest
from services.cli.acting import ActorId, AsJson, RequestId, named_request
from services.cli.connections import connect
from services.cli.days import parsed_day
from services.cli.points.answers import show_answer
from services.cli.wording import day_text, number_of
from services.runtime.program_messages import day_to_proto
from services.runtime.settings import load_settings


def award(
    member_id: Annotated[str, typer.Argument(metavar="MEMBER", help="Who gets the points.")],
    points: Annotated[int, typer.Argument(metavar="POINTS", min=1, help="How many points.")],
    code: Annotated[str, typer.Option(help="What for, in one word: wedding, apology.")],
    actor_id: ActorId,
    note: Annotated[str, typer.Option(help="Why, in your own words.")] = "",
    on: Annotated[
        date | None,
        typer.Option(parser=parsed_day, metavar="DATE", help="Day on which it counts; else today."),
    ] = None,
    request_id: RequestId = "",
    as_json: AsJson = False,
) -> None:
    """Give a member points beside what is earned; the ledger follows within moments."""
    asked = Award(
        award_id=named_request(request_id),
        member_id=member_id,
        code=code,
        points=points,
        awarded_on=day_to_proto(on) if on else None,
        actor_id=actor_id,
        note=note,
    )
    with connect(load_settings()) as connections:
        answer = connections.benefits.GrantAward(GrantAwardRequest(award=asked))
    before = ", as granted before" if answer.replayed else ""
    given = f"{number_of(answer.award.points, 'point')} for {answer.award.code}"
    text = f"{member_id} is awarded {given} on {day_text(answer.award.awarded_on)}{before}"
    show_answer(answer, text, as_json)
