"""What other services' feeds tell, as far as it concerns the ledger; days are numbers."""

from dataclasses import dataclass
from enum import IntEnum


class MoveReason(IntEnum):
    """Why a standing changed, where the ledger has to do something; numbered as carat.tier.v1.MoveReason."""

    OTHER = 0
    RENEWED = 4
    MERGED_AWAY = 23
    MERGE_UNDONE = 25
    ERASED = 26

    @classmethod
    def _missing_(cls, value: object) -> "MoveReason":
        return cls.OTHER


@dataclass(frozen=True, slots=True)
class FollowedMove:
    """A move of Tier's feed; `sequence` rises with every move of one member, '' is no system and no level.

    `other_member_id` is the other record of a merge.
    """

    member_id: str
    reason: MoveReason
    effective_on: int
    from_system: str
    from_level: str
    to_system: str
    to_level: str
    sequence: int
    other_member_id: str


@dataclass(frozen=True, slots=True)
class Award:
    """An award of Benefits' feed; `actor_id` is '' for what no person granted."""

    award_id: str
    member_id: str
    code: str
    points: int
    awarded_on: int
    actor_id: str
    note: str
