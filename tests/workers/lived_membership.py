"""A Tier with members who have bought for two years, and an engine to ask it what would be."""

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from carat.tier.v1 import member_pb2
from services.runtime.clock import Clock
from services.runtime.database import Database
from services.runtime.migrate import migrate
from services.runtime.program_messages import day_to_proto
from services.tier.policy_document import TierPolicy
from tests.tier.policies import POLICY
from tests.tier.world import PROGRAM, TierWorld, purchase
from workers.engine import Engine
from workers.executor import Executor
from workers.inline import InlineExecutor
from workers.job import AnyInquiry, Parameters
from workers.jobs import INQUIRIES, JOBS
from workers.jobs.what_if import plan_what_if
from workers.operations import Operations
from workers.progress import Connection
from workers.progress.reports import Run
from workers.progress.tables import MIGRATIONS, VERSION_TABLE, RunState

BEGAN, TODAY = date(2024, 1, 10), date(2026, 2, 20)
MEMBERS, PURCHASES = 150, 2_400
ALL: dict[str, AnyInquiry] = {**JOBS, **INQUIRIES}

Row = tuple[Any, ...]


@dataclass
class Lived:
    """The world on TODAY, and the engine beside it."""

    world: TierWorld
    operations: Operations

    def done(self, job: str, *, preview: bool = False) -> Run:
        """A run, or a preview of it, as of the day."""
        return self.ended(self.operations.start(job, day_of(self.world.today), preview))

    def what_if(self, policy: TierPolicy, *, everyone: bool = False) -> Run:
        """The simulation of a policy."""

        def plan(connection: Connection, today: int) -> Parameters:
            return plan_what_if(connection, today, PROGRAM, policy, everyone)

        return self.ended(self.operations.preview("what-if", plan))

    def ended(self, run: Run) -> Run:
        """The run once it has finished."""
        self.operations.wait(run.run_id)
        run = self.operations.get(run.run_id)
        assert (run.state, run.failure) == (RunState.FINISHED, "")
        return run

    def changes(self, run: Run) -> list[Row]:
        """Member by member what a run did, or a preview foresees."""
        rows: list[Row] = []
        token: str | None = None
        while token != "":
            page, token = self.operations.list_changes(run.run_id, token or "")
            columns = (page.member_id, page.reason, page.before, page.after, page.effective_on)
            points = (page.points_before, page.points_after)
            rows += zip(*(column.tolist() for column in (*columns, *points)), strict=True)
        return rows


def day_of(day: date) -> int:
    """The day as the engine counts it."""
    return (day - date(1970, 1, 1)).days


def begun(database: Database, executor: Executor | None = None) -> Lived:
    """An empty Tier on the first day, with an engine."""
    migrate(database, MIGRATIONS, VERSION_TABLE)
    noon = Clock(datetime.combine(TODAY, time(4), UTC))
    engine = Engine(ALL, {"tier": database}, executor or InlineExecutor())
    return Lived(TierWorld(database, today=BEGAN), Operations(engine, noon))


def lived(database: Database, executor: Executor | None = None) -> Lived:
    """Two thirds climb the spa's ladder and one third the game's; nothing was settled but by purchases."""
    life = begun(database, executor)
    world, luck = life.world, random.Random(7)
    assert world.apply(POLICY) == []
    joined = {f"M{number}": BEGAN + timedelta(luck.randrange(400)) for number in range(MEMBERS)}
    systems = {member: "game" if number % 3 == 0 else "spa" for number, member in enumerate(joined)}
    world.today = TODAY
    members = [
        member_pb2.Member(member_id=member, enrolled_on=day_to_proto(day), tier_system=systems[member])
        for member, day in joined.items()
    ]
    assert {created for _, created in world.enrol(*members)} == {True}
    bought = []
    for number in range(PURCHASES):
        member = f"M{int(MEMBERS * luck.random() ** 2)}"
        on = joined[member] + timedelta(luck.randrange((TODAY - joined[member]).days + 1))
        spend, app = luck.randrange(10_000, 120_000), "app" if luck.random() < 0.3 else ""
        bought.append((on, purchase(f"T{number}", member, on, spend_minor=spend, visits=luck.randrange(3),
                                    base_points=spend // 500, property_id=app)))  # fmt: skip
    bought.sort(key=lambda each: each[0])
    results = world.record(*(item for _, item in bought))
    assert {result.reason for result in results} == {0}
    return life
