"""What can happen in a history, as data: who joins, buys, is reviewed, what is edited; days as distances."""

from dataclasses import dataclass
from datetime import date

from tests.reference.ladder import TierRevision

START = date(2024, 1, 1)
MEMBERS = ("M1", "M2", "M3")


@dataclass(frozen=True)
class Bought:
    """One purchase; with `again` it bears the id of an earlier one, so many back, and perhaps its data too."""

    member_id: str
    days_ago: int
    spend_minor: int
    visits: int
    base_micropoints: int
    property_id: str
    again: int = 0
    same_data: bool = True
    package_micropoints: int = 0


@dataclass(frozen=True)
class Batch:
    """Purchases recorded in one call."""

    purchases: tuple[Bought, ...]


@dataclass(frozen=True)
class Joined:
    """One enrolment."""

    member_id: str
    days_ago: int
    tier_system: str
    birthday: date | None


@dataclass(frozen=True)
class Ran:
    """A run of a job."""

    job: str
    days_ago: int


@dataclass(frozen=True)
class Refunded:
    """A refund of the purchase so many back, of all that is left of it or of parts."""

    purchases_ago: int
    days_ago: int
    everything: bool
    base_micropoints: int
    spend_minor: int
    visits: int
    again: bool
    package_micropoints: int = 0


@dataclass(frozen=True)
class Moved:
    """Staff move a member to the level of a code, locked for so many days (0: not)."""

    member_id: str
    level: str
    locked_days: int


@dataclass(frozen=True)
class Locked:
    """Staff lock a member's level for so many days; 0: they lift the lock."""

    member_id: str
    days: int


@dataclass(frozen=True)
class Invited:
    """A member is invited to the level of a code, a general manager approves and the member accepts."""

    member_id: str
    level: str


@dataclass(frozen=True)
class Gifted:
    """A member gives the level to another."""

    member_id: str
    recipient_id: str


@dataclass(frozen=True)
class Relabelled:
    """The attribute of a member's record becomes another."""

    member_id: str
    tier_system: str


@dataclass(frozen=True)
class Born:
    """A member tells another birthday, or none any more."""

    member_id: str
    birthday: date | None


@dataclass(frozen=True)
class Erased:
    """A member's personal data is erased."""

    member_id: str


@dataclass(frozen=True)
class Edited:
    """A revision of the policy is applied."""

    revision: TierRevision


@dataclass(frozen=True)
class Cancelled:
    """The latest revision, which has not started, is cancelled."""


@dataclass(frozen=True)
class Repriced:
    """The multiplier of a property is edited."""

    property_id: str
    multiplier_bp: int


Acted = Moved | Locked | Invited | Gifted | Relabelled | Born | Erased
Step = Batch | Joined | Ran | Refunded | Acted | Edited | Cancelled | Repriced


Episode = tuple[tuple[int, Step], ...]
"""Steps that belong together, each with the days since the one before."""


@dataclass(frozen=True)
class History:
    """A first policy and what happens afterwards, each on its day of recording."""

    first: TierRevision
    steps: tuple[tuple[date, Step], ...]
