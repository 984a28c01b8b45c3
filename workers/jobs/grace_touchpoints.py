"""grace-touchpoints: tells what is due to members in grace by a day."""

from typing import Final

from services.runtime.database import fetching
from services.tier.policy import Policy
from services.tier.rules.settlement import Matter
from services.tier.rules.touchpoints import decide_touchpoints
from services.tier.store.due import Due
from services.tier.store.graces import grace_going_on
from workers.job import Job, Parameters
from workers.jobs.standings import (
    DueStandings,
    SettledStandings,
    job_functions,
    policy_in_force,
    revisions_of,
)
from workers.progress import Connection


def plan_touchpoints(connection: Connection, _: int) -> Parameters:
    """The policy to go by; there is nothing to look at where no level ever had a touchpoint."""
    policy = policy_in_force(fetching(connection))
    levels = [
        level for document in policy.documents for system in document.systems for level in system.levels
    ]
    return {**revisions_of(policy), "empty": not any(level.touchpoints for level in levels)}


def who_is_in_grace(_: Policy, as_of: int, __: Parameters) -> Due:
    """Members whose grace began before the day."""
    return grace_going_on(as_of)


def decide_due_touchpoints(rows: DueStandings, as_of: int, _: Parameters) -> SettledStandings:
    """The touchpoints that fell due and were not told."""
    decided = decide_touchpoints(rows.standings, as_of, rows.policy, rows.daily)
    return SettledStandings(decided.standings, decided.moves, rows.policy)


GRACE_TOUCHPOINTS: Final[Job[DueStandings, SettledStandings]] = Job(
    name="grace-touchpoints",
    service="tier",
    plan=plan_touchpoints,
    **job_functions(who_is_in_grace, Matter.GRACE) | {"decide": decide_due_touchpoints},
)
