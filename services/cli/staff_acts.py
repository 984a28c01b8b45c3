"""`carat member move`, `lock`, `unlock` and `gift`, and `carat acts`: what staff do, and what they did."""

import json
from datetime import date
from typing import Annotated, Any

import typer
from google.type.date_pb2 import Date
from rich.console import Console
from rich.markup import escape

from carat.tier.v1.staff_pb2 import (
    GiftStatusRequest,
    ListStaffActsRequest,
    LockMemberRequest,
    MoveMemberRequest,
    StaffAct,
)
from carat.tier.v1.standing_pb2 import Standing
from services.cli.acting import ActorId, AsJson, Note, RequestId, Roles, actor, named_request
from services.cli.connections import connect
from services.cli.days import parsed_day
from services.cli.documents import choice_name, document, show_json
from services.cli.listings import listing, show_listing
from services.cli.wording import day_text
from services.runtime.program_messages import day_to_proto
from services.runtime.settings import load_settings

MemberId = Annotated[str, typer.Argument(help="The member.")]


def move(
    member_id: MemberId,
    level: Annotated[str, typer.Argument(help="Code of the level, in the member's tier system.")],
    actor_id: ActorId,
    note: Note,
    locked_until: Annotated[
        date | None,
        typer.Option(parser=parsed_day, metavar="DATE", help="Day until which no review takes it away."),
    ] = None,
    roles: Roles = None,
    request_id: RequestId = "",
    as_json: AsJson = False,
) -> None:
    """Move a member to a level. A move down with a lock also stops promotions until its day."""
    request = MoveMemberRequest(
        request_id=named_request(request_id),
        member_id=member_id,
        level=level,
        actor=actor(actor_id, roles),
        note=note,
        locked_until=_day(locked_until),
    )
    with connect(load_settings()) as connections:
        show_standing(connections.tier.MoveMember(request).standing, request.request_id, as_json)


def lock(
    member_id: MemberId,
    until: Annotated[
        date, typer.Option(parser=parsed_day, metavar="DATE", help="Day on which the lock ends.")
    ],
    actor_id: ActorId,
    note: Note,
    roles: Roles = None,
    request_id: RequestId = "",
    as_json: AsJson = False,
) -> None:
    """Lock a member's level: until the day no review takes it away."""
    _lock(member_id, until, actor_id, note, roles, request_id, as_json)


def unlock(
    member_id: MemberId,
    actor_id: ActorId,
    note: Note,
    roles: Roles = None,
    request_id: RequestId = "",
    as_json: AsJson = False,
) -> None:
    """Lift the lock of a member's level."""
    _lock(member_id, None, actor_id, note, roles, request_id, as_json)


def gift(
    giver_id: Annotated[str, typer.Argument(metavar="GIVER", help="The lifetime member who gives.")],
    recipient_id: Annotated[str, typer.Argument(metavar="RECIPIENT", help="The family member.")],
    actor_id: ActorId,
    note: Note,
    roles: Roles = None,
    request_id: RequestId = "",
    as_json: AsJson = False,
) -> None:
    """Give a lifetime member's level to a member of the family, once for ever."""
    request = GiftStatusRequest(
        request_id=named_request(request_id),
        giver_member_id=giver_id,
        recipient_member_id=recipient_id,
        actor=actor(actor_id, roles),
        note=note,
    )
    with connect(load_settings()) as connections:
        show_standing(connections.tier.GiftStatus(request).standing, request.request_id, as_json)


def acts(
    member_id: Annotated[str, typer.Argument(metavar="MEMBER", help="The member; else everybody.")] = "",
    last: Annotated[int, typer.Option(min=1, max=1000, help="How many.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Show what staff did to records and levels, newest first; to points: `carat points statement`."""
    request = ListStaffActsRequest(member_id=member_id, page_size=last)
    with connect(load_settings()) as connections:
        found = connections.tier.ListStaffActs(request).acts
    if as_json:
        show_json([document(act) for act in found])
        return
    if not found:
        Console().print("staff did nothing yet")
        return
    table = listing("What staff did", ("On", "Member", "What", "By", "Why", "Details", "Request"))
    for act in found:
        details = _details(json.loads(act.details or "{}"))
        texts = (act.member_id, _kind(act), act.actor_id, act.note, details, act.request_id)
        table.add_row(day_text(act.effective_on), *map(escape, texts))
    show_listing(table, Console())


def show_standing(standing: Standing, request_id: str, as_json: bool) -> None:
    """Shows where a member stands after an act of staff."""
    if as_json:
        show_json({"request_id": request_id, "standing": document(standing)})
        return
    locked = f", locked until {day_text(standing.locked_until)}" if standing.HasField("locked_until") else ""
    review = day_text(standing.next_review) or "none"
    text = (
        f"{standing.member.member_id}: {standing.level} of {standing.tier_system} "
        f"since {day_text(standing.level_since)}{locked}; next review {review}"
    )
    Console(highlight=False).print(escape(text), soft_wrap=True)


def _lock(
    member_id: str,
    until: date | None,
    actor_id: str,
    note: str,
    roles: list[str] | None,
    request_id: str,
    as_json: bool,
) -> None:
    request = LockMemberRequest(
        request_id=named_request(request_id),
        member_id=member_id,
        actor=actor(actor_id, roles),
        note=note,
        locked_until=_day(until),
    )
    with connect(load_settings()) as connections:
        show_standing(connections.tier.LockMember(request).standing, request.request_id, as_json)


def _day(day: date | None) -> Date | None:
    return None if day is None else day_to_proto(day)


def _kind(act: StaffAct) -> str:
    return choice_name(act.DESCRIPTOR.fields_by_name["kind"], act.kind).replace("_", " ").lower()


def _details(asked: dict[str, Any]) -> str:
    """What else was asked: level sapphire, locked until 2026-12-31."""
    flat = {name: value for name, value in asked.items() if not isinstance(value, dict)}
    nested = [_details(value) for value in asked.values() if isinstance(value, dict)]
    told = [f"{name.replace('_', ' ')} {'none' if value is None else value}" for name, value in flat.items()]
    return ", ".join(told + nested)
