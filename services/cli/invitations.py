"""`carat invitation`: levels offered to members, approved by a general manager, answered by the member."""

from enum import StrEnum
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.markup import escape

from carat.tier.v1.invitation_pb2 import (
    AcceptInvitationRequest,
    ApproveInvitationRequest,
    DeclineInvitationRequest,
    Invitation,
    ListInvitationsRequest,
    ProposeInvitationRequest,
)
from services.cli.acting import ActorId, AsJson, Note, RequestId, Roles, actor, named_request
from services.cli.connections import connect
from services.cli.documents import choice_name, document, show_json
from services.cli.listings import listing, show_listing
from services.cli.staff_acts import show_standing
from services.cli.wording import day_text
from services.runtime.settings import load_settings

app: Final = typer.Typer(no_args_is_help=True, help="Invitations to a level.")

InvitationId = Annotated[str, typer.Argument(metavar="INVITATION", help="The invitation.")]


class State(StrEnum):
    """How far an invitation has come."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"


@app.command("propose")
def propose(
    member_id: Annotated[str, typer.Argument(help="The member.")],
    level: Annotated[str, typer.Argument(help="Code of the level, above the one held.")],
    actor_id: ActorId,
    note: Note,
    roles: Roles = None,
    request_id: RequestId = "",
    as_json: AsJson = False,
) -> None:
    """Propose to invite a member to a level; the request id becomes that of the invitation."""
    request = ProposeInvitationRequest(
        request_id=named_request(request_id),
        member_id=member_id,
        level=level,
        actor=actor(actor_id, roles),
        note=note,
    )
    with connect(load_settings()) as connections:
        _show(connections.tier.ProposeInvitation(request).invitation, request.request_id, as_json)


@app.command("approve")
def approve(
    invitation_id: InvitationId,
    actor_id: ActorId,
    roles: Roles = None,
    note: Note = "",
    request_id: RequestId = "",
    as_json: AsJson = False,
) -> None:
    """Approve an invitation that somebody else proposed, by --role general-manager."""
    request = ApproveInvitationRequest(
        request_id=named_request(request_id),
        invitation_id=invitation_id,
        actor=actor(actor_id, roles),
        note=note,
    )
    with connect(load_settings()) as connections:
        _show(connections.tier.ApproveInvitation(request).invitation, request.request_id, as_json)


@app.command("accept")
def accept(
    invitation_id: InvitationId,
    actor_id: ActorId,
    roles: Roles = None,
    request_id: RequestId = "",
    as_json: AsJson = False,
) -> None:
    """Record that the member accepts an invitation, and enters the level."""
    request = AcceptInvitationRequest(
        request_id=named_request(request_id), invitation_id=invitation_id, actor=actor(actor_id, roles)
    )
    with connect(load_settings()) as connections:
        show_standing(connections.tier.AcceptInvitation(request).standing, request.request_id, as_json)


@app.command("decline")
def decline(
    invitation_id: InvitationId,
    actor_id: ActorId,
    roles: Roles = None,
    note: Note = "",
    request_id: RequestId = "",
    as_json: AsJson = False,
) -> None:
    """Decline an invitation, or record that the member does."""
    request = DeclineInvitationRequest(
        request_id=named_request(request_id),
        invitation_id=invitation_id,
        actor=actor(actor_id, roles),
        note=note,
    )
    with connect(load_settings()) as connections:
        _show(connections.tier.DeclineInvitation(request).invitation, request.request_id, as_json)


@app.command("list")
def list_invitations(
    member_id: Annotated[str, typer.Option("--member", help="The member; else everybody.")] = "",
    state: Annotated[State | None, typer.Option(help="Only those in this state.")] = None,
    last: Annotated[int, typer.Option(min=1, max=1000, help="How many.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Show invitations, newest first."""
    named = f"INVITATION_STATE_{'UNSPECIFIED' if state is None else state.name}"
    request = ListInvitationsRequest(member_id=member_id, state=named, page_size=last)
    with connect(load_settings()) as connections:
        found = connections.tier.ListInvitations(request).invitations
    if as_json:
        show_json([document(invitation) for invitation in found])
        return
    if not found:
        Console().print("no invitations")
        return
    columns = ("Invitation", "Member", "Level", "State", "Proposed on", "By", "Approved by", "Last day")
    table = listing("Invitations", columns, folds=False)
    for invitation in found:
        table.add_row(
            *map(
                escape, (invitation.invitation_id, invitation.member_id, invitation.level, _state(invitation))
            ),
            day_text(invitation.proposed_on),
            *map(escape, (invitation.proposed_by, invitation.approved_by)),
            day_text(invitation.expires_on),
        )
    show_listing(table, Console())


def _show(invitation: Invitation, request_id: str, as_json: bool) -> None:
    if as_json:
        show_json({"request_id": request_id, "invitation": document(invitation)})
        return
    text = (
        f"{invitation.invitation_id}: {invitation.member_id} to {invitation.level} of {invitation.tier_system}, "
        f"{_state(invitation)}; last day for an answer {day_text(invitation.expires_on)}"
    )
    Console(highlight=False).print(escape(text), soft_wrap=True)


def _state(invitation: Invitation) -> str:
    return choice_name(invitation.DESCRIPTOR.fields_by_name["state"], invitation.state).lower()
