"""What staff do to members, as data: acts, and the invitations that come of some."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from services.kernel.calendar import Days
from services.tier.columns import Amounts, Ids, Texts

CARAT: Final = "carat"
"""The actor of what happens by itself."""


class ActKind(IntEnum):
    """What staff can do; numbered as carat.tier.v1.StaffActKind."""

    UNSPECIFIED = 0
    MOVED = 1
    LOCKED = 2
    INVITATION_PROPOSED = 3
    INVITATION_APPROVED = 4
    INVITATION_ACCEPTED = 5
    INVITATION_DECLINED = 6
    INVITATION_EXPIRED = 7
    STATUS_GIFTED = 8
    MEMBER_UPDATED = 9
    MERGED = 10
    MERGE_UNDONE = 11
    ERASED = 12


@dataclass(frozen=True, slots=True)
class Act:
    """One thing done to a member; `details` is what was asked beside, as JSON knows it."""

    request_id: str
    kind: ActKind
    member_id: str
    actor_id: str
    note: str
    details: Mapping[str, Any]


class Earlier(IntEnum):
    """What was done under a request id before: nothing, the same act, or another one."""

    NONE = 0
    SAME = 1
    OTHER = 2


class InvitationState(IntEnum):
    """How far an invitation has come; numbered as carat.tier.v1.InvitationState."""

    UNSPECIFIED = 0
    PROPOSED = 1
    APPROVED = 2
    ACCEPTED = 3
    DECLINED = 4
    EXPIRED = 5


OPEN: Final = (InvitationState.PROPOSED, InvitationState.APPROVED)
"""The states in which somebody's answer is waited for."""


@dataclass(frozen=True, slots=True)
class Invitations:
    """Invitations by id; `system` and `level` are the policy's numbers, `expires_on` the last day for an answer."""

    invitation_id: Texts
    seq: Amounts
    shard: NDArray[np.int16]
    member_id: Texts
    system: Ids
    level: Ids
    state: Ids
    proposed_by: Texts
    proposed_on: Days
    approved_by: Texts
    expires_on: Days

    def __len__(self) -> int:
        return len(self.invitation_id)
