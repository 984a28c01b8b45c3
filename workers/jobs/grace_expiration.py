"""grace-expiration: demotes whose grace is over by a day."""

from typing import Final

from services.runtime.database import fetching
from services.tier.policy import Policy
from services.tier.rules.settlement import Matter
from services.tier.store.due import Due, grace_due
from workers.job import Job, Parameters
from workers.jobs.standings import (
    DueStandings,
    SettledStandings,
    job_functions,
    policy_in_force,
    revisions_of,
)
from workers.progress import Connection


def plan_expiration(connection: Connection, _: int) -> Parameters:
    """The policy to go by."""
    return revisions_of(policy_in_force(fetching(connection)))


def whose_grace_is_over(_: Policy, as_of: int, __: Parameters) -> Due:
    """Members whose grace ended on the day or before."""
    return grace_due(as_of)


GRACE_EXPIRATION: Final[Job[DueStandings, SettledStandings]] = Job(
    name="grace-expiration",
    service="tier",
    plan=plan_expiration,
    **job_functions(whose_grace_is_over, Matter.GRACE),
)
