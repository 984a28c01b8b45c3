"""A spa with a level by invitation that is held for life in time, and what its staff ask the Tier service."""

from collections.abc import Callable
from datetime import date
from typing import Any, Final

import pytest

from carat.tier.v1 import invitation_pb2, member_pb2, staff_pb2, standing_pb2
from services.runtime.program_messages import day_to_proto
from services.runtime.refusal import Refused
from services.tier.policy_document import Level, TierPolicy
from tests.tier.calls import asked
from tests.tier.policies import SPA_LEVELS, with_spa
from tests.tier.world import TierWorld

JOINED: Final = date(2024, 1, 10)
TODAY: Final = date(2025, 6, 1)
DIAMOND: Final = Level("diamond", "Diamond", 20_000, by_invitation=True, lifetime_years=1)
LEVELS: Final = (*SPA_LEVELS, DIAMOND)
STAFFED: Final = with_spa(levels=LEVELS)

CLERK: Final = staff_pb2.Actor(id="clerk")
MANAGER: Final = staff_pb2.Actor(id="boss", roles=["general-manager"])
Asked = Callable[[], object]


def staffed(world: TierWorld, *member_ids: str, policy: TierPolicy = STAFFED) -> TierWorld:
    """The spa with members of the lowest level, and M9 in the game."""
    world.today = TODAY
    assert world.apply(policy) == []
    joined = day_to_proto(JOINED)
    members = [member_pb2.Member(member_id=name, enrolled_on=joined) for name in member_ids]
    other = member_pb2.Member(member_id="M9", enrolled_on=joined, tier_system="game")
    assert all(created for _, created in world.enrol(*members, other))
    return world


def move(world: TierWorld, level: str, member_id: str = "M1", **given: Any) -> standing_pb2.Standing:
    """MoveMember; the standing it answers."""
    request = staff_pb2.MoveMemberRequest(**_asked(given), member_id=member_id, level=level)
    answer: standing_pb2.Standing = asked(world, "MoveMember", request).standing
    return answer


def lock(world: TierWorld, member_id: str = "M1", **given: Any) -> standing_pb2.Standing:
    """LockMember; the standing it answers. Without `locked_until` the lock is lifted."""
    request = staff_pb2.LockMemberRequest(**_asked(given), member_id=member_id)
    answer: standing_pb2.Standing = asked(world, "LockMember", request).standing
    return answer


def gift(world: TierWorld, giver: str, recipient: str, **given: Any) -> standing_pb2.Standing:
    """GiftStatus; the recipient's standing as answered."""
    request = staff_pb2.GiftStatusRequest(
        **_asked(given), giver_member_id=giver, recipient_member_id=recipient
    )
    answer: standing_pb2.Standing = asked(world, "GiftStatus", request).standing
    return answer


def propose(
    world: TierWorld, member_id: str = "M1", level: str = "diamond", request_id: str = "I1", **given: Any
) -> invitation_pb2.Invitation:
    """ProposeInvitation; the invitation it answers, whose id is the request's."""
    request = invitation_pb2.ProposeInvitationRequest(
        **_asked({"request_id": request_id, **given}), member_id=member_id, level=level
    )
    answer: invitation_pb2.Invitation = asked(world, "ProposeInvitation", request).invitation
    return answer


def approve(world: TierWorld, invitation_id: str = "I1", **given: Any) -> invitation_pb2.Invitation:
    """ApproveInvitation, by a general manager unless said otherwise; the invitation it answers."""
    asking = {"request_id": f"approve-{invitation_id}", "actor": MANAGER, "note": "", **given}
    request = invitation_pb2.ApproveInvitationRequest(**_asked(asking), invitation_id=invitation_id)
    answer: invitation_pb2.Invitation = asked(world, "ApproveInvitation", request).invitation
    return answer


def accept(
    world: TierWorld, invitation_id: str = "I1", **given: Any
) -> invitation_pb2.AcceptInvitationResponse:
    """AcceptInvitation; its answer."""
    asking = _asked({"request_id": f"accept-{invitation_id}", **given})
    del asking["note"]
    request = invitation_pb2.AcceptInvitationRequest(**asking, invitation_id=invitation_id)
    answer: invitation_pb2.AcceptInvitationResponse = asked(world, "AcceptInvitation", request)
    return answer


def decline(world: TierWorld, invitation_id: str = "I1", **given: Any) -> invitation_pb2.Invitation:
    """DeclineInvitation; the invitation it answers."""
    asking = {"request_id": f"decline-{invitation_id}", "note": "", **given}
    request = invitation_pb2.DeclineInvitationRequest(**_asked(asking), invitation_id=invitation_id)
    answer: invitation_pb2.Invitation = asked(world, "DeclineInvitation", request).invitation
    return answer


def acts(world: TierWorld, member_id: str = "", **given: Any) -> list[staff_pb2.StaffAct]:
    """What staff did, newest first."""
    request = staff_pb2.ListStaffActsRequest(member_id=member_id, **given)
    return list(asked(world, "ListStaffActs", request).acts)


def refusal_of(world: TierWorld, ask: Asked) -> str:
    """The reason for which a call is refused; it has left everything as it was."""
    before = world.snapshot()
    with pytest.raises(Refused) as refused:
        ask()
    assert world.snapshot() == before
    return refused.value.reason.name


def held_for_life(world: TierWorld, member_id: str) -> None:
    """Moves the member to Diamond a year before the world's today, on which it becomes a level for life."""
    today = world.today
    world.today = today.replace(year=today.year - 1)
    assert move(world, "diamond", member_id, request_id=f"for-life-{member_id}").level == "diamond"
    world.today = today


def _asked(given: dict[str, Any]) -> dict[str, Any]:
    """What every request of staff says, unless said otherwise."""
    until = given.get("locked_until")
    days = {"locked_until": day_to_proto(until)} if isinstance(until, date) else {}
    return {"request_id": "R1", "actor": CLERK, "note": "as agreed", **given, **days}
