"""Histories of a program as data: who joins, buys, is reviewed, what is edited; days as distances from today."""

from dataclasses import dataclass
from datetime import date, timedelta

from hypothesis import strategies as st

from tests.invariants.policies import CLUB, GAME, SPA, first_revisions, next_revisions
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
class Reviewed:
    """A run of tier-review."""

    days_ago: int


@dataclass(frozen=True)
class GraceEnded:
    """A run of grace-expiration."""

    days_ago: int


@dataclass(frozen=True)
class Edited:
    """A revision of the policy is applied."""

    revision: TierRevision


Step = Batch | Joined | Reviewed | GraceEnded | Edited


@dataclass(frozen=True)
class History:
    """A first policy and what happens afterwards, each on its day of recording."""

    first: TierRevision
    steps: tuple[tuple[date, Step], ...]


days_ago = st.sampled_from([0, 0, 0, 0, 0, 0, 1, 3, 30, 31, 400])
members = st.sampled_from([*MEMBERS, *MEMBERS, *MEMBERS, "M4"])
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
    tier_system=st.sampled_from(["", SPA, GAME, CLUB, "beta"]),
    birthday=st.sampled_from([None, None, date(1990, 2, 28)]),
)
events = st.one_of(
    batches,
    batches,
    batches,
    odd_batches,
    batches,
    enrolments,
    st.builds(Reviewed, st.sampled_from([0, 0, 0, 1, 20])),
    st.builds(GraceEnded, st.sampled_from([0, 0, 0, 1, 20])),
)


@st.composite
def histories(draw: st.DrawFn, most_steps: int = 20, most_edits: int = 2) -> History:
    """A history over some years: batches above all, jobs, and now and then an edited policy."""
    first = draw(first_revisions())
    newest, today, edits = first, START, 0
    steps: list[tuple[date, Step]] = []
    for _ in range(draw(st.integers(6, most_steps))):
        today += timedelta(days=draw(gaps))
        if edits < most_edits and draw(st.integers(0, 9)) == 0:
            since = max(newest.effective_from, today) + timedelta(days=draw(st.sampled_from([0, 1, 30, 200])))
            newest, edits = draw(next_revisions(newest, since)), edits + 1
            steps.append((today, Edited(newest)))
        else:
            steps.append((today, draw(events)))
    return History(first, tuple(steps))
