"""tier-evaluation: brings everybody up to a day, then recovers and promotes as a purchase would."""

from typing import Final

from services.runtime.database import fetching
from services.tier.policy import Policy
from services.tier.rules.evaluation import decide_evaluation
from services.tier.rules.settlement import EVERYTHING
from services.tier.store.due import Due, in_a_system
from workers.job import Job, Parameters
from workers.jobs.standings import (
    DueStandings,
    SettledStandings,
    job_functions,
    policy_in_force,
    revisions_of,
)
from workers.progress import Connection


def plan_evaluation(connection: Connection, _: int) -> Parameters:
    """The policy to go by."""
    return revisions_of(policy_in_force(fetching(connection)))


def everybody(_: Policy, __: int, ___: Parameters) -> Due:
    """Everybody who stands on a ladder."""
    return in_a_system()


def decide_everybody(rows: DueStandings, as_of: int, _: Parameters) -> SettledStandings:
    """Everything due settled, then recoveries and promotions (DECISIONS, Meanings 25)."""
    decided = decide_evaluation(rows.standings, as_of, rows.policy, rows.daily)
    return SettledStandings(decided.standings, decided.moves, rows.policy)


TIER_EVALUATION: Final[Job[DueStandings, SettledStandings]] = Job(
    name="tier-evaluation",
    service="tier",
    plan=plan_evaluation,
    **job_functions(everybody, EVERYTHING) | {"decide": decide_everybody},
)
