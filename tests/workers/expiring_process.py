"""An engine that lets points expire, in a process of its own, to be killed.

python -m tests.workers.expiring_process URL DAY; without a day it goes on with what was going on.
"""

import sys

from services.runtime.database import Database
from tests.workers.conftest import AUGUST_31
from workers.engine import Engine
from workers.inline import InlineExecutor
from workers.jobs.points_expiration import POINTS_EXPIRATION
from workers.operations import Operations
from workers.progress.runs import read_running


def main(url: str, day: str = "") -> None:
    """Starts a run, or goes on with one; ends when none is left."""
    database = Database(url)
    engine = Engine({POINTS_EXPIRATION.name: POINTS_EXPIRATION}, {"points": database}, InlineExecutor())
    operations = Operations(engine, AUGUST_31)
    if day:
        operations.wait(operations.start(POINTS_EXPIRATION.name, int(day), preview=False).run_id)
    for run_id, _ in database.transact(read_running):
        operations.resume(run_id)
        operations.wait(run_id)
    engine.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
