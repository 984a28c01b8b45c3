"""The words in which a scenario is told: who does what when, and what must hold. Nothing here knows the services."""

from dataclasses import dataclass
from datetime import date

from tests.scenarios.points_words import BeforeBuying, Merging, PointsAct, PointsLook


@dataclass(frozen=True)
class Joins:
    """The member enrols, or another person of the story."""

    on: date
    birthday: date | None = None
    who: str = ""


@dataclass(frozen=True)
class Buys:
    """A purchase of services, and of what is named beside them; what is left None is not looked at.

    `on` is the day of the purchase, `told_on` the day on which it is recorded, where that is later. With `again` it
    is the story's purchase of that position (from 0), sent once more. `bonus` is what of its points its treatments
    gave, `friend_bonus` what whoever brought `who` is given.
    """

    on: date
    amount: str = "0"
    treatments: int = 0
    in_property: str = ""
    told_on: date | None = None
    again: int | None = None
    earns: int | None = None
    level: str | None = None
    why: str | None = None
    addons: str = "0"
    products: str = "0"
    packages: str = "0"
    bonus: int | None = None
    friend_bonus: int | None = None
    who: str = ""


@dataclass(frozen=True)
class Returns:
    """A refund of the story's purchase of a position (from 0): of all of it, or of services and treatments."""

    on: date
    of: int
    amount: str | None = None
    treatments: int = 0
    takes: int | None = None
    level: str | None = None
    why: str | None = None
    friend_bonus: int | None = None
    refused: str = ""


@dataclass(frozen=True)
class JobRun:
    """A job runs as of a day."""

    on: date
    job: str


@dataclass(frozen=True)
class ReviewRun(JobRun):
    """tier-review runs as of a day."""

    job: str = "tier-review"


@dataclass(frozen=True)
class GraceRun(JobRun):
    """grace-expiration runs as of a day."""

    job: str = "grace-expiration"


@dataclass(frozen=True)
class PointsExpire(JobRun):
    """points-expiration runs as of a day."""

    job: str = "points-expiration"


@dataclass(frozen=True)
class StaffMoves:
    """Staff move the member to a level, perhaps locked until a day; `refused` for a reason, or done."""

    on: date
    to: str
    locked_until: date | None = None
    refused: str = ""


@dataclass(frozen=True)
class StaffLocks:
    """Staff lock the member's level until a day (None: lift the lock)."""

    on: date
    until: date | None
    refused: str = ""


@dataclass(frozen=True)
class Invited:
    """The member's invitation to a level takes a step: proposed, approved, accepted or declined, by somebody."""

    on: date
    step: str
    by: str
    to: str = ""
    roles: tuple[str, ...] = ()
    refused: str = ""


@dataclass(frozen=True)
class KinJoins:
    """A family member of the member enrols."""

    on: date


@dataclass(frozen=True)
class Gifts:
    """The member gives the level to the family member, who then holds `kin_level`."""

    on: date
    kin_level: str = ""
    refused: str = ""


@dataclass(frozen=True)
class JoinsSystem:
    """The member's attribute names another tier system from now on."""

    on: date
    system: str
    refused: str = ""


@dataclass(frozen=True)
class SetsProperty:
    """Staff set the multiplier of a digital property."""

    on: date
    property_id: str
    multiplier: str
    refused: str = ""


@dataclass(frozen=True)
class Stands:
    """What the member's record shows at the end of a day; what is left None is not looked at."""

    on: date
    level: str
    since: date | None = None
    in_grace_until: date | None = None
    next_review: date | None = None
    spend: str | None = None
    treatments: int | None = None
    points: int | None = None
    for_life_since: date | None = None
    inactive_since: date | None = None
    locked_until: date | None = None
    system: str | None = None


@dataclass(frozen=True)
class Stood:
    """What the member's record shows of an earlier day, asked at the end of a day."""

    on: date
    day: date
    level: str
    in_grace_until: date | None = None


@dataclass(frozen=True)
class NextReset:
    """The Next Reset that staff see at the end of a day."""

    on: date
    shows: date


StaffAct = StaffMoves | StaffLocks | Invited | Gifts | JoinsSystem | SetsProperty
Act = Returns | StaffAct | PointsAct
Look = Stands | Stood | NextReset | PointsLook
Event = Joins | KinJoins | BeforeBuying | Buys | Act | JobRun | Look
Moved = tuple[date, str, str]
"""A move: its day, its reason, and the level after it."""


@dataclass(frozen=True)
class Scenario:
    """One member's story in one program, and the moves that it consists of.

    Of a story about tiers, everything due has been settled then.
    """

    title: str
    program: str
    events: tuple[Event, ...]
    moves: tuple[Moved, ...]

    def last_day(self) -> date:
        """The day of the last event."""
        return max(day_told(event) for event in self.events)

    def is_about_points(self) -> bool:
        """Whether it is told in the words about points; then it says itself which jobs run."""
        return any(isinstance(event, BeforeBuying | PointsAct | PointsLook) for event in self.events)

    def needs_a_moving_clock(self) -> bool:
        """Whether it can be played only by a clock that moves with it: what staff do takes effect that day."""
        return any(isinstance(event, StaffAct | Merging) for event in self.events)


@dataclass(frozen=True)
class Purchase:
    """A purchase as a runner is asked to record it."""

    transaction_id: str
    member_id: str
    on: date
    service_minor: int
    treatments: int
    in_property: str
    addon_minor: int = 0
    product_minor: int = 0
    package_minor: int = 0


@dataclass(frozen=True)
class Receipt:
    """What became of a purchase, or of a refund; bonuses are told by Points only."""

    points: int
    level_after: str
    reason: str
    replayed: bool
    bonus: int = 0
    friend_bonus: int = 0


@dataclass(frozen=True)
class Record:
    """What a member's record shows."""

    level: str
    since: date
    in_grace_until: date | None
    next_review: date | None
    spend_minor: int
    treatments: int
    points: int
    for_life_since: date | None
    inactive_since: date | None
    locked_until: date | None
    system: str


def day_told(event: Event) -> date:
    """The day on which an event takes place for the services."""
    return event.told_on or event.on if isinstance(event, Buys) else event.on
