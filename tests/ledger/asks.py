"""What can be asked of the ledger, as data: each act with the id that its caller gave it."""

from dataclasses import dataclass
from datetime import date, datetime

from tests.reference.entries import Amounts
from tests.reference.points_policy import PointsRevision


@dataclass(frozen=True)
class Buys:
    """A purchase, quoted first."""

    act_id: str
    member_id: str
    occurred_at: datetime
    amounts: Amounts
    treatments: int
    property_id: str


@dataclass(frozen=True)
class Refunds:
    """A refund of a purchase: of everything, or of parts."""

    act_id: str
    of: str
    occurred_at: datetime
    everything: bool
    amounts: Amounts
    treatments: int


@dataclass(frozen=True)
class Credits:
    """A credit note that names no purchase."""

    act_id: str
    of: str
    occurred_at: datetime
    amounts: Amounts
    treatments: int


@dataclass(frozen=True)
class Pays:
    """A payment by points, taken at once or held."""

    act_id: str
    member_id: str
    pool_id: str
    points: int
    at_once: bool


@dataclass(frozen=True)
class Captures:
    """A hold is captured; 0 points: all of it."""

    act_id: str
    points: int


@dataclass(frozen=True)
class Cancels:
    """A hold is given up."""

    act_id: str


@dataclass(frozen=True)
class GivesBack:
    """Points of a payment are given back; 0 points: all that are left."""

    act_id: str
    of: str
    points: int


@dataclass(frozen=True)
class Adjusts:
    """Staff add or take points, or give back expired ones."""

    act_id: str
    member_id: str
    points: int
    actor_id: str
    note: str
    reinstates: bool = False


@dataclass(frozen=True)
class Brings:
    """An opening balance."""

    act_id: str
    member_id: str
    points: int
    earned_on: date | None


@dataclass(frozen=True)
class Transfers:
    """Points are given on; accounts of pools bear the prefix."""

    act_id: str
    giver: str
    taker: str
    points: int
    on_behalf_of: str


@dataclass(frozen=True)
class Pools:
    """A pool is founded, joined or left, by the name of the call."""

    call: str
    pool_id: str
    member_id: str


@dataclass(frozen=True)
class Refers:
    """Somebody brought a friend."""

    friend_id: str
    referrer_id: str


@dataclass(frozen=True)
class Enrols:
    """A member enrols in Tier."""

    member_id: str
    birthday: date | None


@dataclass(frozen=True)
class Erases:
    """A member's data is erased in Tier."""

    member_id: str


@dataclass(frozen=True)
class Runs:
    """A job is run as of a day so many days ago."""

    job: str
    days_ago: int


@dataclass(frozen=True)
class Edits:
    """A revision of the points policy is applied."""

    revision: PointsRevision


WithId = Buys | Refunds | Credits | Pays | Captures | Cancels | GivesBack | Adjusts | Brings | Transfers
Ask = WithId | Pools | Refers | Enrols | Erases | Runs | Edits
