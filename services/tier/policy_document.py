"""A tier policy as plain data: the fields of carat.tier.v1 policy.proto, its enums by number."""

from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from typing import Self


class _Choice(IntEnum):
    """A choice of a policy; a number that this version does not know reads as not said."""

    @classmethod
    def _missing_(cls, value: object) -> Self:
        return cls(0)


class EnrolmentMode(_Choice):
    """How an unknown member id becomes a member."""

    UNSPECIFIED = 0
    EXPLICIT = 1
    ON_FIRST_PURCHASE = 2


class Maintenance(_Choice):
    """When a member must have kept the level."""

    UNSPECIFIED = 0
    NONE = 1
    ANNIVERSARY = 2
    RESET = 3
    CONTINUOUS = 4


class Repeats(_Choice):
    """Cadence of a reset."""

    UNSPECIFIED = 0
    MONTHLY = 1
    YEARLY = 2


class BirthdayRule(_Choice):
    """What the multiplier of the birthday month does to the level's."""

    UNSPECIFIED = 0
    REPLACE = 1
    MULTIPLY = 2


class Undoing(_Choice):
    """What becomes of a promotion or recovery that the remaining activity no longer supports."""

    UNSPECIFIED = 0
    UNDO = 1
    KEEP = 2


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Activity that suffices, any one of the kinds; 0 is not a way in."""

    spend_minor: int = 0
    visits: int = 0
    points: int = 0


@dataclass(frozen=True, slots=True)
class Touchpoint:
    """A message or call so many months after grace began."""

    month: int
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Level:
    """One rung of a ladder; `multiplier_bp` and `keep` are None where the policy leaves them out."""

    code: str
    name: str
    multiplier_bp: int | None = None
    entry: Thresholds = Thresholds()
    keep: Thresholds | None = None
    grace_months: int = 0
    fast_track: bool = False
    by_invitation: bool = False
    lifetime_years: int = 0
    touchpoints: tuple[Touchpoint, ...] = ()
    birthday_multiplier_bp: int | None = None
    package_bonus_bp: int = 0


@dataclass(frozen=True, slots=True)
class Reset:
    """The system-wide reset; `next_reset` is None where it is absent or no date of the calendar."""

    next_reset: date | None
    repeats: Repeats


@dataclass(frozen=True, slots=True)
class TierSystem:
    """A ladder of levels, lowest first."""

    external_id: str
    name: str
    maintenance: Maintenance
    levels: tuple[Level, ...]
    active: bool = False
    colour_index: int = 0
    window_months: int = 0
    reset: Reset | None = None
    inactive_months: int = 0
    birthday: BirthdayRule = BirthdayRule.REPLACE


@dataclass(frozen=True, slots=True)
class Property:
    """A digital property in which members earn; `multiplier_bp` is None where the policy leaves it out."""

    id: str
    name: str
    multiplier_bp: int | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """One system's percentage of a split."""

    tier_system: str
    percent: int


@dataclass(frozen=True, slots=True)
class Split:
    """Spreads the members who name no system over several; `salt` names the test."""

    salt: str
    shares: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class TierPolicy:
    """Everything that decides who stands where."""

    systems: tuple[TierSystem, ...]
    enrolment: EnrolmentMode
    properties: tuple[Property, ...] = ()
    default_system: str = ""
    split: Split | None = None
    undoing: Undoing = Undoing.UNDO
    invitation_days: int = 30
