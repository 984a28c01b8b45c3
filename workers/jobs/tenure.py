"""tenure: the highest level held long enough is held for life."""

from typing import Final

from services.runtime.database import fetching
from services.tier.policy import Policy
from services.tier.rules.settlement import Matter
from services.tier.store.due import Due, tenure_due
from workers.job import Job, Parameters
from workers.jobs.standings import (
    DueStandings,
    SettledStandings,
    job_functions,
    policy_in_force,
    revisions_of,
)
from workers.progress import Connection


def plan_tenure(connection: Connection, _: int) -> Parameters:
    """The policy to go by; there is nothing to look at where no level is ever held for life."""
    policy = policy_in_force(fetching(connection))
    return {**revisions_of(policy), "empty": not policy.grants_lifetime}


def who_holds_it_long_enough(policy: Policy, as_of: int, _: Parameters) -> Due:
    """Members who hold the highest level for as many years as are asked for."""
    return tenure_due(policy, as_of)


TENURE: Final[Job[DueStandings, SettledStandings]] = Job(
    name="tenure",
    service="tier",
    plan=plan_tenure,
    **job_functions(who_holds_it_long_enough, Matter.TENURE),
)
