"""Histories of a ledger, as Hypothesis draws them: acts in any order, ids used again, days that pass between."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from hypothesis import strategies as st

from tests.ledger.asks import (
    Adjusts,
    Ask,
    Brings,
    Buys,
    Cancels,
    Captures,
    Credits,
    Edits,
    Enrols,
    Erases,
    GivesBack,
    Pays,
    Pools,
    Refers,
    Refunds,
    Runs,
    Transfers,
)
from tests.ledger.policies import SINCE_EVER, points_revisions, tier_revisions
from tests.reference.entries import Amounts
from tests.reference.ladder import TierRevision
from tests.reference.points_policy import PointsRevision

START = date(2024, 1, 1)
SOME_TIME = datetime(1970, 1, 1, tzinfo=UTC)
"""Stands for an instant so many days ago."""


@dataclass(frozen=True)
class Step:
    """An act, so many days and minutes after the one before.

    `of_ago`: what it is about is the purchase or payment so many back. With `id_ago` it bears the id of the act so
    many back, or with `again` is that very act. `days_ago` dates it back; `twice` sends it two times at once.
    """

    days: int
    minutes: int
    act: Ask
    of_ago: int = 1
    days_ago: int = 0
    id_ago: int = 0
    again: bool = False
    twice: bool = False


@dataclass(frozen=True)
class History:
    """The policies to begin with, and what happens afterwards."""

    tier: TierRevision
    points: PointsRevision
    steps: tuple[Step, ...]


members = st.sampled_from(["M1", "M1", "M1", "M2", "M2", "M3", "M4"])
holders = st.sampled_from(["M1", "M1", "M2", "M2", "M3", "pool P1", "pool P1", "pool P2"])
pool_accounts = st.sampled_from(["pool P1", "pool P1", "pool P2"])
small_points = st.sampled_from([10, 20, 20, 30, 50, 70, 100, 200, 500, 1, 0, -10])
minor = st.sampled_from([0, 0, 0, 100, 1_050, 3_333, 10_000, 29_999])
amounts = st.builds(Amounts, st.sampled_from([0, 100, 5_000, 10_000, 10_000, 20_050]), minor, minor, minor)
parts = st.builds(
    Amounts,
    st.sampled_from([0, 0, 100, 3_333, 5_000]),
    *([st.sampled_from([0, 0, 0, 50, 1_050])] * 3),
)
few = st.sampled_from([0, 0, 1, 1, 2, 3])
purchases = st.builds(
    Buys,
    st.just(""),
    members,
    st.just(SOME_TIME),
    amounts,
    few,
    st.sampled_from(["", "", "app", "web", "kiosk"]),
)
refunds = st.builds(
    Refunds, st.just(""), st.just(""), st.just(SOME_TIME), st.just(False), parts, st.sampled_from([0, 0, 1])
) | st.just(Refunds("", "", SOME_TIME, True, Amounts(), 0))
notes = st.builds(
    Credits, st.just(""), members, st.just(SOME_TIME), parts | amounts, st.sampled_from([0, 0, 1])
)
payments = st.builds(
    Pays, st.just(""), members, st.sampled_from(["", "", "", "P1"]), small_points, st.booleans()
)
of_payments = st.one_of(
    st.builds(Captures, st.just(""), st.sampled_from([0, 0, 10, 20, 50])),
    st.builds(Cancels, st.just("")),
    st.builds(GivesBack, st.just(""), st.just(""), st.sampled_from([0, 0, 10, 20, 5, -1])),
)
words = st.sampled_from(["anna", "anna", "anna", "anna", "ben", ""])
staff = st.builds(Adjusts, st.just(""), members, small_points, words, words) | st.builds(
    Adjusts, st.just(""), members, st.sampled_from([0, 0, 0, 10, 50]), words, words, st.just(True)
)
balances = st.builds(Brings, st.just(""), members, small_points, st.none() | st.just(START))
transfers = st.one_of(
    st.builds(Transfers, st.just(""), members, holders, small_points, st.sampled_from(["", "", "", "M1"])),
    st.builds(Transfers, st.just(""), pool_accounts, holders, small_points, members),
)
pools = st.builds(
    Pools,
    st.sampled_from(["CreatePool", "AddPoolMember", "AddPoolMember", "RemovePoolMember"]),
    st.sampled_from(["P1", "P1", "P1", "P2"]),
    members,
)
referrals = st.builds(Refers, members, members)
enrolments = st.builds(Enrols, members, st.sampled_from([None, date(1990, 2, 28), date(1988, 7, 1)]))
jobs = st.builds(
    Runs,
    st.sampled_from(["points-expiration", "points-expiration", "points-expiration", "tier-review", "tenure"]),
    st.sampled_from([0, 0, 0, 1, 20]),
)
acts = st.one_of(
    purchases,
    purchases,
    purchases,
    refunds,
    refunds,
    notes,
    payments,
    payments,
    of_payments,
    of_payments,
    staff,
    balances,
    transfers,
    transfers,
    jobs,
    jobs,
    st.one_of(pools, referrals, enrolments, pools),
)
gaps = st.sampled_from([0, 0, 0, 0, 0, 0, 1, 3, 10, 20, 28, 29, 30, 31, 59, 90, 182, 365])


@st.composite
def steps(draw: st.DrawFn, since: date) -> Step:
    """One step; now and then an edit of the points policy, or a member's erasure."""
    choice = draw(st.integers(0, 29))
    if choice == 0:
        act: Ask = Edits(draw(points_revisions(since)))
    elif choice == 1:
        act = Erases(draw(st.sampled_from(["M3", "M4"])))
    else:
        act = draw(acts)
    return Step(
        0,
        draw(st.sampled_from([0, 1, 59, 60, 61])),
        act,
        of_ago=draw(st.sampled_from([1, 1, 1, 2, 3, 5])),
        days_ago=draw(st.sampled_from([0, 0, 0, 0, 0, 1, 31, 200, -1])),
        id_ago=draw(st.sampled_from([0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 4])),
        again=draw(st.booleans()),
        twice=draw(st.integers(0, 7)) == 0,
    )


@st.composite
def episodes(draw: st.DrawFn) -> list[Step]:
    """Steps that belong together, and that steps drawn one by one hardly ever make up."""
    member = draw(members)
    minutes, later = draw(st.sampled_from([0, 30, 60])), draw(st.sampled_from([0, 1, 28, 31, 365]))
    points = draw(st.sampled_from([20, 50, 100]))
    hold = Pays("", member, draw(st.sampled_from(["", "", "P1"])), points, False)
    paid = Pays("", member, draw(st.sampled_from(["", "", "P1"])), points, True)
    bought = Buys("", member, SOME_TIME, draw(amounts), draw(few), "")
    friend = draw(st.sampled_from(["M3", "M4"]))
    treated = Buys("", friend, SOME_TIME, Amounts(5_000), 1, "")
    refund = draw(refunds)
    run = Runs("points-expiration", draw(st.sampled_from([0, 0, 1])))
    chosen: list[tuple[int, int, Ask]] = draw(
        st.sampled_from(
            [
                [
                    (0, 0, hold),
                    (0, minutes, Captures("", draw(st.sampled_from([0, 10])))),
                    (later, 0, GivesBack("", "", 0)),
                ],
                [(0, 0, hold), (later, minutes, run), (0, 0, Cancels("")), (later, 0, run)],
                [
                    (0, 0, paid),
                    (later, 0, GivesBack("", "", 10)),
                    (0, 0, GivesBack("", "", 0)),
                    (later, 0, run),
                ],
                [(0, 0, bought), (later, 0, refund), (0, 1, refund)],
                [(0, 0, bought), (later, 0, paid), (0, 0, Refunds("", "", SOME_TIME, True, Amounts(), 0))],
                [(0, 0, Refers(friend, member)), (0, 0, treated), (later, 0, refund), (0, 0, treated)],
                [(later, 0, run), (0, 0, Adjusts("", member, 0, "anna", "sorry", True)), (later, 0, run)],
                [
                    (0, 0, Transfers("", member, "pool P1", points, "")),
                    (later, 0, Transfers("", "pool P1", "M2", 10, member)),
                ],
                [(365, 0, Runs("tier-review", 0)), (0, 0, bought)],
            ]
        )
    )
    return [Step(days, minutes, act) for days, minutes, act in chosen]


@st.composite
def histories(draw: st.DrawFn, most_steps: int = 24) -> History:
    """A history over some years, of members who have points to begin with, and of others who have none."""
    told: list[Step] = []
    for member in ("M1", "M2"):
        told.append(Step(0, 0, Enrols(member, draw(st.sampled_from([None, date(1990, 2, 28)])))))
        told.append(Step(0, 0, Brings("", member, draw(st.sampled_from([60, 500])), None)))
    if draw(st.booleans()):
        told += [Step(0, 0, Pools("CreatePool", "P1", "M1")), Step(0, 0, Pools("AddPoolMember", "P1", "M2"))]
    for _ in range(draw(st.sampled_from([4, 10, most_steps]))):
        if draw(st.integers(0, 3)) == 0:
            first, *others = draw(episodes())
            told += [replace(first, days=draw(gaps)), *others]
        else:
            told.append(replace(draw(steps(START)), days=draw(gaps)))
    return History(draw(tier_revisions()), draw(points_revisions(SINCE_EVER)), tuple(told))
