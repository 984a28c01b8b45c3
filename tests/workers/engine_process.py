"""An engine in a process of its own, to be killed: python -m tests.workers.engine_process URL start|go_on."""

import sys
import time

from services.runtime.database import Database
from tests.workers.conftest import AUGUST_31, DUE_ON
from tests.workers.counting_job import INTEREST_JOB
from workers.engine import Engine
from workers.inline import InlineExecutor
from workers.operations import Operations
from workers.progress.runs import read_running


def main(url: str, what: str) -> None:
    """Starts a run, or goes on with those that were going on; ends when none is left."""
    database = Database(url)
    engine = Engine({INTEREST_JOB.name: INTEREST_JOB}, {"tier": database}, InlineExecutor())
    if what == "start":
        Operations(engine, AUGUST_31).start("interest", DUE_ON, preview=False)
    else:
        engine.start()
    while database.transact(read_running):
        time.sleep(0.05)
    engine.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
