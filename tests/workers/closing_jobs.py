"""Two of the jobs of a day, played by interest on accounts; and a closing without a socket.

tier-review pays what is due, tenure what is due tomorrow. In a process of its own, to be killed:
python -m tests.workers.closing_jobs URL DAY.
"""

import sys
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from services.runtime.database import Database, Fetch
from tests.workers.conftest import AUGUST_31, DUE_ON
from tests.workers.counting_job import ACCOUNT, INTEREST, INTEREST_JOB, Accounts, open_accounts, read
from workers.closer import Closer
from workers.engine import Engine
from workers.inline import InlineExecutor
from workers.job import AnyJob, Parameters, Scope
from workers.operations import Operations
from workers.progress.tables import BULK_CHUNK, BULK_RUN, RunState

DUE_DAYS = 4
"""The accounts fall due on so many days, a quarter of them on each from DUE_ON on."""


def read_ahead(fetch: Fetch, scope: Scope, as_of: int, parameters: Parameters) -> Accounts:
    return read(fetch, scope, as_of + 1, parameters)


JOBS: dict[str, AnyJob] = {
    "tenure": replace(INTEREST_JOB, name="tenure", read=read_ahead),
    "tier-review": replace(INTEREST_JOB, name="tier-review"),
    "no-part-of-a-day": replace(INTEREST_JOB, name="no-part-of-a-day"),
}


def staggered(database: Database) -> Database:
    """A database of accounts that are due on DUE_DAYS days."""
    open_accounts(database, DUE_ON)
    later = sa.cast(ACCOUNT.c.balance % DUE_DAYS, sa.Integer)
    database.transact(lambda c: c.execute(sa.update(ACCOUNT).values(due_on=ACCOUNT.c.due_on + later)))
    return database


def operations_on(database: Database, jobs: dict[str, AnyJob] = JOBS) -> Operations:
    """An engine that is nobody's; what it leaves going on is taken up by another."""
    return Operations(Engine(jobs, {"tier": database}, InlineExecutor()), AUGUST_31)


def closed(operations: Operations, day: int) -> list[tuple[str, int]]:
    """Closes a day; the jobs that ran, with their days counted from DUE_ON."""
    closer, steps = Closer(operations), []
    with closer.closing(closer.checked(day)) as closing:
        while (run := closing.next_run()) is not None:
            operations.wait(run.run_id)
            steps.append((run.job, run.as_of - DUE_ON))
            assert operations.get(run.run_id).state is RunState.FINISHED
    return steps


def left_behind(database: Database) -> dict[str, list[Any]]:
    """All that closings leave behind, but for run ids and times: of each run also what it did in each chunk."""
    chunk, run = BULK_CHUNK.c, BULK_RUN.c
    paid = sa.select(INTEREST.c.member_id, INTEREST.c.due_on, INTEREST.c.points, run.job, run.as_of)
    by_run = sa.select(run.job, run.as_of, run.state, run.plan_hash, chunk.number, chunk.counts)
    selects = {
        "accounts": sa.select(ACCOUNT).order_by(ACCOUNT.c.member_id),
        "interest": paid.where(INTEREST.c.run_id == run.run_id).order_by(
            INTEREST.c.member_id, INTEREST.c.due_on
        ),
        "chunks": by_run.where(chunk.run_id == run.run_id).order_by(run.as_of, run.job, chunk.number),
    }
    return database.transact(
        lambda c: {name: [tuple(row) for row in c.execute(select)] for name, select in selects.items()}
    )


def main(url: str, day: str) -> None:
    """Starts an engine, which goes on with what was going on, and closes a day."""
    operations = operations_on(Database(url))
    operations.engine.start()
    closed(operations, int(day))
    operations.engine.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
