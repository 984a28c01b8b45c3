"""The words in which a scenario is told: who does what when, and what must hold. Nothing here knows the services."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Joins:
    """The member enrols."""

    on: date


@dataclass(frozen=True)
class Buys:
    """A purchase of services; what is left None is not looked at.

    `on` is the day of the purchase, `told_on` the day on which it is recorded, where that is later. With `again` it
    is the member's purchase of that position (from 0), sent once more.
    """

    on: date
    amount: str
    treatments: int = 0
    in_property: str = ""
    told_on: date | None = None
    again: int | None = None
    earns: int | None = None
    level: str | None = None
    why: str | None = None


@dataclass(frozen=True)
class Returns:
    """A refund of the member's purchase of a position (from 0): of all of it, or of an amount and its treatments."""

    on: date
    of: int
    amount: str | None = None
    treatments: int = 0
    takes: int | None = None
    level: str | None = None
    why: str | None = None


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


StaffAct = StaffMoves | StaffLocks | Invited | Gifts | JoinsSystem
Event = Joins | KinJoins | Buys | Returns | StaffAct | JobRun | Stands | Stood | NextReset
Moved = tuple[date, str, str]
"""A move: its day, its reason, and the level after it."""


@dataclass(frozen=True)
class Scenario:
    """One member's story in one program, and the moves that it consists of when everything due was settled."""

    title: str
    program: str
    events: tuple[Event, ...]
    moves: tuple[Moved, ...]

    def last_day(self) -> date:
        """The day of the last event."""
        return max(day_told(event) for event in self.events)

    def stays_within_tier(self) -> bool:
        """Whether it can be played in the Tier service only.

        What staff do takes effect on the day they do it, so the clock has to move with the story; and refunds that
        Points has not seen would set its ledger apart.
        """
        return any(isinstance(event, StaffAct | Returns) for event in self.events)


@dataclass(frozen=True)
class Purchase:
    """A purchase as a runner is asked to record it; one point is earned for each whole unit of the amount."""

    transaction_id: str
    member_id: str
    on: date
    amount_minor: int
    treatments: int
    in_property: str


@dataclass(frozen=True)
class Receipt:
    """What became of a purchase."""

    points: int
    level_after: str
    reason: str
    replayed: bool


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
