"""tier-review: anniversary reviews and system resets up to a day."""

from collections.abc import Mapping
from typing import Final

from services.runtime.database import fetching
from services.tier.policy import Policy
from services.tier.rules.settlement import Matter
from services.tier.store.due import Due, reviews_due
from services.tier.store.reading import read_last_resets, record_last_resets
from workers.job import Job, Parameters
from workers.jobs.standings import (
    DueStandings,
    SettledStandings,
    job_functions,
    policy_in_force,
    revisions_of,
)
from workers.progress import Connection


def plan_review(connection: Connection, as_of: int) -> Parameters:
    """The policy to go by, and the latest reset not performed of each system that has one due, by number."""
    policy = policy_in_force(fetching(connection))
    performed = read_last_resets(connection)
    resets: dict[str, int] = {}
    for system, calendar in enumerate(policy.resets):
        due = calendar[(calendar <= as_of) & (calendar > performed.get(system, int(calendar[0])))]
        if len(due):
            resets[str(system)] = int(due[-1])
    return {**revisions_of(policy), "resets": resets}


def who_is_reviewed(policy: Policy, as_of: int, parameters: Parameters) -> Due:
    """Members whose anniversary review or reset has come."""
    return reviews_due(policy, as_of, _resets(parameters))


def move_next_reset_on(connection: Connection, parameters: Parameters, _: str) -> None:
    """Notes the resets performed, by which Next Reset moves on (Engage, Repeats)."""
    record_last_resets(connection, _resets(parameters))


def _resets(parameters: Parameters) -> Mapping[int, int]:
    return {int(system): int(day) for system, day in parameters["resets"].items()}


TIER_REVIEW: Final[Job[DueStandings, SettledStandings]] = Job(
    name="tier-review",
    service="tier",
    plan=plan_review,
    finish=move_next_reset_on,
    **job_functions(who_is_reviewed, Matter.REVIEWS),
)
