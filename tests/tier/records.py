"""What staff ask about members' records: changing, merging, separating and erasing them."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from google.protobuf import field_mask_pb2

from carat.tier.v1 import member_pb2, staff_pb2, standing_pb2
from services.runtime.program_messages import day_to_proto
from tests.tier.calls import asked
from tests.tier.staff_world import CLERK
from tests.tier.world import Item, TierWorld, purchase

SPRING: Final = date(2025, 3, 1)


def update(
    world: TierWorld,
    member_id: str = "M1",
    *,
    mask: Sequence[str] = ("tier_system",),
    tier_system: str = "",
    birthday: Any = None,
    **given: Any,
) -> standing_pb2.Standing:
    """UpdateMember; the standing it answers."""
    day = day_to_proto(birthday) if isinstance(birthday, date) else birthday
    request = staff_pb2.UpdateMemberRequest(
        **_asked({"note": "", **given}),
        member=member_pb2.Member(member_id=member_id, tier_system=tier_system, birthday=day),
        update_mask=field_mask_pb2.FieldMask(paths=mask),
    )
    answer: standing_pb2.Standing = asked(world, "UpdateMember", request).standing
    return answer


def merge(
    world: TierWorld, source: str, target: str, request_id: str = "merge-1", **given: Any
) -> standing_pb2.Standing:
    """MergeMembers; the target's standing as answered."""
    request = staff_pb2.MergeMembersRequest(
        **_asked({"request_id": request_id, **given}), source_member_id=source, target_member_id=target
    )
    answer: standing_pb2.Standing = asked(world, "MergeMembers", request).standing
    return answer


def separate(
    world: TierWorld, merge_request_id: str = "merge-1", **given: Any
) -> tuple[standing_pb2.Standing, standing_pb2.Standing]:
    """UndoMerge; the standings of source and target as answered."""
    request = staff_pb2.UndoMergeRequest(
        **_asked({"request_id": f"undo-{merge_request_id}"[:64], **given}), merge_request_id=merge_request_id
    )
    answer = asked(world, "UndoMerge", request)
    return answer.source, answer.target


def erase(world: TierWorld, member_id: str = "M1", **given: Any) -> member_pb2.Member:
    """EraseMember; what is left of the record."""
    request = staff_pb2.EraseMemberRequest(**_asked({"request_id": "erase", **given}), member_id=member_id)
    answer: member_pb2.Member = asked(world, "EraseMember", request).member
    return answer


def standing_of(world: TierWorld, member_id: str) -> standing_pb2.Standing:
    """The member's standing today."""
    standing = world.standing(member_id, world.today)
    assert isinstance(standing, standing_pb2.Standing), standing
    return standing


def bought(transaction_id: str, member_id: str, on: date = SPRING, spend_minor: int = 100_000) -> Item:
    """One treatment, on a day of this spring."""
    return purchase(
        transaction_id, member_id, on, spend_minor=spend_minor, visits=1, base_points=spend_minor // 100
    )


def place(world: TierWorld, member_id: str) -> tuple[str, int, int, int]:
    """A member's level today, and what counts and ever counted there."""
    standing = standing_of(world, member_id)
    return standing.level, standing.counted.spend_minor, standing.counted.visits, standing.lifetime_treatments


def left_ladder(world: TierWorld, member_id: str) -> bool:
    """Whether a member is in no tier system today."""
    standing = standing_of(world, member_id)
    return (standing.tier_system, standing.level) == ("", "")


def _asked(given: dict[str, Any]) -> dict[str, Any]:
    return {"request_id": "R1", "actor": CLERK, "note": "as agreed", **given}
