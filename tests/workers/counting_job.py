"""A small bulk job over a small table, to see the engine at work: interest on accounts that are due.

Whoever holds the row of `gate` FOR UPDATE keeps every chunk from recording.
"""

from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from services.kernel.calendar import Days, day_date
from services.kernel.columns import Mask
from services.kernel.shards import SHARDS, shard_of
from services.runtime.arrays import insert_rows, rows_of
from services.runtime.database import Database, Fetch
from workers.job import Changes, Job, Parameters, PolicyRequired, Scope

METADATA = sa.MetaData()
RATE = sa.Table("rate", METADATA, sa.Column("percent", sa.BigInteger, nullable=False))
GATE = sa.Table("gate", METADATA, sa.Column("only", sa.Integer, primary_key=True))
ACCOUNT = sa.Table(
    "account",
    METADATA,
    sa.Column("shard", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("member_id", sa.Text, primary_key=True),
    sa.Column("balance", sa.BigInteger, nullable=False),
    sa.Column("due_on", sa.Date, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
)
INTEREST = sa.Table(
    "interest",
    METADATA,
    sa.Column("member_id", sa.Text, primary_key=True),
    sa.Column("due_on", sa.Date, primary_key=True),
    sa.Column("shard", sa.SmallInteger, nullable=False),
    sa.Column("run_id", sa.Text, nullable=False),
    sa.Column("points", sa.BigInteger, nullable=False),
    sa.Column("before", sa.Text, nullable=False),
    sa.Column("after", sa.Text, nullable=False),
)
CLOSING = sa.Table("closing", METADATA, sa.Column("run_id", sa.Text, nullable=False))

MEMBERS = 2_000
RICH = 10_000
PERIOD_DAYS = 30
_WEIGHT_OF_A_MEMBER = 100
"""Makes ten chunks of MEMBERS."""


@dataclass(frozen=True)
class Accounts:
    shard: NDArray[np.int16]
    member_id: NDArray[np.object_]
    balance: NDArray[np.int64]
    due_on: Days
    version: NDArray[np.int32]


@dataclass(frozen=True)
class Payments:
    accounts: Accounts
    interest: NDArray[np.int64]


def open_accounts(database: Database, due_on: int, percent: int | None = 10) -> None:
    """The tables, MEMBERS accounts due on a day, and the rate; without one the job has no policy."""
    members = [f"member-{number}" for number in range(MEMBERS)]
    accounts = {
        "shard": shard_of(members),
        "member_id": members,
        "balance": (np.arange(MEMBERS, dtype=np.int64) * 7) % (RICH + 500),
        "due_on": np.full(MEMBERS, due_on, dtype=np.int32),
        "version": np.ones(MEMBERS, dtype=np.int32),
    }

    def create(connection: sa.Connection) -> None:
        METADATA.create_all(connection)
        connection.execute(insert_rows(ACCOUNT, accounts))
        connection.execute(sa.insert(GATE).values(only=1))
        if percent is not None:
            connection.execute(sa.insert(RATE).values(percent=percent))

    database.transact(create)


def time_zone(connection: sa.Connection) -> str:
    if connection.scalar(sa.select(RATE.c.percent)) is None:
        raise PolicyRequired
    return "Asia/Kuala_Lumpur"


def plan(connection: sa.Connection, _: int) -> Parameters:
    percent = connection.execute(sa.select(RATE.c.percent)).scalar_one()
    return {"percent": percent, "empty": percent == 0}


def weigh(fetch: Fetch, _: int, __: Parameters) -> NDArray[np.int64]:
    counted = fetch(sa.select(ACCOUNT.c.shard, sa.func.count().label("members")).group_by(ACCOUNT.c.shard))
    weights = np.zeros(SHARDS, dtype=np.int64)
    weights[counted["shard"]] = counted["members"] * _WEIGHT_OF_A_MEMBER
    return weights


def read(fetch: Fetch, scope: Scope, as_of: int, _: Parameters) -> Accounts:
    account = ACCOUNT.c
    due = sa.select(*(account[name] for name in Accounts.__dataclass_fields__)).where(
        account.shard.between(scope.first_shard, scope.last_shard), account.due_on <= day_date(as_of)
    )
    if scope.members is not None:
        due = due.where(account.member_id.in_(scope.members.tolist()))
    due = due.order_by(account.shard, account.member_id)
    return Accounts(**fetch(due.with_for_update() if scope.lock else due))


def decide(accounts: Accounts, _: int, parameters: Parameters) -> Payments:
    return Payments(accounts, accounts.balance * parameters["percent"] // 100)


def changes(payments: Payments) -> Changes:
    accounts = payments.accounts
    return Changes(
        member_id=accounts.member_id,
        reason=np.full(len(accounts.shard), "INTEREST_PAID", dtype=object),
        before=wealth(accounts.balance),
        after=wealth(accounts.balance + payments.interest),
        effective_on=accounts.due_on,
    )


def wealth(balance: NDArray[np.int64]) -> NDArray[np.object_]:
    return np.where(balance >= RICH, "rich", "modest").astype(np.object_)


def record(connection: sa.Connection, payments: Payments, run_id: str) -> Mask:
    connection.execute(sa.select(GATE).with_for_update(read=True))
    accounts, kinds = payments.accounts, changes(payments)
    given = rows_of(
        ACCOUNT,
        {
            "shard": accounts.shard,
            "member_id": accounts.member_id,
            "version": accounts.version,
            "balance": payments.interest,
        },
    )
    paid = connection.execute(
        sa.update(ACCOUNT)
        .where(
            ACCOUNT.c.shard == given.c.shard,
            ACCOUNT.c.member_id == given.c.member_id,
            ACCOUNT.c.version == given.c.version,
        )
        .values(
            balance=ACCOUNT.c.balance + given.c.balance,
            due_on=ACCOUNT.c.due_on + PERIOD_DAYS,
            version=ACCOUNT.c.version + 1,
        )
        .returning(ACCOUNT.c.member_id)
    )
    applied = np.isin(accounts.member_id.astype(str), list(paid.scalars()))
    entries = {
        "member_id": kinds.member_id[applied],
        "due_on": accounts.due_on[applied],
        "shard": accounts.shard[applied],
        "run_id": [run_id] * int(applied.sum()),
        "points": payments.interest[applied],
        "before": kinds.before[applied],
        "after": kinds.after[applied],
    }
    connection.execute(insert_rows(INTEREST, entries))
    return applied


def recorded(fetch: Fetch, run_id: str, scope: Scope) -> Changes:
    entry = INTEREST.c
    found = fetch(
        sa.select(entry.member_id, entry.before, entry.after, entry.due_on).where(
            entry.run_id == run_id, entry.shard.between(scope.first_shard, scope.last_shard)
        )
    )
    reason = np.full(len(found["due_on"]), "INTEREST_PAID", dtype=object)
    return Changes(found["member_id"], reason, found["before"], found["after"], found["due_on"])


def members_read(accounts: Accounts) -> int:
    return len(accounts.shard)


def finish(connection: sa.Connection, _: Parameters, run_id: str) -> None:
    connection.execute(sa.insert(CLOSING).values(run_id=run_id))


INTEREST_JOB: Job[Accounts, Payments] = Job(
    name="interest",
    service="tier",
    time_zone=time_zone,
    plan=plan,
    weigh=weigh,
    read=read,
    decide=decide,
    changes=changes,
    members_read=members_read,
    record=record,
    recorded=recorded,
    finish=finish,
)
