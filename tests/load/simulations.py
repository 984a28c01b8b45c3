"""What-if over the members of a review: the same policy, of those who are due and as if everybody were."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from datetime import time as time_of_day
from functools import partial

from services.cli.program_file import read_program
from services.runtime.clock import Clock
from services.runtime.database import Database
from services.runtime.program_messages import program_from_proto
from services.tier.policy_messages import policy_from_proto
from tests.load.memberships import Review
from tests.load.scratch import Scratch
from workers.engine import Engine
from workers.executor import Executor
from workers.jobs.what_if import WHAT_IF, plan_what_if
from workers.operations import Operations
from workers.progress.tables import RunState


def measure_simulations(
    scratch: Scratch, template: str, review: Review, executor: Executor
) -> Mapping[str, float]:
    """Seconds that either simulation takes, by its name."""
    with scratch.copy_of(template) as copy:
        return {
            name: _simulated(scratch.url(copy), review, executor, everyone)
            for name, everyone in (("due", False), ("everyone", True))
        }


def _simulated(url: str, review: Review, executor: Executor, everyone: bool) -> float:
    file = read_program(review.program).message
    plan = partial(
        plan_what_if,
        program=program_from_proto(file.program),
        policy=policy_from_proto(file.tier),
        everyone=everyone,
    )
    clock = Clock(datetime.combine(review.as_of, time_of_day(12), UTC))
    database = Database(url)
    try:
        operations = Operations(Engine({WHAT_IF.name: WHAT_IF}, {"tier": database}, executor), clock)
        started = time.perf_counter()
        run = operations.preview(WHAT_IF.name, plan)
        operations.wait(run.run_id)
        seconds = time.perf_counter() - started
        run = operations.get(run.run_id)
    finally:
        database.close()
    if run.state is not RunState.FINISHED:
        raise RuntimeError(f"{run.run_id} is {run.state.name}: {run.failure}")
    return seconds
