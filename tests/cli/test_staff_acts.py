"""`carat member move, lock, unlock, gift`, `carat invitation` and `carat acts`: what is asked, and what is shown."""

import json
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from google.rpc import code_pb2
from google.type.date_pb2 import Date
from typer.testing import CliRunner, Result

from carat.tier.v1 import invitation_pb2, staff_pb2
from carat.tier.v1.member_pb2 import Member
from carat.tier.v1.standing_pb2 import Standing
from services.cli.app import app
from services.runtime.refusal import Refused, refusal_status
from services.tier.refusals import TEXTS, Reason
from tests.cli.fake_services import Unbuilt, served_tier

STANDING = Standing(
    member=Member(member_id="[b]M1"),
    tier_system="spa",
    level="platinum",
    level_since=Date(year=2025, month=6, day=1),
    locked_until=Date(year=2026, month=6, day=2),
)
INVITATION = invitation_pb2.Invitation(
    invitation_id="I1",
    member_id="M1",
    tier_system="spa",
    level="diamond",
    state="INVITATION_STATE_APPROVED",
    proposed_by="clerk",
    proposed_on=Date(year=2025, month=6, day=1),
    approved_by="boss",
    expires_on=Date(year=2025, month=7, day=1),
)
ACT = staff_pb2.StaffAct(
    request_id="R1",
    kind="STAFF_ACT_KIND_MEMBER_UPDATED",
    member_id="M1",
    actor_id="clerk",
    note="[b]moved house",
    effective_on=Date(year=2025, month=6, day=1),
    details='{"changes": {"birthday": null, "tier_system": "beta"}}',
)
ANSWERS = {
    "MoveMember": staff_pb2.MoveMemberResponse(standing=STANDING),
    "LockMember": staff_pb2.LockMemberResponse(standing=STANDING),
    "GiftStatus": staff_pb2.GiftStatusResponse(standing=STANDING),
    "ListStaffActs": staff_pb2.ListStaffActsResponse(acts=[ACT]),
    "ProposeInvitation": invitation_pb2.ProposeInvitationResponse(invitation=INVITATION),
    "ApproveInvitation": invitation_pb2.ApproveInvitationResponse(invitation=INVITATION),
    "AcceptInvitation": invitation_pb2.AcceptInvitationResponse(invitation=INVITATION, standing=STANDING),
    "DeclineInvitation": invitation_pb2.DeclineInvitationResponse(invitation=INVITATION),
    "ListInvitations": invitation_pb2.ListInvitationsResponse(invitations=[INVITATION]),
}
BY_CLERK = ("--actor", "clerk", "--note", "as agreed", "--request-id", "R1")
CLERK = {"request_id": "R1", "actor": staff_pb2.Actor(id="clerk"), "note": "as agreed"}


class StaffedTier(Unbuilt):
    """Answers what staff ask, and keeps what it was asked; `refusing` refuses everything."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.refusing: Reason | None = None

    def __getattr__(self, call: str) -> Any:
        if call not in ANSWERS:
            return super().__getattr__(call)

        def answer(request: Any, context: grpc.ServicerContext) -> Any:
            self.asked.append(request)
            if self.refusing is not None:
                refusal = Refused(self.refusing, TEXTS[self.refusing], code_pb2.FAILED_PRECONDITION)
                context.abort_with_status(refusal_status(refusal, "tier.carat"))
            return ANSWERS[call]

        return answer


@pytest.fixture
def tier(monkeypatch: pytest.MonkeyPatch) -> Iterator[StaffedTier]:
    service = StaffedTier()
    with served_tier(service) as address:
        monkeypatch.setenv("CARAT_TIER_ADDRESS", address)
        yield service


def carat(*words: str) -> Result:
    return CliRunner().invoke(app, words, env={"COLUMNS": "200"})


@pytest.mark.parametrize(
    ("words", "request_made"),
    [
        (
            ("member", "move", "M1", "platinum"),
            staff_pb2.MoveMemberRequest(member_id="M1", level="platinum", **CLERK),
        ),
        (
            ("member", "move", "M1", "platinum", "--locked-until", "2026-06-02"),
            staff_pb2.MoveMemberRequest(
                member_id="M1", level="platinum", locked_until=STANDING.locked_until, **CLERK
            ),
        ),
        (
            ("member", "lock", "M1", "--until", "2026-06-02"),
            staff_pb2.LockMemberRequest(member_id="M1", locked_until=STANDING.locked_until, **CLERK),
        ),
        (("member", "unlock", "M1"), staff_pb2.LockMemberRequest(member_id="M1", **CLERK)),
        (
            ("member", "gift", "M1", "M2"),
            staff_pb2.GiftStatusRequest(giver_member_id="M1", recipient_member_id="M2", **CLERK),
        ),
    ],
)
def test_an_act_on_a_level_is_asked_for_and_the_standing_after_it_shown(
    tier: StaffedTier, words: tuple[str, ...], request_made: Any
):
    result = carat(*words, *BY_CLERK)
    assert (result.exit_code, tier.asked) == (0, [request_made])
    expected = "[b]M1: platinum of spa since 2025-06-01, locked until 2026-06-02; next review none\n"
    assert result.stdout == expected


@pytest.mark.parametrize(
    ("words", "request_made"),
    [
        (
            ("propose", "M1", "diamond"),
            invitation_pb2.ProposeInvitationRequest(member_id="M1", level="diamond", **CLERK),
        ),
        (("approve", "I1"), invitation_pb2.ApproveInvitationRequest(invitation_id="I1", **CLERK)),
        (("decline", "I1"), invitation_pb2.DeclineInvitationRequest(invitation_id="I1", **CLERK)),
    ],
)
def test_an_invitation_is_told_with_its_state_and_last_day(
    tier: StaffedTier, words: tuple[str, ...], request_made: Any
):
    result = carat("invitation", *words, *BY_CLERK)
    assert (result.exit_code, tier.asked) == (0, [request_made])
    assert result.stdout == "I1: M1 to diamond of spa, approved; last day for an answer 2025-07-01\n"


def test_who_accepts_is_shown_on_the_new_level(tier: StaffedTier):
    result = carat("invitation", "accept", "I1", "--actor", "clerk", "--request-id", "R1")
    expected = invitation_pb2.AcceptInvitationRequest(
        request_id="R1", invitation_id="I1", actor=staff_pb2.Actor(id="clerk")
    )
    assert (result.exit_code, tier.asked) == (0, [expected])
    assert result.stdout.startswith("[b]M1: platinum of spa")


def test_roles_go_along_with_who_acts(tier: StaffedTier):
    carat("invitation", "approve", "I1", "--actor", "boss", "--role", "general-manager", "--role", "owner")
    assert tier.asked[0].actor == staff_pb2.Actor(id="boss", roles=["general-manager", "owner"])


def test_a_request_without_an_id_is_given_a_random_one_that_is_told(tier: StaffedTier):
    results = [carat("member", "unlock", "M1", "--actor", "clerk", "--note", "over") for _ in range(2)]
    ids = [request.request_id for request in tier.asked]
    assert len(set(ids)) == 2
    assert [result.stderr for result in results] == [f"request id {made}\n" for made in ids]


def test_documents_for_machines_carry_the_request_id(tier: StaffedTier):
    moved = json.loads(carat("member", "move", "M1", "platinum", *BY_CLERK, "--json").stdout)
    assert (moved["request_id"], moved["standing"]["locked_until"]) == ("R1", "2026-06-02")
    proposed = json.loads(carat("invitation", "propose", "M1", "diamond", *BY_CLERK, "--json").stdout)
    assert (proposed["request_id"], proposed["invitation"]["state"]) == ("R1", "APPROVED")
    assert json.loads(carat("acts", "--json").stdout)[0]["kind"] == "MEMBER_UPDATED"
    assert json.loads(carat("invitation", "list", "--json").stdout)[0]["expires_on"] == "2025-07-01"


def test_what_staff_did_is_listed(tier: StaffedTier):
    shown = " ".join(carat("acts", "M1", "--last", "5").stdout.split())
    assert "2025-06-01 M1 member updated clerk [b]moved house birthday none, tier system beta R1" in shown
    assert tier.asked == [staff_pb2.ListStaffActsRequest(member_id="M1", page_size=5)]


def test_invitations_are_listed(tier: StaffedTier):
    shown = " ".join(carat("invitation", "list", "--member", "M1", "--state", "approved").stdout.split())
    assert "I1 M1 diamond approved 2025-06-01 clerk boss 2025-07-01" in shown
    [request] = tier.asked
    assert (request.member_id, request.state) == ("M1", invitation_pb2.INVITATION_STATE_APPROVED)
    carat("invitation", "list")
    assert tier.asked[1] == invitation_pb2.ListInvitationsRequest(page_size=20)


@pytest.mark.parametrize(
    ("words", "call", "told"),
    [
        (("acts",), "ListStaffActs", "staff did nothing yet\n"),
        (("invitation", "list"), "ListInvitations", "no invitations\n"),
    ],
)
def test_where_there_is_nothing_it_is_told_without_a_table(
    tier: StaffedTier, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], call: str, told: str
):
    monkeypatch.setitem(ANSWERS, call, type(ANSWERS[call])())
    assert carat(*words).stdout == told


def test_a_refusal_is_told_in_one_line(tier: StaffedTier):
    tier.refusing = Reason.LEVEL_MUST_BE_ANOTHER
    result = carat("member", "move", "M1", "platinum", *BY_CLERK)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "tier refuses (LEVEL_MUST_BE_ANOTHER): the level must be another" in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "words",
    [
        ("member", "move", "M1", "platinum", "--note", "why"),
        ("member", "move", "M1", "platinum", "--actor", "clerk"),
        ("member", "lock", "M1", "--actor", "clerk", "--note", "why"),
        ("invitation", "accept", "I1"),
        ("invitation", "list", "--state", "lost"),
    ],
)
def test_a_command_without_what_it_needs_is_a_mistake_in_its_arguments(
    tier: StaffedTier, words: tuple[str, ...]
):
    assert (carat(*words).exit_code, tier.asked) == (2, [])
