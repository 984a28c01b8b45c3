"""`carat member update`, `merge`, `unmerge` and `erase`: what staff do to members' records."""

from datetime import date
from typing import Annotated

import typer
from google.protobuf.field_mask_pb2 import FieldMask
from rich.console import Console
from rich.markup import escape

from carat.tier.v1.member_pb2 import Member
from carat.tier.v1.staff_pb2 import (
    EraseMemberRequest,
    MergeMembersRequest,
    UndoMergeRequest,
    UpdateMemberRequest,
)
from services.cli.acting import ActorId, AsJson, Note, RequestId, Roles, actor, named_request
from services.cli.connections import connect
from services.cli.days import parsed_day
from services.cli.documents import document, show_json
from services.cli.staff_acts import MemberId, show_standing
from services.cli.wording import day_text
from services.runtime.program_messages import day_to_proto
from services.runtime.settings import load_settings


def update(
    member_id: MemberId,
    actor_id: ActorId,
    tier_system: Annotated[
        str | None,
        typer.Option(help="External id of the tier system to be in; empty: where the program puts members."),
    ] = None,
    birthday: Annotated[
        date | None, typer.Option(parser=parsed_day, metavar="DATE", help="Date of birth.")
    ] = None,
    no_birthday: Annotated[bool, typer.Option("--no-birthday", help="Forget the date of birth.")] = False,
    note: Annotated[str, typer.Option("--note", help="Why.")] = "",
    roles: Roles = None,
    request_id: RequestId = "",
    as_json: AsJson = False,
) -> None:
    """Change a member's record. Another tier system moves the member to it at once."""
    if birthday is not None and no_birthday:
        raise typer.BadParameter("give a birthday or forget it")
    changes = [
        *(["tier_system"] if tier_system is not None else []),
        *(["birthday"] if birthday is not None or no_birthday else []),
    ]
    request = UpdateMemberRequest(
        request_id=named_request(request_id),
        member=Member(
            member_id=member_id,
            tier_system=tier_system or "",
            birthday=None if birthday is None else day_to_proto(birthday),
        ),
        update_mask=FieldMask(paths=changes),
        actor=actor(actor_id, roles),
        note=note,
    )
    with connect(load_settings()) as connections:
        show_standing(connections.tier.UpdateMember(request).standing, request.request_id, as_json)


def merge(
    source_id: Annotated[str, typer.Argument(metavar="SOURCE", help="The record that is given up.")],
    target_id: Annotated[str, typer.Argument(metavar="TARGET", help="The record that remains.")],
    actor_id: ActorId,
    note: Note,
    roles: Roles = None,
    request_id: RequestId = "",
    as_json: AsJson = False,
) -> None:
    """Join two records of one member. The request id names the merge, should it have to be undone."""
    request = MergeMembersRequest(
        request_id=named_request(request_id),
        source_member_id=source_id,
        target_member_id=target_id,
        actor=actor(actor_id, roles),
        note=note,
    )
    with connect(load_settings()) as connections:
        show_standing(connections.tier.MergeMembers(request).standing, request.request_id, as_json)


def unmerge(
    merge_id: Annotated[str, typer.Argument(metavar="MERGE", help="The request id of the merge.")],
    actor_id: ActorId,
    note: Note,
    roles: Roles = None,
    request_id: RequestId = "",
    as_json: AsJson = False,
) -> None:
    """Separate two records that were joined; each has its own activity again."""
    request = UndoMergeRequest(
        request_id=named_request(request_id),
        merge_request_id=merge_id,
        actor=actor(actor_id, roles),
        note=note,
    )
    with connect(load_settings()) as connections:
        answer = connections.tier.UndoMerge(request)
    if as_json:
        show_json({"request_id": request.request_id, **document(answer)})
        return
    for standing in (answer.source, answer.target):
        show_standing(standing, request.request_id, as_json=False)


def erase(
    member_id: MemberId,
    actor_id: ActorId,
    note: Note,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    roles: Roles = None,
    request_id: RequestId = "",
    as_json: AsJson = False,
) -> None:
    """Erase what is known of a member as a person, for good. The ledgers stay whole."""
    if not yes:
        typer.confirm(f"Erase what is known of {member_id}? This cannot be undone.", abort=True, err=True)
    request = EraseMemberRequest(
        request_id=named_request(request_id),
        member_id=member_id,
        actor=actor(actor_id, roles),
        note=note,
    )
    with connect(load_settings()) as connections:
        member = connections.tier.EraseMember(request).member
    if as_json:
        show_json({"request_id": request.request_id, "member": document(member)})
        return
    text = f"{member.member_id}: erased on {day_text(member.erased_on)}; in no tier system any more"
    Console(highlight=False).print(escape(text), soft_wrap=True)
