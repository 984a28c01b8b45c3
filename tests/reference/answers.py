"""What the reference answers: the fields of the protos, as dicts."""

from datetime import date
from typing import TypedDict

from tests.reference.ladder import Activity


class ActivityAnswer(TypedDict):
    """What became of one activity; `move_reason` is that of the last move it caused, or empty."""

    points: int
    level_multiplier_bp: int
    birthday_multiplier_bp: int
    property_multiplier_bp: int
    package_bonus_bp: int
    tier_system: str
    level: str
    treatment_ordinal: int
    revision: int
    move_reason: str
    level_after: str
    replayed: bool


class ReversalAnswer(TypedDict):
    """What a reversal took back; `move_reason` is that of the last move it caused, or empty."""

    points: int
    spend_minor: int
    visits: int
    move_reason: str
    level_after: str
    replayed: bool


class StandingAnswer(TypedDict):
    """Where a member stands on `as_of`; `rank` 0 and empty names where the member is in no system."""

    as_of: date
    tier_system: str
    level: str
    rank: int
    level_since: date
    multiplier_bp: int
    counted: Activity
    counted_from: date | None
    next_review: date | None
    grace_from: date | None
    grace_until: date | None
    lifetime_treatments: int
    lifetime_since: date | None
    inactive_since: date | None
    locked_until: date | None
