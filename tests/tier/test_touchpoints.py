"""Touchpoints of grace: each told once, on its day, and never once grace has ended."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
import sqlalchemy as sa

from carat.tier.v1 import move_pb2
from services.kernel.calendar import day_number
from services.runtime.program_messages import day_from_proto
from services.tier.policy_document import TierPolicy, Touchpoint
from services.tier.rules.touchpoints import touchpoint_days
from services.tier.tables import STANDING
from tests.tier.policies import POLICY, with_sapphire, with_spa
from tests.tier.test_jobs import JOINED, joined
from tests.tier.world import ALL_SHARDS, TierWorld, purchase
from workers.jobs.grace_expiration import GRACE_EXPIRATION
from workers.jobs.grace_touchpoints import GRACE_TOUCHPOINTS

TOLD = (
    Touchpoint(3, "last-chance", "Last chance to maintain Sapphire benefits"),
    Touchpoint(1, "not-visited", "We notice you haven't visited recently"),
    Touchpoint(2, "ends-soon", "Your Sapphire status ends in 30 days"),
)
FAILED = date(2025, 1, 10)
FIRST, SECOND, LAST = date(2025, 2, 10), date(2025, 3, 10), date(2025, 4, 3)
OVER = date(2025, 4, 10)


def with_touchpoints(*touchpoints: Touchpoint) -> TierPolicy:
    return with_sapphire(touchpoints=touchpoints)


@pytest.fixture
def in_grace(tier_world: TierWorld) -> TierWorld:
    """M1 is Sapphire, failed the review of 10 January, and is in grace until 10 April."""
    tier_world.today = JOINED
    world = joined(tier_world, with_touchpoints(*TOLD), "spa")
    world.today = date(2040, 1, 1)
    world.record(purchase("T1", "M1", JOINED, spend_minor=300_000))
    [entered] = world.run_review(FAILED)
    assert day_from_proto(entered.grace_until) == OVER
    return world


def told(moves: list[move_pb2.Move]) -> list[tuple[date | None, int]]:
    assert {move.reason for move in moves} <= {move_pb2.MOVE_REASON_GRACE_TOUCHED}
    return [(day_from_proto(move.effective_on), move.touchpoint) for move in moves]


def tell(world: TierWorld, as_of: date) -> list[tuple[date | None, int]]:
    return told(world.run(GRACE_TOUCHPOINTS, as_of))


@pytest.mark.parametrize(
    ("since", "until", "month", "due"),
    [
        (FAILED, OVER, 1, FIRST),
        (FAILED, OVER, 2, SECOND),
        (FAILED, OVER, 3, LAST),
        (date(2025, 1, 31), date(2025, 4, 30), 1, date(2025, 2, 28)),
        (date(2024, 8, 31), date(2025, 2, 28), 5, date(2025, 1, 31)),
        (date(2024, 8, 31), date(2025, 2, 28), 6, date(2025, 2, 21)),
    ],
)
def test_a_touchpoint_is_due_months_after_grace_began_or_a_week_before_its_end(
    since: date, until: date, month: int, due: date
) -> None:
    began, over = (np.array([day_number(day)], dtype=np.int32) for day in (since, until))
    days = touchpoint_days(began, over, np.array([month], dtype=np.int16))
    assert days.tolist() == [day_number(due)]


def test_each_is_told_on_its_day_and_no_other(in_grace: TierWorld) -> None:
    for due, month in ((FIRST, 1), (SECOND, 2), (LAST, 3)):
        day_before = date.fromordinal(due.toordinal() - 1)
        assert tell(in_grace, day_before) == []
        assert tell(in_grace, due) == [(due, month)]
        before = in_grace.snapshot()
        assert tell(in_grace, due) == []
        assert in_grace.snapshot() == before


def test_a_late_run_tells_all_that_fell_due_in_the_order_of_their_days(in_grace: TierWorld) -> None:
    assert tell(in_grace, date(2025, 4, 9)) == [(FIRST, 1), (SECOND, 2), (LAST, 3)]
    standing = in_grace.standing("M1", date(2025, 4, 9))
    assert not isinstance(standing, str)
    assert (standing.level, day_from_proto(standing.grace.until)) == ("sapphire", OVER)
    assert [move.grace_until for move in in_grace.moves("M1")[-4:]] == [standing.grace.until] * 4


@pytest.mark.parametrize("settled_first", [False, True])
def test_who_is_no_longer_in_grace_is_told_nothing_whichever_job_comes_first(
    in_grace: TierWorld, settled_first: bool
) -> None:
    if settled_first:
        in_grace.run(GRACE_EXPIRATION, OVER)
    assert tell(in_grace, OVER) == []


def test_what_was_not_told_before_a_recovery_never_is(in_grace: TierWorld) -> None:
    assert tell(in_grace, FIRST) == [(FIRST, 1)]
    in_grace.record(purchase("T2", "M1", date(2025, 3, 1), spend_minor=300_000))
    assert tell(in_grace, SECOND) == []
    assert tell(in_grace, OVER) == []


def test_a_second_time_of_grace_has_its_own_touchpoints(in_grace: TierWorld) -> None:
    tell(in_grace, FIRST)
    in_grace.record(purchase("T2", "M1", date(2025, 3, 1), spend_minor=300_000))
    assert [move.reason for move in in_grace.run_review(date(2026, 1, 10))] == [move_pb2.MOVE_REASON_RENEWED]
    [entered] = in_grace.run_review(date(2027, 1, 10))
    assert entered.reason == move_pb2.MOVE_REASON_GRACE_ENTERED
    assert tell(in_grace, date(2027, 3, 10)) == [(date(2027, 2, 10), 1), (date(2027, 3, 10), 2)]


def test_the_touchpoints_are_those_of_the_day_on_which_grace_began(in_grace: TierWorld) -> None:
    in_grace.today = date(2025, 1, 20)
    assert in_grace.apply(with_touchpoints(Touchpoint(2, "other", "Other"))) == []
    assert tell(in_grace, SECOND) == [(FIRST, 1), (SECOND, 2)]


def test_a_level_without_touchpoints_tells_nobody(tier_world: TierWorld) -> None:
    world = joined(tier_world, POLICY, "spa")
    world.record(purchase("T1", "M1", JOINED, spend_minor=300_000))
    world.run_review(FAILED)
    assert tell(world, LAST) == []
    plan = world.database.transact(lambda connection: GRACE_TOUCHPOINTS.plan(connection, 0))
    assert plan["empty"]


def test_a_lock_puts_off_the_end_of_grace_and_not_its_touchpoints(in_grace: TierWorld) -> None:
    lock = sa.update(STANDING).values(kept_until=date(2025, 6, 1))
    in_grace.database.transact(lambda connection: connection.execute(lock))
    assert tell(in_grace, OVER) == [(FIRST, 1), (SECOND, 2), (LAST, 3)]


def test_a_purchase_that_recovers_while_touchpoints_are_told_wins(in_grace: TierWorld) -> None:
    day = day_number(SECOND)
    plan = in_grace.database.transact(lambda connection: GRACE_TOUCHPOINTS.plan(connection, day))
    rows = GRACE_TOUCHPOINTS.read(in_grace.database.fetch_arrow, ALL_SHARDS, day, plan)
    decided = GRACE_TOUCHPOINTS.decide(rows, day, plan)
    assert len(GRACE_TOUCHPOINTS.changes(decided)) == 2
    in_grace.record(purchase("T2", "M1", date(2025, 3, 1), spend_minor=300_000))
    before = in_grace.snapshot()
    applied = in_grace.database.transact(lambda c: GRACE_TOUCHPOINTS.record(c, decided, "run"))
    assert applied.tolist() == [False, False]
    assert in_grace.snapshot() == before


def test_touchpoints_of_several_levels_are_told_apart(tier_world: TierWorld) -> None:
    crystal, sapphire, platinum = with_touchpoints(*TOLD).systems[0].levels
    platinum = replace(platinum, touchpoints=(Touchpoint(3, "outreach", "Personalized outreach"),))
    world = joined(tier_world, with_spa(levels=(crystal, sapphire, platinum)), "spa")
    world.record(purchase("T1", "M1", JOINED, spend_minor=1_000_000))
    world.run_review(FAILED)
    assert tell(world, date(2025, 7, 9)) == [(OVER, 3)]


def test_a_touchpoint_tells_what_counted_on_its_day(in_grace: TierWorld) -> None:
    in_grace.record(purchase("T2", "M1", date(2025, 2, 1), spend_minor=100_000, visits=3))
    moves = in_grace.run(GRACE_TOUCHPOINTS, SECOND)
    assert [(move.counted_spend_minor, move.counted_visits) for move in moves] == [(100_000, 3)] * 2


def test_a_touchpoint_does_not_tell_what_left_the_window_before(in_grace: TierWorld) -> None:
    in_grace.record(purchase("T0", "M1", date(2024, 2, 20), visits=2))
    moves = in_grace.run(GRACE_TOUCHPOINTS, SECOND)
    assert [move.counted_visits for move in moves] == [2, 0]
