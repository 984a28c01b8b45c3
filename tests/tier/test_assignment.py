"""Which tier system members join, and the job that moves them after the policy changed (Meanings 18)."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from carat.tier.v1 import member_pb2
from services.kernel.calendar import day_number
from services.runtime.database import Connection, fetching
from services.runtime.program_messages import day_from_proto, day_to_proto
from services.tier.columns import NO_SYSTEM
from services.tier.policy import Policy
from services.tier.policy_arrays import compiled
from services.tier.policy_document import Share, Split, TierPolicy
from services.tier.rules.assignment import SYSTEM_UNKNOWN, decide_systems
from tests.tier.policies import AUTOMATIC, POLICY, SPA, with_game, with_spa
from tests.tier.records import erase, merge, standing_of, update
from tests.tier.staff_world import LEVELS, held_for_life, move, staffed
from tests.tier.test_jobs import story
from tests.tier.world import ALL_SHARDS, PROGRAM, TierWorld, purchase
from workers.job import Changes, Scope
from workers.jobs.tier_assignment import TIER_ASSIGNMENT

JOINED = date(2024, 1, 10)
TODAY = date(2025, 6, 1)
SHARES = (Share("spa", 30), Share("game", 70))
PLACES = [1, 1, 1, 1, 1, 1, 1, 0, 1, 0, 1, 1]


def split(
    salt: str = "spring", shares: tuple[Share, ...] = SHARES, policy: TierPolicy = POLICY
) -> TierPolicy:
    """The policy with a split in place of the default system."""
    return replace(policy, default_system="", split=Split(salt, shares))


def systems_of(policy: TierPolicy, attributes: list[str], member_ids: list[str]) -> list[int]:
    """The numbers of the systems joined today by one revision of a policy."""
    return joined_by(compiled(PROGRAM, [(1, 0, policy)]), attributes, member_ids)


def joined_by(policy: Policy, attributes: list[str], member_ids: list[str], on: date = TODAY) -> list[int]:
    days = np.full(len(member_ids), day_number(on), dtype=np.int32)
    columns = (np.array(texts, dtype=object) for texts in (attributes, member_ids))
    systems: list[int] = decide_systems(*columns, days, policy).tolist()
    return systems


def test_the_attribute_names_the_system_and_without_one_it_is_the_default() -> None:
    asked = ["game", "", "spa", "beta"]
    assert systems_of(POLICY, asked, ["M1", "M2", "M3", "M4"]) == [1, 0, 0, SYSTEM_UNKNOWN]
    assert systems_of(replace(POLICY, default_system=""), [""], ["M1"]) == [NO_SYSTEM]


def test_the_attribute_comes_before_the_split() -> None:
    assert systems_of(split(shares=(Share("spa", 0), Share("game", 100))), ["spa", ""], ["M1", "M1"]) == [
        0,
        1,
    ]


@pytest.mark.parametrize("prefix", ["M", "member-", "0", "Ünï"])
@pytest.mark.parametrize("salt", ["spring", "autumn"])
def test_the_split_keeps_its_percentages(prefix: str, salt: str) -> None:
    members = [f"{prefix}{number}" for number in range(100_000)]
    shares = (Share("spa", 30), Share("game", 0), Share("game", 70))
    systems = systems_of(split(salt, shares), [""] * len(members), members)
    assert systems.count(0) / len(members) == pytest.approx(0.30, abs=0.005)


def test_the_split_is_always_the_same_for_one_salt_and_another_for_another() -> None:
    members = [f"M{number}" for number in range(20_000)]
    halves = (Share("spa", 50), Share("game", 50))
    spring, again, autumn = (
        np.array(systems_of(split(salt, halves), [""] * len(members), members))
        for salt in ("spring", "spring", "autumn")
    )
    assert (spring == again).all()
    assert np.mean(spring == autumn) == pytest.approx(0.5, abs=0.02)


def test_the_place_of_a_member_in_the_split_is_the_same_for_ever() -> None:
    halves = split(shares=(Share("spa", 50), Share("game", 50)))
    assert systems_of(halves, [""] * 12, [f"M{number}" for number in range(12)]) == PLACES


def test_the_system_joined_is_that_of_the_policy_of_the_day() -> None:
    policy = compiled(PROGRAM, [(1, 0, replace(POLICY, default_system="game")), (2, 20_000, POLICY)])
    assert joined_by(policy, [""], ["M1"], date(2024, 10, 3)) == [1]
    assert joined_by(policy, [""], ["M1"], date(2024, 10, 4)) == [0]


@pytest.fixture
def world(tier_world: TierWorld) -> TierWorld:
    tier_world.today = TODAY
    return tier_world


def enrolled(world: TierWorld, count: int, policy: TierPolicy = POLICY) -> list[str]:
    """So many members without an attribute."""
    assert world.apply(policy) == []
    names = [f"M{number}" for number in range(count)]
    members = [member_pb2.Member(member_id=name, enrolled_on=day_to_proto(JOINED)) for name in names]
    assert all(created for _, created in world.enrol(*members))
    return names


def test_members_enrol_and_buy_into_the_system_of_their_share(world: TierWorld) -> None:
    names = enrolled(world, 40, split(policy=AUTOMATIC))
    newcomers = [f"N{number}" for number in range(40)]
    world.record(*(purchase(f"T-{name}", name, TODAY) for name in newcomers))
    expected = systems_of(split(), [""] * 80, names + newcomers)
    found = [standing_of(world, name).tier_system for name in names + newcomers]
    assert found == [["spa", "game"][number] for number in expected]
    assert set(found) == {"spa", "game"}


def test_after_a_change_of_the_policy_the_job_moves_whom_it_concerns(world: TierWorld) -> None:
    names = enrolled(world, 60)
    world.record(*(purchase(f"T-{name}", name, date(2025, 5, 31), base_points=1_000) for name in names))
    assert world.apply(split(), TODAY) == []
    moves = world.run(TIER_ASSIGNMENT, TODAY)
    expected = systems_of(split(), [""] * 60, names)
    moved = [name for name, number in zip(names, expected, strict=True) if number == 1]
    assert {move.member_id for move in moves} == set(moved)
    assert story([move for move in moves if move.member_id == moved[0]]) == [
        (TODAY, "SYSTEM_CHANGED", ""),
        (TODAY, "SYSTEM_CHANGED", "silver"),
    ]
    assert {standing_of(world, name).tier_system for name in moved} == {"game"}
    assert world.broken_promises() == []


def test_a_second_run_changes_nothing_and_no_row(world: TierWorld) -> None:
    enrolled(world, 40)
    assert world.apply(split(), TODAY) == []
    assert world.run(TIER_ASSIGNMENT, TODAY)
    before = world.snapshot()
    assert world.run(TIER_ASSIGNMENT, TODAY) == []
    assert world.snapshot() == before


def test_without_a_change_the_job_does_not_even_look_at_anybody(world: TierWorld) -> None:
    enrolled(world, 5)
    assert looked_at(world) == 0


def looked_at(world: TierWorld) -> int:
    """How many members a run of today reads."""
    day = day_number(TODAY)
    parameters = world.database.transact(lambda connection: TIER_ASSIGNMENT.plan(connection, day))
    return int(TIER_ASSIGNMENT.weigh(world.database.fetch_arrow, day, parameters).sum())


def test_who_lands_on_a_level_by_the_job_has_what_was_due_settled_before(world: TierWorld) -> None:
    enrolled(world, 1)
    world.record(purchase("T1", "M0", JOINED, spend_minor=300_000, base_points=50))
    assert world.apply(replace(POLICY, default_system="game"), TODAY) == []
    assert story(world.run(TIER_ASSIGNMENT, TODAY)) == [
        (date(2025, 1, 10), "GRACE_ENTERED", "sapphire"),
        (date(2025, 4, 10), "GRACE_EXPIRED", "crystal"),
        (TODAY, "SYSTEM_CHANGED", ""),
        (TODAY, "SYSTEM_CHANGED", "bronze"),
    ]
    assert world.broken_promises() == []


def test_members_with_an_attribute_stay_where_it_puts_them(world: TierWorld) -> None:
    enrolled(world, 2)
    update(world, "M0", tier_system="spa")
    assert world.apply(replace(POLICY, default_system="game"), TODAY) == []
    assert {move.member_id for move in world.run(TIER_ASSIGNMENT, TODAY)} == {"M1"}


def test_who_holds_a_level_for_life_stays_even_if_that_only_comes_to_light_by_the_job(
    tier_world: TierWorld,
) -> None:
    world = staffed(tier_world, "M1", "M2")
    held_for_life(world, "M1")
    move(world, "platinum", "M2")
    staffed_split = replace(with_spa(levels=LEVELS), default_system="game")
    assert world.apply(staffed_split, TODAY) == []
    moves = world.run(TIER_ASSIGNMENT, TODAY)
    assert story([each for each in moves if each.member_id == "M1"]) == [
        (TODAY, "LIFETIME_GRANTED", "diamond")
    ]
    assert standing_of(world, "M1").level == "diamond"
    assert day_from_proto(standing_of(world, "M1").lifetime_since) == TODAY
    assert standing_of(world, "M2").tier_system == "game"
    assert looked_at(world) == 0


def test_an_inactive_system_is_entered_at_its_lowest_level(world: TierWorld) -> None:
    enrolled(world, 1)
    world.record(purchase("T1", "M0", TODAY, base_points=1_000))
    assert world.apply(replace(with_game(active=False), default_system="game"), TODAY) == []
    assert story(world.run(TIER_ASSIGNMENT, TODAY))[-1] == (TODAY, "SYSTEM_CHANGED", "bronze")


def test_who_enrolled_after_the_day_of_a_run_is_judged_by_the_own_day(world: TierWorld) -> None:
    world.today = date(2025, 5, 1)
    assert world.apply(replace(POLICY, default_system="game")) == []
    world.today = TODAY
    assert world.apply(POLICY, TODAY) == []
    assert world.enrol(member_pb2.Member(member_id="M1", enrolled_on=day_to_proto(TODAY))) == [("", True)]
    assert world.run(TIER_ASSIGNMENT, date(2025, 5, 31)) == []


def test_a_member_id_may_hold_any_printable_character(world: TierWorld) -> None:
    assert world.apply(POLICY) == []
    for name in ("100%", "o'neil", "back\\slash"):
        assert world.enrol(member_pb2.Member(member_id=name, enrolled_on=day_to_proto(JOINED))) == [
            ("", True)
        ]
        world.record(purchase(f"T-{name}", name, date(2025, 5, 31), base_points=1_000))
    assert (
        world.apply(replace(POLICY, systems=(SPA, with_game().systems[1]), default_system="game"), TODAY)
        == []
    )
    assert len(world.run(TIER_ASSIGNMENT, TODAY)) == 6
    assert {standing_of(world, name).level for name in ("100%", "o'neil", "back\\slash")} == {"silver"}


def test_what_a_run_records_is_what_its_preview_told(world: TierWorld) -> None:
    names = enrolled(world, 30)
    world.record(*(purchase(f"T-{name}", name, JOINED, spend_minor=300_000) for name in names))
    assert world.apply(split(), TODAY) == []
    previewed = changes_decided(world)
    moves = world.run(TIER_ASSIGNMENT, TODAY)
    recorded = TIER_ASSIGNMENT.recorded(world.database.fetch_arrow, f"run-{world.runs}", ALL_SHARDS)
    assert len(previewed) == len(recorded) == len(moves) > 0
    assert told_by(previewed) == told_by(recorded)
    assert {("SYSTEM_CHANGED", "crystal", ""), ("SYSTEM_CHANGED", "", "bronze")} <= {
        (reason, before, after) for _, reason, before, after, _ in told_by(recorded)
    }


def changes_decided(world: TierWorld) -> Changes:
    """What a preview of the job tells today."""
    day = day_number(TODAY)
    parameters = world.database.transact(lambda connection: TIER_ASSIGNMENT.plan(connection, day))
    rows = TIER_ASSIGNMENT.read(world.database.fetch_arrow, ALL_SHARDS, day, parameters)
    return TIER_ASSIGNMENT.changes(TIER_ASSIGNMENT.decide(rows, day, parameters))


def told_by(changes: Changes) -> list[tuple[str, ...]]:
    columns = (changes.member_id, changes.reason, changes.before, changes.after, changes.effective_on)
    return sorted(tuple(map(str, row)) for row in zip(*columns, strict=True))


def test_whoever_buys_while_the_job_decides_is_decided_again(world: TierWorld) -> None:
    enrolled(world, 2)
    assert world.apply(replace(POLICY, default_system="game"), TODAY) == []
    day = day_number(TODAY)
    parameters = world.database.transact(lambda connection: TIER_ASSIGNMENT.plan(connection, day))
    rows = TIER_ASSIGNMENT.read(world.database.fetch_arrow, ALL_SHARDS, day, parameters)
    decided = TIER_ASSIGNMENT.decide(rows, day, parameters)
    world.record(purchase("T1", "M0", TODAY, base_points=1_000))

    def record(connection: Connection) -> set[str]:
        applied = TIER_ASSIGNMENT.record(connection, decided, "run")
        changes = TIER_ASSIGNMENT.changes(decided)
        again = set(changes.member_id[~applied])
        scope = Scope(0, 4095, np.array(sorted(again), dtype=object), lock=True)
        once_more = TIER_ASSIGNMENT.read(fetching(connection), scope, day, parameters)
        decided_again = TIER_ASSIGNMENT.decide(once_more, day, parameters)
        assert TIER_ASSIGNMENT.record(connection, decided_again, "run").all()
        return again

    assert world.database.transact(record) == {"M0"}
    assert (standing_of(world, "M0").level, standing_of(world, "M1").level) == ("silver", "bronze")
    assert world.broken_promises() == []


def test_who_is_merged_away_or_erased_while_the_job_decides_is_left_alone(world: TierWorld) -> None:
    enrolled(world, 4)
    assert world.apply(replace(POLICY, default_system="game"), TODAY) == []
    day = day_number(TODAY)
    parameters = world.database.transact(lambda connection: TIER_ASSIGNMENT.plan(connection, day))
    rows = TIER_ASSIGNMENT.read(world.database.fetch_arrow, ALL_SHARDS, day, parameters)
    assert len(rows.standings) == 4
    merge(world, "M0", "M1")
    erase(world, "M2")
    names = np.array(["M0", "M1", "M2", "M3"], dtype=object)
    named = Scope(0, 4095, names, lock=True)
    again = world.database.transact(
        lambda connection: TIER_ASSIGNMENT.read(fetching(connection), named, day, parameters)
    )
    assert sorted(again.standings.member_id) == ["M1", "M3"]
    assert {move.member_id for move in world.run(TIER_ASSIGNMENT, TODAY)} == {"M1", "M3"}
