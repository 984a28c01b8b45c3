"""Members by level on a day: a snapshot taken late counts what one taken in time counts, member for member."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa

from carat.tier.v1 import member_pb2
from services.kernel.calendar import day_number
from services.runtime.database import Fetched
from services.runtime.program_messages import day_from_proto, day_to_proto
from services.tier.columns import MoveReason
from services.tier.policy_document import Maintenance, TierPolicy
from tests.tier.policies import GAME, GAME_LEVELS, POLICY, SPA, SPA_LEVELS
from tests.tier.snapshots import HALVES, Compositions, by_rung, counted, recorded, take_snapshot
from tests.tier.test_jobs import joined
from tests.tier.world import ALL_SHARDS, TierWorld, purchase
from workers.jobs.composition_snapshot import COMPOSITION_SNAPSHOT

DAY = date(2025, 3, 15)
SYSTEMS = {"spa": 0, "game": 1, "club": 2}
PLACES = {"crystal": 0, "sapphire": 1, "platinum": 2, "bronze": 0, "silver": 1}
KEPT_BY = {"sapphire": (300_000, 15), "platinum": (1_000_000, 30)}
CRYSTAL, SAPPHIRE, PLATINUM = SPA_LEVELS


def club_policy() -> TierPolicy:
    """Spa with inactivity and lifetime, a monthly game, and a club that checks every day."""
    lasting = (CRYSTAL, SAPPHIRE, replace(PLATINUM, lifetime_years=1))
    spa = replace(SPA, levels=lasting, inactive_months=6)
    club = replace(SPA, external_id="club", name="Club", maintenance=Maintenance.CONTINUOUS, window_months=6)
    bronze, silver = GAME_LEVELS
    gamely = (bronze, replace(silver, grace_months=1))
    return replace(POLICY, systems=(spa, replace(GAME, levels=gamely), club))


@dataclass
class Membership:
    """Members who buy now and then, and what they were granted for it."""

    world: TierWorld
    chance: Random = field(default_factory=lambda: Random(20))
    system_of: dict[str, str] = field(default_factory=dict)
    bought: list[tuple[str, date, int, int, int]] = field(default_factory=list)

    def enrol(self, count: int, on: date) -> None:
        joining = {
            f"M{len(self.system_of) + number}": self.chance.choice(list(SYSTEMS)) for number in range(count)
        }
        self.system_of |= joining
        day = day_to_proto(on)
        messages = [
            member_pb2.Member(member_id=name, enrolled_on=day, tier_system=system)
            for name, system in joining.items()
        ]
        assert self.world.enrol(*messages) == [("", True)] * count

    def buy(self, *wanted: tuple[str, date, int]) -> None:
        items = [
            purchase(
                f"T{len(self.bought) + place}",
                name,
                on,
                spend_minor=spend,
                visits=1,
                base_points=spend // 1_000,
            )
            for place, (name, on, spend) in enumerate(wanted)
        ]
        results = self.world.record(*items)
        assert {result.reason for result in results} == {0}
        for (name, on, spend), result in zip(wanted, results, strict=True):
            self.bought.append((name, on, spend, 1, result.points))

    def shop(self, first: date, last: date) -> None:
        day, names = first, list(self.system_of)
        wanted: list[tuple[str, date, int]] = []
        while day <= last:
            for _ in range(self.chance.randrange(4)):
                spend = self.chance.choice((20_000, 150_000, 700_000))
                wanted.append((self.chance.choice(names), day, spend))
            day += timedelta(days=self.chance.randrange(1, 6))
        self.buy(*wanted)


@pytest.fixture
def membership(tier_world: TierWorld) -> Membership:
    """Fourteen months of purchases until the day, none of it settled by any job."""
    tier_world.today = date(2024, 1, 1)
    assert tier_world.apply(club_policy()) == []
    tier_world.today = date(2040, 1, 1)
    members = Membership(tier_world)
    members.enrol(60, date(2024, 1, 10))
    members.shop(date(2024, 1, 10), DAY)
    return members


def recounted(membership: Membership, day: date) -> Compositions:
    """The counts of a day, member by member, from the moves and the purchases alone."""
    sums: dict[tuple[int, int], Counter[str]] = {}
    for name in membership.system_of:
        moves = [
            move
            for move in membership.world.moves(name)
            if (day_from_proto(move.effective_on) or date.max) <= day
        ]
        if not moves:
            continue
        last = moves[-1]
        reasons = [MoveReason(move.reason) for move in moves]
        marks = [reason for reason in reasons if reason in (MoveReason.INACTIVATED, MoveReason.REACTIVATED)]
        rung = (SYSTEMS[last.tier_system], PLACES[last.to_level])
        count = sums.setdefault(rung, Counter())
        count["members"] += 1
        count["in_grace"] += last.HasField("grace_until")
        lifetime = MoveReason.LIFETIME_GRANTED in reasons
        count["at_risk"] += not lifetime and falls_short(membership, name, last.to_level, day)
        count["inactive"] += bool(marks) and marks[-1] is MoveReason.INACTIVATED
    names = ("members", "in_grace", "at_risk", "inactive")
    return {rung: tuple(count[name] for name in names) for rung, count in sorted(sums.items())}  # type: ignore[misc]


def falls_short(membership: Membership, name: str, level: str, day: date) -> bool:
    """Whether one member's purchases of the window do not keep the level."""
    since = {
        "spa": date(day.year - 1, day.month, day.day + 1),
        "club": date(day.year - 1, day.month + 6, day.day + 1),
        "game": date(2025, 2, 28),
    }[membership.system_of[name]]
    counting = [amounts for buyer, on, *amounts in membership.bought if buyer == name and since <= on <= day]
    spend, visits, points = (sum(amounts[place] for amounts in counting) for place in range(3))
    if level == "silver":
        return points < 500
    needed = KEPT_BY.get(level)
    return needed is not None and spend < needed[0] and visits < needed[1]


def test_a_snapshot_taken_late_counts_what_one_in_time_did(membership: Membership) -> None:
    in_time = counted(membership.world, DAY)
    assert sum(counts[0] for counts in in_time.values()) == 60
    assert all(sum(counts[place] for counts in in_time.values()) >= 2 for place in range(4))
    names = list(membership.system_of)
    membership.enrol(5, date(2025, 4, 1))
    membership.world.run_review(date(2025, 6, 30))
    membership.buy(*((name, date(2025, 7, 1), 20_000) for name in names[::2]))
    assert counted(membership.world, DAY) == in_time
    membership.buy(*((name, date(2025, 7, 1), 700_000) for name in names[1::2]))
    membership.world.run_grace(date(2025, 9, 1))
    assert counted(membership.world, DAY) == in_time
    assert recounted(membership, DAY) == in_time


def test_a_snapshot_counts_as_the_nights_jobs_leave_it_whether_they_ran_or_not(
    membership: Membership,
) -> None:
    before = counted(membership.world, DAY)
    membership.world.run_review(DAY)
    membership.world.run_grace(DAY)
    membership.world.run_review(DAY)
    assert counted(membership.world, DAY) == before


def test_chunks_add_up_to_the_whole(membership: Membership) -> None:
    take_snapshot(membership.world, DAY, HALVES)
    assert recorded(membership.world, DAY) == counted(membership.world, DAY)


def test_a_day_keeps_the_snapshot_it_has(membership: Membership) -> None:
    take_snapshot(membership.world, DAY)
    before = membership.world.snapshot()
    take_snapshot(membership.world, DAY)
    assert membership.world.snapshot() == before


def test_what_a_run_counted_is_no_snapshot_before_the_run_is_finished(membership: Membership) -> None:
    world, day = membership.world, day_number(DAY)
    plan = world.database.transact(lambda connection: COMPOSITION_SNAPSHOT.plan(connection, day))
    rows = COMPOSITION_SNAPSHOT.read(world.database.fetch_arrow, ALL_SHARDS, day, plan)
    counts = COMPOSITION_SNAPSHOT.decide(rows, day, plan)
    assert world.database.transact(lambda c: COMPOSITION_SNAPSHOT.record(c, counts, "run")).all()
    assert recorded(world, DAY) == {}
    world.database.transact(lambda connection: COMPOSITION_SNAPSHOT.finish(connection, plan, "run"))
    assert recorded(world, DAY) == counted(world, DAY)


@pytest.fixture
def sapphire(tier_world: TierWorld) -> TierWorld:
    """M1 is Sapphire of the spa since 10 January 2024."""
    tier_world.today = date(2024, 1, 10)
    world = joined(tier_world, POLICY, "spa")
    world.today = date(2040, 1, 1)
    world.record(purchase("T1", "M1", date(2024, 1, 10), spend_minor=300_000))
    return world


@pytest.mark.parametrize(
    ("day", "counts"),
    [
        (date(2024, 1, 9), None),
        (date(2024, 1, 10), (1, 0, 0, 0)),
        (date(2025, 1, 9), (1, 0, 0, 0)),
        (date(2025, 1, 10), (1, 1, 1, 0)),
        (date(2025, 4, 9), (1, 1, 1, 0)),
    ],
)
def test_who_falls_short_is_at_risk_from_the_day_on_which_the_window_loses_it(
    sapphire: TierWorld, day: date, counts: tuple[int, int, int, int] | None
) -> None:
    assert counted(sapphire, day).get((0, 1)) == counts


def test_grace_that_is_over_leaves_a_crystal_member_who_is_never_at_risk(sapphire: TierWorld) -> None:
    assert counted(sapphire, date(2025, 4, 10)) == {(0, 0): (1, 0, 0, 0)}


def test_nobody_is_at_risk_in_an_inactive_system(sapphire: TierWorld) -> None:
    sapphire.today = date(2024, 6, 1)
    assert sapphire.apply(replace(POLICY, systems=(replace(SPA, active=False), GAME))) == []
    assert counted(sapphire, date(2025, 1, 10)) == {(0, 1): (1, 0, 0, 0)}


def test_members_of_no_system_are_not_counted(tier_world: TierWorld) -> None:
    world = joined(tier_world, replace(POLICY, default_system=""), "")
    assert counted(world, date(2025, 1, 1)) == {}


@pytest.mark.parametrize("bought_since", [False, True])
def test_who_bought_enough_on_the_day_itself_is_safe(sapphire: TierWorld, bought_since: bool) -> None:
    sapphire.record(purchase("T2", "M1", date(2025, 1, 10), spend_minor=300_000))
    if bought_since:
        sapphire.record(purchase("T3", "M1", date(2025, 1, 11), visits=1))
    assert counted(sapphire, date(2025, 1, 10)) == {(0, 1): (1, 0, 0, 0)}


@pytest.mark.parametrize("bought_since", [False, True])
def test_who_holds_the_level_for_life_is_never_at_risk(tier_world: TierWorld, bought_since: bool) -> None:
    tier_world.today = date(2024, 1, 10)
    world = joined(tier_world, club_policy(), "spa")
    world.today = date(2040, 1, 1)
    world.record(purchase("T1", "M1", date(2024, 1, 10), spend_minor=1_000_000))
    if bought_since:
        world.record(purchase("T2", "M1", date(2025, 7, 1), visits=1))
    assert counted(world, date(2025, 6, 1)) == {(0, 2): (1, 0, 0, 0)}


def test_who_buys_while_the_snapshot_is_taken_is_counted_once(sapphire: TierWorld) -> None:
    day, reads = day_number(date(2024, 6, 1)), iter(range(9))

    def fetch_while_m1_buys(statement: sa.Select[Any]) -> Fetched:
        found = sapphire.database.fetch_arrow(statement)
        sapphire.record(purchase(f"meanwhile-{next(reads)}", "M1", date(2024, 6, 2), visits=1))
        return found

    plan = sapphire.database.transact(lambda connection: COMPOSITION_SNAPSHOT.plan(connection, day))
    rows = COMPOSITION_SNAPSHOT.read(fetch_while_m1_buys, ALL_SHARDS, day, plan)
    assert by_rung(COMPOSITION_SNAPSHOT.decide(rows, day, plan).composition) == {(0, 1): (1, 0, 0, 0)}
    assert COMPOSITION_SNAPSHOT.members_read(rows) == 1
