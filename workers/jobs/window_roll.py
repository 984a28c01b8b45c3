"""window-roll: settles, and subtracts what left the window, whether or not a move comes of it."""

from typing import Final

import numpy as np

from services.runtime.database import fetching
from services.tier.policy import Policy
from services.tier.rules.rolling import decide_rolls
from services.tier.rules.settlement import EVERYTHING
from services.tier.store.due import Due
from services.tier.store.rolling import rolling_due
from workers.job import Job, Parameters
from workers.jobs.standings import (
    DueStandings,
    SettledStandings,
    job_functions,
    policy_in_force,
    revisions_of,
)
from workers.progress import Connection


def plan_roll(connection: Connection, _: int) -> Parameters:
    """The policy to go by."""
    return revisions_of(policy_in_force(fetching(connection)))


def whose_window_moved_on(policy: Policy, as_of: int, _: Parameters) -> Due:
    """Members whose sums are of an earlier window, or no longer keep a level that is checked continuously."""
    return rolling_due(policy, as_of)


def decide_due_rolls(rows: DueStandings, as_of: int, _: Parameters) -> SettledStandings:
    """Everything due settled, and the sums as of the day."""
    until = np.full(len(rows.standings), as_of, dtype=np.int32)
    decided, rolled = decide_rolls(rows.standings, until, rows.policy, rows.daily)
    return SettledStandings(decided.standings, decided.moves, rows.policy, rolled)


WINDOW_ROLL: Final[Job[DueStandings, SettledStandings]] = Job(
    name="window-roll",
    service="tier",
    plan=plan_roll,
    **job_functions(whose_window_moved_on, EVERYTHING) | {"decide": decide_due_rolls},
)
