"""Histories of a program, as Hypothesis draws them: all sorts of steps, on days some time apart."""

from datetime import date, timedelta

from hypothesis import strategies as st

from tests.invariants.episodes import episodes, members
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
from tests.invariants.steps import (
    MEMBERS,
    START,
    Batch,
    Born,
    Bought,
    Cancelled,
    Edited,
    Erased,
    Gifted,
    History,
    Invited,
    Joined,
    Locked,
    Moved,
    Ran,
    Refunded,
    Relabelled,
    Repriced,
    Step,
)

days_ago = st.sampled_from([0, 0, 0, 0, 0, 0, 1, 3, 30, 31, 400])
birthdays = st.sampled_from([None, None, date(1990, 2, 28), date(1988, 2, 29), date(1962, 12, 31)])
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
    package_micropoints=st.sampled_from([0, 0, 0, 300_000, 400_000, 1_000_001]),
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
    package_micropoints=st.sampled_from([0, 0, 0, -1, 1]),
)
batches = st.builds(Batch, st.lists(purchases, min_size=1, max_size=6).map(tuple))
odd_batches = st.builds(Batch, st.lists(purchases | odd_purchases, min_size=1, max_size=5).map(tuple))
enrolments = st.builds(
    Joined,
    member_id=members,
    days_ago=days_ago,
    tier_system=st.sampled_from(["", SPA, GAME, CLUB, GYM, "beta"]),
    birthday=birthdays,
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
    package_micropoints=st.sampled_from([0, 0, 0, 1, 100_000, 300_000, -1]),
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
    st.builds(Born, members, birthdays),
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
    named = st.sampled_from(["", *MAINTENANCE])
    joined = (Joined(member, 0, draw(named), draw(birthdays)) for member in MEMBERS[:2])
    steps: list[tuple[date, Step]] = [(START, each) for each in joined]
    number_of_steps = draw(st.sampled_from([8, 14, most_steps]))
    while len(steps) < number_of_steps:
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
        elif choice == 4:
            for gap, step in draw(episodes):
                today += timedelta(days=gap)
                steps.append((today, step))
        else:
            steps.append((today, draw(uncommon if choice < 10 else ordinary)))
    return History(first, tuple(steps))
