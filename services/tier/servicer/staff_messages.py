"""What staff ask for and did, between protobuf and data; translation only."""

import json
from datetime import UTC
from typing import Any, Protocol

from carat.tier.v1 import staff_pb2
from services.kernel.calendar import NEVER, day_date
from services.runtime.database import Fetched
from services.tier.acts import Act, ActKind
from services.tier.recording.enrolment import NO_SUCH_DAY
from services.tier.servicer.messages import day_message, day_of


class Asked(Protocol):
    """Any request of staff."""

    @property
    def request_id(self) -> str: ...

    @property
    def actor(self) -> staff_pb2.Actor: ...


def act_of(request: Asked, kind: ActKind, member_id: str, note: str, **details: Any) -> Act:
    """What a request asks to do to a member."""
    return Act(request.request_id, kind, member_id, request.actor.id, note, details)


def lock_of(request: staff_pb2.MoveMemberRequest | staff_pb2.LockMemberRequest) -> int:
    """The day on which a lock ends; NEVER without one, NO_SUCH_DAY where no calendar has it."""
    if not request.HasField("locked_until"):
        return NEVER
    day = day_of(request.locked_until)
    return NO_SUCH_DAY if day == NEVER else day


def lock_detail(until: int) -> str | None:
    """The end of a lock as the details of an act tell it; empty for a day that no calendar has."""
    if until == NEVER:
        return None
    return "" if until == NO_SUCH_DAY else day_date(until).isoformat()


def act_messages(fetched: Fetched) -> list[staff_pb2.StaffAct]:
    """Acts as messages, in the order fetched."""
    rows = zip(*(column.tolist() for column in fetched.values()), strict=True)
    return [_act(dict(zip(fetched, row, strict=True))) for row in rows]


def _act(row: dict[str, Any]) -> staff_pb2.StaffAct:
    message = staff_pb2.StaffAct(
        request_id=row["request_id"],
        kind=staff_pb2.StaffActKind.Name(row["kind"]),
        member_id=row["member_id"],
        actor_id=row["actor_id"],
        note=row["note"],
        effective_on=day_message(row["effective_on"]),
        details=json.dumps(row["details"], ensure_ascii=False),
        sequence=row["seq"],
    )
    message.recorded_at.FromDatetime(row["recorded_at"].astimezone(UTC))
    return message
