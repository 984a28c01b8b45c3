"""What tills and staff ask of the Tier service in a scenario, and what they are answered."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from carat.tier.v1 import (
    invitation_pb2,
    member_pb2,
    move_pb2,
    property_pb2,
    reversal_pb2,
    staff_pb2,
    tier_service_pb2,
)
from services.runtime.program_messages import day_to_proto
from services.runtime.refusal import Refused
from tests.scenarios.story import (
    Gifts,
    Invited,
    JoinsSystem,
    Purchase,
    Receipt,
    Returns,
    SetsProperty,
    StaffAct,
    StaffLocks,
    StaffMoves,
)

Ask = Callable[[str, Any], Any]

MANAGER: Final = "general-manager"
_MICROPOINTS_PER_MINOR: Final = 10_000
_CLERK: Final = staff_pb2.Actor(id="clerk")
_NOTE: Final = "as the story goes"


def returned(ask: Ask, reversal_id: str, purchase: Purchase, returns: Returns) -> Receipt:
    """A refund of a purchase or of a part of it; the receipt tells the points taken back."""
    minor = 0 if returns.amount is None else int(Decimal(returns.amount) * 100)
    item = reversal_pb2.ReversalItem(
        reversal_id=reversal_id,
        transaction_id=purchase.transaction_id,
        occurred_on=day_to_proto(returns.on),
        everything=returns.amount is None,
        base_micropoints=minor * _MICROPOINTS_PER_MINOR,
        qualifying_spend_minor=minor,
        visits=returns.treatments,
    )
    answer = ask("ReverseActivities", reversal_pb2.ReverseActivitiesRequest(reversals=[item]))
    [result] = answer.results
    assert result.reason == 0, result
    why = (
        move_pb2.MoveReason.Name(result.move_reason).removeprefix("MOVE_REASON_")
        if result.move_reason
        else ""
    )
    return Receipt(result.points, result.level_after, why, result.replayed)


def person(member_id: str, who: str) -> str:
    """Another person of a member's story; the member, where nobody is named."""
    return f"{member_id}-{who}" if who else member_id


def kin_of(member_id: str) -> str:
    """The family member of a member."""
    return person(member_id, "kin")


def newcomer(member_id: str, on: date, birthday: date | None = None) -> member_pb2.Member:
    """Who enrols on a day."""
    born = None if birthday is None else day_to_proto(birthday)
    return member_pb2.Member(member_id=member_id, enrolled_on=day_to_proto(on), birthday=born)


def kin_joins(ask: Ask, member_id: str, on: date) -> None:
    """The family member enrols."""
    request = tier_service_pb2.EnrollMemberRequest(member=newcomer(kin_of(member_id), on))
    ask("EnrollMember", request)


@dataclass
class Staff:
    """Staff who do to one member what a story says; every act has a request id of its own."""

    ask: Ask
    member_id: str
    acts: int = 0
    invitation_id: str = ""

    def act(self, event: StaffAct) -> None:
        """Does what the event says, and insists on the refusal that it expects."""
        self.acts += 1
        request_id = f"{self.member_id}-act-{self.acts}"
        if not event.refused:
            self._do(event, request_id)
            return
        with pytest.raises(Refused) as refusal:
            self._do(event, request_id)
        assert refusal.value.reason.name == event.refused, event

    def _do(self, event: StaffAct, request_id: str) -> None:
        match event:
            case StaffMoves():
                self._staff("MoveMember", request_id, level=event.to, locked_until=_day(event.locked_until))
            case StaffLocks():
                self._staff("LockMember", request_id, locked_until=_day(event.until))
            case JoinsSystem():
                member = member_pb2.Member(member_id=self.member_id, tier_system=event.system)
                mask = FieldMask(paths=["tier_system"])
                request = staff_pb2.UpdateMemberRequest(
                    request_id=request_id, member=member, update_mask=mask, actor=_CLERK, note=_NOTE
                )
                self.ask("UpdateMember", request)
            case SetsProperty():
                multiplier_bp = int(Decimal(event.multiplier) * 10_000)
                self.ask(
                    "UpdateProperty",
                    property_pb2.UpdatePropertyRequest(
                        property_id=event.property_id, multiplier_bp=multiplier_bp
                    ),
                )
            case Gifts():
                self._gift(event, request_id)
            case Invited():
                self._invite(event, request_id)

    def _staff(self, rpc: str, request_id: str, **asked: Any) -> None:
        request = getattr(staff_pb2, f"{rpc}Request")(
            request_id=request_id, member_id=self.member_id, actor=_CLERK, note=_NOTE, **asked
        )
        self.ask(rpc, request)

    def _gift(self, event: Gifts, request_id: str) -> None:
        request = staff_pb2.GiftStatusRequest(
            request_id=request_id,
            giver_member_id=self.member_id,
            recipient_member_id=kin_of(self.member_id),
            actor=_CLERK,
            note="sister",
        )
        assert self.ask("GiftStatus", request).standing.level == event.kin_level, event

    def _invite(self, event: Invited, request_id: str) -> None:
        actor = staff_pb2.Actor(id=event.by, roles=event.roles)
        if event.step == "propose":
            self.invitation_id = request_id
            proposal = invitation_pb2.ProposeInvitationRequest(
                request_id=request_id, member_id=self.member_id, level=event.to, actor=actor, note=_NOTE
            )
            self.ask("ProposeInvitation", proposal)
            return
        rpc = f"{event.step.title()}Invitation"
        request = getattr(invitation_pb2, f"{rpc}Request")(
            request_id=request_id, invitation_id=self.invitation_id, actor=actor
        )
        self.ask(rpc, request)


def _day(day: date | None) -> Any:
    return None if day is None else day_to_proto(day)
