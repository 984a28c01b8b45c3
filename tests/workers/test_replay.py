"""Replay: one recorded history through two tier systems, by the rules that would have decided it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from services.runtime.database import Database
from services.tier.policy_document import Level, Maintenance, Repeats, Reset, Thresholds, TierPolicy
from services.tier.tables import MEMBER, REVERSAL
from tests.tier.policies import POLICY, SPA, SPA_LEVELS, with_sapphire
from tests.tier.records import update
from tests.tier.refunds import refund, reverse
from tests.tier.test_jobs import joined
from tests.tier.world import PROGRAM, TierWorld, purchase
from tests.workers.lived_membership import BEGAN, MEMBERS, TODAY, Lived, Row, begun, day_of, lived
from workers.executor import Executor
from workers.job import Parameters
from workers.jobs.replay import plan_replay
from workers.progress import Connection
from workers.progress.reports import Run
from workers.refusals import Reason, RunRefused

TRIAL_LEVELS = (
    Level("entry", "Entry", 20_000),
    Level("top", "Top", 30_000, Thresholds(spend_minor=100_000), grace_months=1),
)
TRIAL = replace(SPA, external_id="trial", name="Trial", levels=TRIAL_LEVELS)
BOTH = replace(POLICY, systems=(*POLICY.systems, TRIAL))


def replayed(life: Lived, policy: TierPolicy = BOTH, systems: tuple[str, str] = ("spa", "trial")) -> Run:
    def plan(connection: Connection, today: int) -> Parameters:
        return plan_replay(connection, today, PROGRAM, policy, systems)

    return life.ended(life.operations.preview("replay", plan))


@pytest.fixture
def empty(new_database: Callable[[str], Database]) -> Lived:
    return begun(new_database("tier"))


@pytest.fixture
def one(empty: Lived) -> Lived:
    """M1 is in the spa's system from the first day on."""
    joined(empty.world, POLICY, "spa")
    empty.world.today = TODAY
    return empty


def row_of(life: Lived, policy: TierPolicy = BOTH, systems: tuple[str, str] = ("spa", "trial")) -> Row:
    [row] = life.changes(replayed(life, policy, systems))
    return row


def test_a_member_is_told_by_the_level_and_the_points_in_both_systems(one: Lived) -> None:
    one.world.record(purchase("T1", "M1", TODAY - timedelta(9), spend_minor=100_000, base_points=100))
    one.world.record(purchase("T2", "M1", TODAY - timedelta(8), spend_minor=100_000, base_points=100))
    assert row_of(one) == ("M1", "REPLAYED", "crystal", "top", day_of(TODAY), 200, 200 + 300)
    assert row_of(one, systems=("trial", "spa"))[2:] == ("top", "crystal", day_of(TODAY), 500, 200)


def test_who_bought_nothing_is_a_member_too(one: Lived) -> None:
    assert row_of(one) == ("M1", "REPLAYED", "crystal", "entry", day_of(TODAY), 0, 0)


def test_purchases_are_replayed_in_the_order_of_their_days(one: Lived) -> None:
    late, early = TODAY - timedelta(1), TODAY - timedelta(5)
    one.world.record(purchase("T1", "M1", late, base_points=100))
    one.world.record(purchase("T2", "M1", early, spend_minor=100_000))
    assert row_of(one)[6] == 300


def test_what_has_left_the_window_by_today_counts_no_more(one: Lived) -> None:
    one.world.record(purchase("T1", "M1", BEGAN, spend_minor=100_000))
    assert row_of(one)[3] == "entry"


def test_a_reversal_takes_its_part_out_of_the_history(one: Lived) -> None:
    for number in (1, 2):
        one.world.record(purchase(f"T{number}", "M1", TODAY, spend_minor=100_000, base_points=100))
    take_back(one.world, "T2", base_points=40, spend_minor=40_000)
    assert row_of(one)[5:] == (160, 200 + 60 * 3)
    take_back(one.world, "T2", base_points=60, spend_minor=60_000)
    take_back(one.world, "T1", base_points=100, spend_minor=100_000)
    assert row_of(one)[3:] == ("entry", day_of(TODAY), 0, 0)


def test_birthdays_and_packages_are_replayed_by_the_policy_tried_out(one: Lived) -> None:
    entry = replace(TRIAL_LEVELS[0], birthday_multiplier_bp=50_000, package_bonus_bp=1_000)
    bonuses = replace(TRIAL, levels=(entry, TRIAL_LEVELS[1]))
    update(one.world, mask=["birthday"], birthday=TODAY)
    item = purchase("T1", "M1", TODAY, base_points=100, package_micropoints=50 * 10**6)
    assert [result.points for result in one.world.record(item)] == [100]
    assert row_of(one, replace(BOTH, systems=(*POLICY.systems, bonuses)))[5:] == (100, 105 * 5)
    part = refund("T1", TODAY, base_micropoints=20 * 10**6, package_micropoints=20 * 10**6)
    assert [result.points for result in reverse(one.world, part)] == [20]
    assert row_of(one, replace(BOTH, systems=(*POLICY.systems, bonuses)))[5:] == (80, 83 * 5)


def take_back(world: TierWorld, transaction_id: str, *, base_points: int, spend_minor: int) -> None:
    """A row of the ledger of reversals, without what else a reversal does."""
    counts = world.database.transact(lambda c: c.scalar(sa.select(sa.func.count()).select_from(REVERSAL)))
    shard = world.database.transact(lambda c: c.scalar(sa.select(MEMBER.c.shard)))
    row = {
        "reversal_id": f"R{counts}", "transaction_id": transaction_id, "shard": shard, "member_id": "M1",
        "occurred_on": TODAY, "everything": False, "base_micropoints": base_points * 10**6, "spend": spend_minor,
        "visits": 0, "points": 0, "move_reason": 0, "level_after": 0, "system": 0,
    }  # fmt: skip
    world.database.transact(lambda c: c.execute(sa.insert(REVERSAL).values(**row)))


def test_a_property_that_the_policy_does_not_have_multiplies_by_one(one: Lived) -> None:
    one.world.record(purchase("T1", "M1", TODAY, base_points=100, property_id="app"))
    assert row_of(one)[5] == 200
    assert row_of(one, replace(BOTH, properties=()))[5] == 100


def test_resets_are_held_all_along_the_history(one: Lived) -> None:
    """The next one is due next year; those before it have ended the periods in which the member earned enough."""
    levels = (TRIAL_LEVELS[0], Level("top", "Top", None, Thresholds(points=100), Thresholds(points=50)))
    resetting = replace(TRIAL, maintenance=Maintenance.RESET, window_months=0, levels=levels)
    one.world.record(purchase("T1", "M1", date(2025, 6, 1), base_points=100))
    for repeats, level in ((Repeats.YEARLY, "top"), (Repeats.MONTHLY, "entry")):
        system = replace(resetting, reset=Reset(date(TODAY.year + 1, 1, 1), repeats))
        policy = replace(BOTH, systems=(*POLICY.systems, system))
        assert row_of(one, policy)[3] == level


def test_records_merged_into_others_are_left_out(one: Lived) -> None:
    merged = sa.update(MEMBER).values(merged_into="M2")
    one.world.database.transact(lambda c: c.execute(merged))
    assert one.changes(replayed(one)) == []


def test_activity_merged_in_from_before_the_enrolment_counts_from_its_own_day(one: Lived) -> None:
    one.world.record(purchase("T1", "M1", TODAY - timedelta(90), spend_minor=100_000, base_points=10))
    later = sa.update(MEMBER).values(enrolled_on=TODAY - timedelta(30))
    one.world.database.transact(lambda c: c.execute(later))
    assert row_of(one)[3:] == ("top", day_of(TODAY), 10, 20)


@pytest.fixture
def life(new_database: Callable[[str], Database]) -> Lived:
    return lived(new_database("tier"))


def test_the_history_replayed_through_the_system_it_happened_in_ends_where_members_stand(life: Lived) -> None:
    """Who stands in the spa's system stands there in the replay too: it decides by the same rules."""
    rows = {row[0]: row for row in life.changes(replayed(life, POLICY, ("spa", "game")))}
    assert len(rows) == MEMBERS
    compared = 0
    for member, row in rows.items():
        standing = life.world.standing(member, TODAY)
        assert not isinstance(standing, str)
        side = 2 if standing.tier_system == "spa" else 3
        assert (member, row[side]) == (member, standing.level)
        compared += 1
    assert compared == MEMBERS


def test_a_replay_sums_up_members_and_points_by_both_levels(life: Lived) -> None:
    run = replayed(life)
    rows = life.changes(run)
    assert sum(members for _, members in run.changes) == MEMBERS
    for side, points in ((0, 5), (1, 6)):
        assert sum(pair[side] for pair in run.points.values()) == sum(row[points] for row in rows) > 0
    for kind, members in run.changes:
        assert members == sum(row[2:4] == (kind.before, kind.after) for row in rows)


def test_a_replay_writes_nothing(life: Lived) -> None:
    before = life.world.snapshot()
    replayed(life)
    assert life.world.snapshot() == before


def test_a_replay_does_not_depend_on_what_members_became_meanwhile(life: Lived) -> None:
    before = replayed(life)
    assert life.done("tier-review").changes
    assert replayed(life).plan_hash == before.plan_hash


@pytest.mark.parametrize("executor", ["inline", pytest.param("ray", marks=pytest.mark.ray)], indirect=True)
def test_every_executor_replays_alike(
    new_database: Callable[[str], Database], life: Lived, executor: Executor
) -> None:
    other = lived(new_database("tier"), executor)
    assert replayed(other).plan_hash == replayed(life).plan_hash


def refused(life: Lived, policy: TierPolicy, systems: tuple[str, str]) -> RunRefused:
    before = life.world.snapshot(), life.operations.list_runs(10, "")
    with pytest.raises(RunRefused) as caught:
        replayed(life, policy, systems)
    assert (life.world.snapshot(), life.operations.list_runs(10, "")) == before
    return caught.value


@pytest.mark.parametrize("systems", [("spa", "gold"), ("gold", "spa"), ("", "spa")])
def test_a_system_that_the_policy_does_not_have_is_refused(one: Lived, systems: tuple[str, str]) -> None:
    assert refused(one, BOTH, systems).reason is Reason.TIER_SYSTEM_UNKNOWN


def test_a_policy_with_mistakes_is_refused_before_its_systems_are_looked_for(one: Lived) -> None:
    caught = refused(one, with_sapphire(multiplier_bp=5_000), ("spa", "gold"))
    assert caught.reason is Reason.POLICY_INVALID
    assert [mistake.path for mistake in caught.mistakes] == ["policy.systems[0].levels[1].multiplier_bp"]


def test_before_any_program_there_is_nothing_to_replay(empty: Lived) -> None:
    assert refused(empty, BOTH, ("spa", "trial")).reason is Reason.POLICY_REQUIRED


def test_a_policy_that_has_only_the_two_systems_will_do(one: Lived) -> None:
    only = replace(BOTH, systems=(replace(SPA, levels=SPA_LEVELS), TRIAL), default_system="spa")
    assert row_of(one, only)[2:4] == ("crystal", "entry")
