"""A Points database in which points come, go, are held and expire; without a service in front of it."""

from datetime import date, datetime
from itertools import count
from typing import Any

import sqlalchemy as sa

from services.kernel.calendar import NEVER, day_number
from services.kernel.program import Program
from services.kernel.shards import shard_of
from services.points.__main__ import MIGRATIONS
from services.points.ledger_columns import EntryKind, RedemptionState
from services.points.policy import Policy
from services.points.policy_document import EarningRates, Expiry, ExpiryMode, PointsPolicy, QualifyingKinds
from services.points.recording.entries import NewEntry, lines_of
from services.points.recording.policies import apply_policy
from services.points.store.lines import record_lines
from services.points.store.policies import read_policy
from services.points.tables import ACCOUNT, ENTRY, REDEMPTION
from services.runtime.database import Database, fetching
from services.runtime.migrate import migrate
from tests.workers.conftest import AUGUST_31, ended
from workers.engine import Engine
from workers.executor import Executor
from workers.jobs.points_expiration import POINTS_EXPIRATION
from workers.operations import Operations
from workers.progress.reports import Run
from workers.progress.tables import RunState

PROGRAM = Program("LUXESPA-PRIVILEGE", "LuxeSpa Privilege", "MYR", "Asia/Kuala_Lumpur", "LUXE-POINTS")
A_YEAR = Expiry(ExpiryMode.AFTER_EARNING, 12)
AN_IDLE_YEAR = Expiry(ExpiryMode.AFTER_INACTIVITY, 12)
JUNE_1 = date(2026, 6, 1)
EARNED = date(2025, 8, 1)
DUE = date(2026, 8, 1)
"""What was earned on EARNED expires on DUE, after A_YEAR."""

_ids = count(1)


def apply(database: Database, expiry: Expiry | None, on: date = JUNE_1) -> None:
    policy = PointsPolicy(EarningRates(service_bp=10_000), QualifyingKinds(service=True), expiry=expiry)
    applied = database.transact(lambda c: apply_policy(c, PROGRAM, policy, None, on, validate_only=False))
    assert applied.violations == []


def with_points(database: Database, expiry: Expiry | None = A_YEAR) -> Database:
    """The database with the tables of Points, and a program that lets points expire like that."""
    migrate(database, MIGRATIONS)
    apply(database, expiry)
    return database


def gets(
    database: Database, member_id: str, points: int, day: date, kind: EntryKind = EntryKind.AWARD
) -> None:
    """Points of a day; negative ones are spent."""
    number = day_number(day)
    entry = NewEntry(f"t{next(_ids)}", kind, member_id, points, number, number if points > 0 else NEVER)

    database.transact(lambda c: record_lines(c, lines_of([entry], policy_of(database))))


def spends(database: Database, member_id: str, points: int, day: date) -> None:
    gets(database, member_id, -points, day, EntryKind.REDEMPTION)


def holds(database: Database, member_id: str, points: int, until: datetime) -> None:
    """An authorisation for so many points."""
    row = {
        "redemption_id": f"r{next(_ids)}",
        "payload_hash": b"",
        "shard": int(shard_of([member_id])[0]),
        "member_id": member_id,
        "redeemed_by": member_id,
        "points": points,
        "value_minor": 0,
        "state": RedemptionState.AUTHORISED,
        "expires_at": until,
        "occurred_on": until.date(),
        "points_revision": 1,
    }
    database.transact(lambda c: c.execute(sa.insert(REDEMPTION).values(row)))


def policy_of(database: Database) -> Policy:
    """The policy as last applied."""
    policy = database.transact(lambda c: read_policy(fetching(c)))
    assert policy is not None
    return policy


def balances(database: Database) -> dict[str, int]:
    select = sa.select(ACCOUNT.c.member_id, ACCOUNT.c.balance)
    return dict(database.transact(lambda c: [tuple(row) for row in c.execute(select)]))


def expirations(database: Database) -> list[tuple[str, date, int]]:
    columns = (ENTRY.c.member_id, ENTRY.c.occurred_on, -ENTRY.c.points)
    select = sa.select(*columns).where(ENTRY.c.kind == EntryKind.EXPIRATION).order_by(ENTRY.c.transaction_id)
    return database.transact(lambda c: [tuple(row) for row in c.execute(select)])


def left_behind(database: Database) -> list[tuple[Any, ...]]:
    """Accounts and what expired, but for the order in which it was posted and the runs."""
    named = (
        ENTRY.c.transaction_id,
        ENTRY.c.member_id,
        ENTRY.c.occurred_on,
        ENTRY.c.points,
        ENTRY.c.points_revision,
    )
    selects = (
        sa.select(ACCOUNT.c.member_id, ACCOUNT.c.balance, ACCOUNT.c.expirations).order_by(
            ACCOUNT.c.member_id
        ),
        sa.select(*named).where(ENTRY.c.kind == EntryKind.EXPIRATION).order_by(ENTRY.c.transaction_id),
    )
    return database.transact(lambda c: [tuple(row) for each in selects for row in c.execute(each)])


def operations_on(database: Database, executor: Executor, job: Any = POINTS_EXPIRATION) -> Operations:
    return Operations(Engine({job.name: job}, {"points": database}, executor), AUGUST_31)


def run_of(operations: Operations, as_of: date, preview: bool = False) -> Run:
    started = operations.start("points-expiration", day_number(as_of), preview)
    done = ended(operations, started.run_id)
    assert (done.state, done.failure) == (RunState.FINISHED, "")
    return done
