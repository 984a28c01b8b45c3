"""Runs from start to finish, by each executor."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from services.runtime.database import Database
from tests.workers.conftest import (
    DUE_ON,
    KeptOpen,
    closed_gate,
    ended,
    eventually,
    final_state,
    wait_for_chunks_at_the_gate,
)
from tests.workers.counting_job import ACCOUNT, GATE, INTEREST, MEMBERS, PERIOD_DAYS, RATE, open_accounts
from workers.executor import Executor
from workers.operations import Operations
from workers.progress.runs import finish_run, read_state
from workers.progress.tables import RunState

StartOperations = Callable[..., Operations]


def interest_paid(database: Database) -> int:
    return database.transact(lambda c: c.scalar(sa.select(sa.func.count()).select_from(INTEREST)) or 0)


def change_rate(database: Database, percent: int) -> None:
    database.transact(lambda c: c.execute(sa.update(RATE).values(percent=percent)))


def test_every_account_that_is_due_is_paid_once(
    database: Database, executor: Executor, start_operations: StartOperations
) -> None:
    operations = start_operations(database, executor)
    run = ended(operations, operations.start("interest", DUE_ON, preview=False).run_id)
    assert (run.state, run.failure) == (RunState.FINISHED, "")
    assert (run.chunks, run.chunks_done, run.members_read) == (10, 10, MEMBERS)
    assert sum(members for _, members in run.changes) == interest_paid(database) == MEMBERS
    assert run.stopped_at is not None
    assert run.stopped_at > run.started_at


@pytest.mark.ray
def test_ray_and_inline_leave_the_same_behind(
    database: Database,
    fresh_database: Callable[[], Database],
    start_operations: StartOperations,
    ray_executor: Executor,
) -> None:
    twin = fresh_database()
    open_accounts(twin, DUE_ON)
    by_ray, inline = start_operations(database, KeptOpen(ray_executor)), start_operations(twin)
    one = ended(by_ray, by_ray.start("interest", DUE_ON, preview=False).run_id)
    other = ended(inline, inline.start("interest", DUE_ON, preview=False).run_id)
    assert final_state(database) == final_state(twin)
    assert (one.plan_hash, one.changes) == (other.plan_hash, other.changes)


def test_a_repeated_run_changes_nothing(database: Database, start_operations: StartOperations) -> None:
    operations = start_operations(database)
    ended(operations, operations.start("interest", DUE_ON, preview=False).run_id)
    before = database.transact(lambda c: c.execute(sa.select(ACCOUNT)).all())
    repeated = ended(operations, operations.start("interest", DUE_ON, preview=False).run_id)
    assert (repeated.state, repeated.members_read, list(repeated.changes)) == (RunState.FINISHED, 0, [])
    assert database.transact(lambda c: c.execute(sa.select(ACCOUNT)).all()) == before
    assert interest_paid(database) == MEMBERS


def test_a_run_with_nothing_to_look_at_is_finished_without_chunks(
    fresh_database: Callable[[], Database], start_operations: StartOperations
) -> None:
    database = fresh_database()
    open_accounts(database, DUE_ON, percent=0)
    operations = start_operations(database)
    run = ended(operations, operations.start("interest", DUE_ON, preview=False).run_id)
    assert (run.state, run.chunks, run.plan_hash) == (RunState.FINISHED, 0, "0" * 64)
    assert final_state(database)["closings"] == [(1,)]


def test_a_preview_tells_exactly_what_the_run_will_do(
    database: Database, executor: Executor, start_operations: StartOperations
) -> None:
    operations = start_operations(database, executor)
    preview = ended(operations, operations.start("interest", DUE_ON, preview=True).run_id)
    assert (preview.state, interest_paid(database)) == (RunState.FINISHED, 0)
    assert final_state(database)["closings"] == [(0,)]
    run = ended(operations, operations.start("interest", DUE_ON, preview=False).run_id)
    assert (preview.changes, preview.plan_hash) == (run.changes, run.plan_hash)
    assert {kind.after for kind, _ in run.changes} == {"modest", "rich"}


def test_a_row_changed_meanwhile_is_decided_again(
    database: Database, start_operations: StartOperations
) -> None:
    operations = start_operations(database)
    with closed_gate(database):
        run = operations.start("interest", DUE_ON, preview=False)
        wait_for_chunks_at_the_gate(database, 1)
        deposit = sa.update(ACCOUNT).values(balance=1_000_000, version=ACCOUNT.c.version + 1)
        database.transact(lambda c: c.execute(deposit))
    done = ended(operations, run.run_id)
    assert [(kind.after, members) for kind, members in done.changes] == [("rich", MEMBERS)]
    balances = set(database.transact(lambda c: c.scalars(sa.select(ACCOUNT.c.balance)).all()))
    assert (balances, interest_paid(database)) == ({1_100_000}, MEMBERS)


def test_a_row_that_is_no_longer_due_is_left_alone(
    database: Database, start_operations: StartOperations
) -> None:
    operations = start_operations(database)
    with closed_gate(database):
        run = operations.start("interest", DUE_ON, preview=False)
        wait_for_chunks_at_the_gate(database, 1)
        postponed = sa.update(ACCOUNT).values(
            due_on=ACCOUNT.c.due_on + PERIOD_DAYS, version=ACCOUNT.c.version + 1
        )
        database.transact(lambda c: c.execute(postponed))
    done = ended(operations, run.run_id)
    assert (done.state, list(done.changes), interest_paid(database)) == (RunState.FINISHED, [], 0)


def test_a_cancelled_run_keeps_what_is_done_and_a_resumed_one_does_the_rest(
    database: Database, executor: Executor, start_operations: StartOperations
) -> None:
    operations = start_operations(database, executor)
    with closed_gate(database):
        run_id = operations.start("interest", DUE_ON, preview=False).run_id
        wait_for_chunks_at_the_gate(database, 1)
        assert operations.cancel(run_id).state is RunState.CANCELLED
    operations.wait(run_id)
    halfway = operations.get(run_id)
    assert 0 < halfway.chunks_done < halfway.chunks
    assert halfway.stopped_at is not None
    assert operations.resume(run_id).stopped_at is None
    assert ended(operations, run_id).chunks_done == 10
    assert interest_paid(database) == MEMBERS


def test_a_run_resumed_while_it_winds_down_goes_on(
    database: Database, start_operations: StartOperations, monkeypatch: pytest.MonkeyPatch
) -> None:
    operations = start_operations(database)

    def resumed_at_once(connection: sa.Connection, run_id: str) -> RunState:
        state = read_state(connection, run_id)
        if state is RunState.CANCELLED:
            operations.resume(run_id)
        return state

    monkeypatch.setattr("workers.engine.read_state", resumed_at_once)
    with closed_gate(database):
        run_id = operations.start("interest", DUE_ON, preview=False).run_id
        wait_for_chunks_at_the_gate(database, 1)
        operations.cancel(run_id)
    eventually(lambda: operations.get(run_id), lambda run: run.state is RunState.FINISHED)
    assert interest_paid(database) == MEMBERS


def test_a_resumed_run_decides_by_what_it_was_planned_with(
    database: Database, fresh_database: Callable[[], Database], start_operations: StartOperations
) -> None:
    operations = start_operations(database)
    with closed_gate(database):
        run_id = operations.start("interest", DUE_ON, preview=False).run_id
        wait_for_chunks_at_the_gate(database, 1)
        operations.cancel(run_id)
        change_rate(database, 50)
    operations.resume(run_id)
    assert ended(operations, run_id).state is RunState.FINISHED
    twin = fresh_database()
    open_accounts(twin, DUE_ON)
    undisturbed = start_operations(twin)
    ended(undisturbed, undisturbed.start("interest", DUE_ON, preview=False).run_id)
    assert final_state(database) == final_state(twin)


def test_a_run_that_fails_says_why_and_goes_on_when_the_cause_is_gone(
    database: Database, executor: Executor, start_operations: StartOperations
) -> None:
    operations = start_operations(database, executor)
    database.transact(lambda c: c.execute(sa.text("ALTER TABLE gate RENAME TO away")))
    failed = ended(operations, operations.start("interest", DUE_ON, preview=False).run_id)
    assert failed.state is RunState.FAILED
    assert 'relation "gate" does not exist' in failed.failure
    assert interest_paid(database) == 0
    database.transact(lambda c: c.execute(sa.text(f"ALTER TABLE away RENAME TO {GATE.name}")))
    operations.resume(failed.run_id)
    resumed = ended(operations, failed.run_id)
    assert (resumed.state, resumed.failure, interest_paid(database)) == (RunState.FINISHED, "", MEMBERS)


def test_a_run_is_not_finished_before_its_last_chunk(
    database: Database, start_operations: StartOperations
) -> None:
    operations = start_operations(database)
    with closed_gate(database):
        run_id = operations.start("interest", DUE_ON, preview=False).run_id
        closed: list[object] = []
        assert not database.transact(lambda c: finish_run(c, run_id, closed.append))
        assert closed == []
    assert ended(operations, run_id).state is RunState.FINISHED
    assert not database.transact(lambda c: finish_run(c, run_id, closed.append))
    assert closed == []


def test_a_query_that_can_never_work_fails_its_run(
    database: Database, start_operations: StartOperations
) -> None:
    operations = start_operations(database)
    with closed_gate(database):
        run_id = operations.start("interest", DUE_ON, preview=False).run_id
        wait_for_chunks_at_the_gate(database, 1)
        database.transact(lambda c: c.execute(sa.text("ALTER TABLE account RENAME COLUMN due_on TO due")))
    assert ended(operations, run_id).state is RunState.FAILED
