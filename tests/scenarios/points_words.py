"""The words about points in which a scenario is told. Nothing here knows the services.

`who` is another person of the story, "" the member whom it is about; `refused` is the reason where an act is refused.
What is left None is not looked at.
"""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Refers:
    """The member brings a friend, before anything is bought that day."""

    on: date
    friend: str
    refused: str = ""


@dataclass(frozen=True)
class Quotes:
    """The till asks what a purchase of services would earn, before anything is bought that day."""

    on: date
    amount: str
    treatments: int = 0
    earns: int | None = None
    level: str | None = None
    why: str | None = None


@dataclass(frozen=True)
class BringsAlong:
    """Points that the member brings along from another system, perhaps earned on an earlier day."""

    on: date
    points: int
    earned_on: date | None = None


@dataclass(frozen=True)
class Redeems:
    """Points pay for something, the member's own or those of the household."""

    on: date
    points: int
    worth: str = ""
    of_household: bool = False
    who: str = ""
    refused: str = ""


@dataclass(frozen=True)
class Holds:
    """Points are held for a payment."""

    on: date
    points: int
    refused: str = ""


@dataclass(frozen=True)
class Captures:
    """What the payment of a position (from 0) holds is taken, or fewer points of it."""

    on: date
    of: int
    points: int = 0
    worth: str = ""
    refused: str = ""


@dataclass(frozen=True)
class Cancels:
    """What the payment of a position holds is given up."""

    on: date
    of: int


@dataclass(frozen=True)
class PaysBack:
    """Points of the payment of a position are given back, all or some."""

    on: date
    of: int
    points: int = 0
    refused: str = ""


@dataclass(frozen=True)
class Credits:
    """A credit note for services that names no purchase; `takes` are purchases (from 0) and points taken of each."""

    on: date
    amount: str
    treatments: int = 0
    takes: tuple[tuple[int, int], ...] = ()
    refused: str = ""


@dataclass(frozen=True)
class Adjusts:
    """Staff add or take points."""

    on: date
    points: int
    by: str = "anna"
    note: str = "spilt oil"
    refused: str = ""


@dataclass(frozen=True)
class Reinstates:
    """Staff give expired points back: so many, or all that expired in time."""

    on: date
    points: int = 0
    gives: int | None = None
    refused: str = ""


@dataclass(frozen=True)
class Awarded:
    """The member is awarded points for an occasion."""

    on: date
    points: int
    code: str


@dataclass(frozen=True)
class Transfers:
    """The member gives points to another person of the story."""

    on: date
    points: int
    to: str
    refused: str = ""


@dataclass(frozen=True)
class JoinsHousehold:
    """Somebody joins the household's pool; the first to do so founds it."""

    on: date
    who: str = ""


@dataclass(frozen=True)
class LeavesHousehold:
    """Somebody leaves the household's pool and takes along what is in it, if nobody stays."""

    on: date
    who: str = ""
    takes_along: int = 0


@dataclass(frozen=True)
class PutsIn:
    """Somebody puts points into the household's pool."""

    on: date
    points: int
    who: str = ""


@dataclass(frozen=True)
class TakesOut:
    """Somebody takes points out of the household's pool."""

    on: date
    points: int
    who: str = ""
    refused: str = ""


@dataclass(frozen=True)
class TakesIn:
    """Staff merge another record of the same person into the member's."""

    on: date
    record: str


@dataclass(frozen=True)
class LetsGo:
    """Staff undo the merge of the day before."""

    on: date


@dataclass(frozen=True)
class HasPoints:
    """What the balance shows at the end of a day. `next_expiry` is a day and its points, (None, 0) for none."""

    on: date
    balance: int | None
    available: int | None = None
    held: int | None = None
    maturing: int | None = None
    next_expiry: tuple[date | None, int] | None = None
    worth: str | None = None
    who: str = ""


@dataclass(frozen=True)
class HouseholdHas:
    """The points in the household's pool at the end of a day."""

    on: date
    balance: int


@dataclass(frozen=True)
class LedgerShows:
    """The kind and the points of each entry of the ledger, oldest first, at the end of a day."""

    on: date
    entries: tuple[tuple[str, int], ...]
    who: str = ""


BeforeBuying = Refers | Quotes | BringsAlong
Paying = Redeems | Holds | Captures | Cancels | PaysBack
OfStaff = Credits | Adjusts | Reinstates | Awarded
Sharing = Transfers | JoinsHousehold | LeavesHousehold | PutsIn | TakesOut
Merging = TakesIn | LetsGo
PointsAct = Paying | OfStaff | Sharing | Merging
PointsLook = HasPoints | HouseholdHas | LedgerShows
