"""inactivity: marks members of the lowest level who stay away."""

from typing import Final

from services.runtime.database import fetching
from services.tier.policy import Policy
from services.tier.rules.settlement import Matter
from services.tier.store.due import Due, inactivity_due
from workers.job import Job, Parameters
from workers.jobs.standings import (
    DueStandings,
    SettledStandings,
    job_functions,
    policy_in_force,
    revisions_of,
)
from workers.progress import Connection


def plan_inactivity(connection: Connection, _: int) -> Parameters:
    """The policy to go by; there is nothing to look at where nobody ever becomes inactive."""
    policy = policy_in_force(fetching(connection))
    return {**revisions_of(policy), "empty": not policy.marks_inactive}


def who_stays_away(policy: Policy, as_of: int, _: Parameters) -> Due:
    """Members of the lowest level without a treatment for as many months as are asked for."""
    return inactivity_due(policy, as_of)


INACTIVITY: Final[Job[DueStandings, SettledStandings]] = Job(
    name="inactivity",
    service="tier",
    plan=plan_inactivity,
    **job_functions(who_stays_away, Matter.INACTIVITY),
)
