"""points-expiration on the Points service's own tables: what is due is taken once, the oldest first, on its own day."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from services.kernel.calendar import day_number
from services.points.__main__ import MIGRATIONS as OF_POINTS
from services.points.ledger_columns import EntryKind
from services.points.recording.entries import NewEntry, lines_of
from services.points.recording.holdings import locked_holdings
from services.points.store.lines import record_lines
from services.runtime.database import Database
from services.runtime.migrate import migrate
from tests.workers.expiring_ledger import (
    A_YEAR,
    AN_IDLE_YEAR,
    DUE,
    EARNED,
    apply,
    balances,
    expirations,
    gets,
    holds,
    left_behind,
    operations_on,
    policy_of,
    run_of,
    spends,
    with_points,
)
from workers.executor import Executor
from workers.inline import InlineExecutor
from workers.progress.reports import Run
from workers.refusals import Reason, RunRefused

Expire = Callable[..., Run]


@pytest.fixture
def bare(fresh_database: Callable[[], Database]) -> Database:
    """A Points database without a policy."""
    database = fresh_database()
    migrate(database, OF_POINTS)
    return database


@pytest.fixture
def points(fresh_database: Callable[[], Database]) -> Database:
    """A Points database where points expire a year after they were earned."""
    return with_points(fresh_database())


@pytest.fixture
def expire(points: Database, executor: Executor) -> Iterator[Expire]:
    operations = operations_on(points, executor)

    def run(as_of: date, preview: bool = False) -> Run:
        return run_of(operations, as_of, preview)

    yield run
    operations.engine.stop()


@pytest.fixture
def expire_here(points: Database) -> Iterator[Expire]:
    """The same in this process, for what no executor makes a difference to."""
    operations = operations_on(points, InlineExecutor())

    def run(as_of: date, preview: bool = False) -> Run:
        return run_of(operations, as_of, preview)

    yield run
    operations.engine.stop()


def test_points_are_there_the_day_before_and_gone_on_the_day(points: Database, expire: Expire) -> None:
    gets(points, "amy", 100, EARNED)
    gets(points, "amy", 30, EARNED + timedelta(days=9))
    assert expire(DUE - timedelta(days=1)).changes == []
    assert balances(points) == {"amy": 130}
    assert len(expire(DUE).changes) == 1
    assert balances(points) == {"amy": 30}
    assert expirations(points) == [("amy", DUE, 100)]


def test_a_preview_takes_nothing_and_foresees_the_run_and_a_second_run_takes_nothing_more(
    points: Database, expire: Expire
) -> None:
    for number in range(40):
        gets(points, f"M{number}", 10 + number, EARNED - timedelta(days=number % 3))
        gets(points, f"M{number}", 5, EARNED + timedelta(days=number % 5))
        spends(points, f"M{number}", number % 12 + 1, DUE)
    before = balances(points)
    preview = expire(DUE, preview=True)
    assert balances(points) == before
    run = expire(DUE)
    assert (run.plan_hash, run.changes) == (preview.plan_hash, preview.changes)
    assert len(expirations(points)) == sum(rows for _, rows in run.changes) > 0
    after = left_behind(points)
    assert expire(DUE).changes == []
    assert left_behind(points) == after


def test_what_was_spent_were_the_oldest_points_so_that_younger_ones_are_left(
    points: Database, expire_here: Expire
) -> None:
    gets(points, "amy", 100, EARNED)
    gets(points, "amy", 100, EARNED + timedelta(days=200))
    spends(points, "amy", 70, DUE - timedelta(days=1))
    expire_here(DUE)
    assert expirations(points) == [("amy", DUE, 30)]
    assert balances(points) == {"amy": 100}


def test_a_refund_of_a_purchase_whose_points_have_expired_is_owed(
    points: Database, expire_here: Expire
) -> None:
    gets(points, "amy", 100, EARNED)
    expire_here(DUE)
    day = day_number(DUE)
    refund = NewEntry(
        "refund", EntryKind.PURCHASE_REVERSAL, "amy", -100, day, day_number(EARNED), related_id="t"
    )
    policy = policy_of(points)
    points.transact(lambda c: record_lines(c, lines_of([refund], policy)))
    assert balances(points) == {"amy": -100}
    gets(points, "amy", 150, DUE)
    assert expire_here(DUE + timedelta(days=20)).changes == []
    assert balances(points) == {"amy": 50}


def test_several_days_of_one_member_are_told_with_the_balance_before_and_after_each(
    points: Database,
) -> None:
    for day in range(3):
        gets(points, "amy", 10, EARNED + timedelta(days=day))
    gets(points, "amy", 5, DUE)
    operations = operations_on(points, InlineExecutor())
    foreseen, _ = operations.list_changes(run_of(operations, DUE + timedelta(days=1), True).run_id, "")
    recorded, _ = operations.list_changes(run_of(operations, DUE + timedelta(days=1)).run_id, "")
    for changes in (foreseen, recorded):
        assert changes.points_before.tolist() == [35, 25]
        assert changes.points_after.tolist() == [25, 15]
        assert changes.effective_on.tolist() == [day_number(DUE), day_number(DUE) + 1]
    operations.engine.stop()


def test_one_late_run_equals_a_run_of_every_day(
    points: Database, fresh_database: Callable[[], Database]
) -> None:
    in_time = with_points(fresh_database())
    for database in (points, in_time):
        for number in range(12):
            gets(database, f"M{number % 4}", 10 + number, EARNED + timedelta(days=number))
            spends(database, f"M{number % 4}", 3, DUE - timedelta(days=1))
    nightly, late = operations_on(in_time, InlineExecutor()), operations_on(points, InlineExecutor())
    for day in range(8):
        run_of(nightly, DUE + timedelta(days=day))
    run_of(late, DUE + timedelta(days=7))
    assert left_behind(points) == left_behind(in_time)
    assert len(expirations(points)) == 8
    nightly.engine.stop()
    late.engine.stop()


def test_it_makes_no_difference_whether_the_job_or_an_act_of_the_member_comes_first(
    points: Database, expire_here: Expire
) -> None:
    for member in ("amy", "bo"):
        gets(points, member, 100, EARNED)
        gets(points, member, 7, EARNED + timedelta(days=1))
    policy = policy_of(points)
    tomorrow = datetime(2026, 8, 2, 4, tzinfo=UTC)
    points.transact(
        lambda c: locked_holdings(c, policy, ["bo"], day_number(DUE + timedelta(days=1)), tomorrow)
    )
    expire_here(DUE + timedelta(days=1))
    assert balances(points) == {"amy": 0, "bo": 0}
    of = {member: [row[1:] for row in expirations(points) if row[0] == member] for member in ("amy", "bo")}
    assert of["amy"] == of["bo"] == [(DUE, 100), (DUE + timedelta(days=1), 7)]


def test_points_given_back_after_their_day_expire_alike_by_the_job_and_by_an_act(
    points: Database, expire_here: Expire
) -> None:
    given_back = day_number(DUE) + 10
    for member in ("amy", "bo"):
        gets(points, member, 100, EARNED)
        spends(points, member, 100, EARNED + timedelta(days=1))
    policy = policy_of(points)
    back = [
        NewEntry(f"back-{member}", EntryKind.REDEMPTION_REVERSAL, member, 60, given_back)
        for member in ("amy", "bo")
    ]
    points.transact(lambda c: record_lines(c, lines_of(back, policy)))
    later = datetime(2026, 8, 21, 4, tzinfo=UTC)
    points.transact(lambda c: locked_holdings(c, policy, ["bo"], given_back + 10, later))
    assert expire_here(DUE + timedelta(days=9)).changes == []
    expire_here(DUE + timedelta(days=20))
    assert expirations(points) == [
        ("amy", DUE + timedelta(days=10), 60),
        ("bo", DUE + timedelta(days=10), 60),
    ]


def test_held_points_wait_for_the_end_of_their_hold_and_expire_as_of_their_day(
    points: Database, expire_here: Expire
) -> None:
    gets(points, "amy", 100, EARNED)
    holds(points, "amy", 60, until=datetime(2026, 8, 1, 10, tzinfo=UTC))
    expire_here(DUE)
    assert expirations(points) == [("amy", DUE, 40)]
    expire_here(DUE + timedelta(days=1))
    assert expirations(points) == [("amy", DUE, 40), ("amy", DUE, 60)]


def test_who_was_active_keeps_the_points_where_inactivity_counts(
    bare: Database,
) -> None:
    apply(bare, AN_IDLE_YEAR)
    for member in ("idle", "active"):
        gets(bare, member, 100, EARNED)
    spends(bare, "active", 1, EARNED + timedelta(days=30))
    operations = operations_on(bare, InlineExecutor())
    run_of(operations, DUE)
    assert balances(bare) == {"active": 99, "idle": 0}
    run_of(operations, DUE + timedelta(days=30))
    assert balances(bare) == {"active": 0, "idle": 0}
    assert expirations(bare)[-1] == ("idle", DUE, 100)
    operations.engine.stop()


def test_where_points_never_expire_there_is_nothing_to_look_at(bare: Database) -> None:
    apply(bare, None)
    gets(bare, "amy", 100, EARNED)
    operations = operations_on(bare, InlineExecutor())
    run = run_of(operations, DUE)
    assert (run.chunks, run.members_read, run.changes) == (0, 0, [])
    operations.engine.stop()


def test_no_run_is_of_a_day_to_come_or_before_a_program(bare: Database) -> None:
    operations = operations_on(bare, InlineExecutor())
    with pytest.raises(RunRefused) as refused:
        run_of(operations, DUE)
    assert refused.value.reason is Reason.POLICY_REQUIRED
    apply(bare, A_YEAR)
    with pytest.raises(RunRefused) as refused:
        run_of(operations, date(2026, 9, 1))
    assert refused.value.reason is Reason.AS_OF_MUST_NOT_BE_IN_FUTURE
    operations.engine.stop()
