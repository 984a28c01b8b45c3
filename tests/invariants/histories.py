"""Histories of a program as data: who joins, buys, is reviewed, what is edited; days as distances from today."""

from dataclasses import dataclass
from datetime import date, timedelta

from hypothesis import strategies as st

from tests.invariants.policies import (
    CLUB,
    CODES,
    GAME,
    GYM,
    MAINTENANCE,
    SPA,
    first_revisions,
    multipliers,
    next_revisions,
)
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


Acted = Moved | Locked | Invited | Gifted | Relabelled | Erased
Step = Batch | Joined | Ran | Refunded | Acted | Edited | Cancelled | Repriced


@dataclass(frozen=True)
class History:
    """A first policy and what happens afterwards, each on its day of recording."""

    first: TierRevision
    steps: tuple[tuple[date, Step], ...]


days_ago = st.sampled_from([0, 0, 0, 0, 0, 0, 1, 3, 30, 31, 400])
members = st.sampled_from(["M1", "M1", "M1", "M2", "M2", "M3"])
gaps = st.sampled_from([0, 1, 7, 15, 28, 29, 30, 31, 59, 90, 182, 365, 366])

purchases = st.builds(
    Bought,
    member_id=members,
    days_ago=days_ago,
    spend_minor=st.integers(0, 4),
    visits=st.integers(0, 2),
    base_micropoints=st.sampled_from([0, 400_000, 1_000_000, 1_000_001, 2_500_000, 7_000_000]),
    property_id=st.sampled_from(["", "", "", "app", "web", "kiosk"]),
    again=st.sampled_from([0, 0, 0, 0, 0, 1, 2, 5]),
    same_data=st.booleans(),
)
odd_purchases = st.builds(
    Bought,
    member_id=st.sampled_from(["M1", "M2", "M6", "", "M 1", "M" * 65]),
    days_ago=st.sampled_from([0, -1, 5_000]),
    spend_minor=st.sampled_from([1, -1, 10**12, 10**12 + 1]),
    visits=st.sampled_from([0, 0, -1]),
    base_micropoints=st.sampled_from([0, -1, 10**18 + 1]),
    property_id=st.sampled_from(["", "till"]),
    again=st.sampled_from([0, 1]),
    same_data=st.booleans(),
)
batches = st.builds(Batch, st.lists(purchases, min_size=1, max_size=6).map(tuple))
odd_batches = st.builds(Batch, st.lists(purchases | odd_purchases, min_size=1, max_size=5).map(tuple))
enrolments = st.builds(
    Joined,
    member_id=members,
    days_ago=days_ago,
    tier_system=st.sampled_from(["", SPA, GAME, CLUB, GYM, "beta"]),
    birthday=st.sampled_from([None, None, date(1990, 2, 28)]),
)
JOBS = (
    "tier-review",
    "grace-expiration",
    "grace-touchpoints",
    "window-roll",
    "tenure",
    "inactivity",
    "tier-evaluation",
    "tier-assignment",
)
runs = st.builds(Ran, st.sampled_from(JOBS), st.sampled_from([0, 0, 0, 1, 20]))
refunds = st.builds(
    Refunded,
    purchases_ago=st.sampled_from([1, 1, 1, 2, 2, 3, 4, 5, 9]),
    days_ago=st.sampled_from([0, 0, 0, 0, 1, 31]),
    everything=st.booleans(),
    base_micropoints=st.sampled_from([0, 1, 100_000, 300_000, 400_000]),
    spend_minor=st.sampled_from([0, 0, 1, 1, 2, -1]),
    visits=st.sampled_from([0, 0, 1]),
    again=st.sampled_from([False, False, False, True]),
)
levels = st.sampled_from([*CODES, "new"])
lock_days = st.sampled_from([0, 0, 31, 200, 400, 500])
acts = st.one_of(
    st.builds(Moved, members, levels, lock_days),
    st.builds(Locked, members, lock_days),
    st.builds(Locked, members, lock_days),
    st.builds(Invited, members, levels),
    st.builds(Gifted, members, members),
    st.builds(Relabelled, members, st.sampled_from(["", SPA, GAME, CLUB, GYM, "beta"])),
    st.builds(Erased, st.sampled_from(["M2", "M3", "M4"])),
)
ordinary = st.one_of(batches, batches, batches, runs, runs, refunds)
uncommon = st.one_of(odd_batches, enrolments, acts, acts, acts, acts, acts)
edits_of_properties = st.builds(Repriced, st.sampled_from(["app", "web", "kiosk"]), multipliers)


@st.composite
def histories(draw: st.DrawFn, most_steps: int = 20, most_edits: int = 3) -> History:
    """A history over some years: batches above all, jobs, acts of staff, and now and then an edited policy."""
    first = draw(first_revisions())
    today, edits = START, 0
    lasting, free_from = first, START
    former, pending_since = (lasting, free_from), START
    joined = (Joined(member, 0, draw(st.sampled_from(["", *MAINTENANCE])), None) for member in MEMBERS[:2])
    steps: list[tuple[date, Step]] = [(START, each) for each in joined]
    for _ in range(draw(st.sampled_from([8, 14, most_steps]))):
        today += timedelta(days=draw(gaps))
        choice = draw(st.integers(0, 19))
        if edits < most_edits and choice in (0, 1):
            since = max(free_from, today) + timedelta(days=draw(st.sampled_from([0, 1, 30, 200])))
            revision = draw(next_revisions(lasting, since))
            former, pending_since = (lasting, free_from), since
            lasting = lasting if revision.effective_until else revision
            free_from, edits = revision.effective_until or since, edits + 1
            steps.append((today, Edited(revision)))
        elif choice == 2 and pending_since > today:
            (lasting, free_from), pending_since = former, START
            steps.append((today, Cancelled()))
        elif choice == 3:
            steps.append((today, draw(edits_of_properties)))
        else:
            steps.append((today, draw(uncommon if choice < 9 else ordinary)))
    return History(first, tuple(steps))
