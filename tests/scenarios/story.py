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
class ReviewRun:
    """tier-review runs as of a day."""

    on: date


@dataclass(frozen=True)
class GraceRun:
    """grace-expiration runs as of a day."""

    on: date


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


@dataclass(frozen=True)
class NextReset:
    """The Next Reset that staff see at the end of a day."""

    on: date
    shows: date


Event = Joins | Buys | ReviewRun | GraceRun | Stands | NextReset
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


def day_told(event: Event) -> date:
    """The day on which an event takes place for the services."""
    return event.told_on or event.on if isinstance(event, Buys) else event.on
