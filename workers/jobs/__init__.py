"""The bulk jobs, by name."""

from collections.abc import Mapping
from typing import Final

from workers.job import AnyInquiry, AnyJob
from workers.jobs.allowance_refresh import ALLOWANCE_REFRESH
from workers.jobs.composition_snapshot import COMPOSITION_SNAPSHOT
from workers.jobs.grace_expiration import GRACE_EXPIRATION
from workers.jobs.grace_touchpoints import GRACE_TOUCHPOINTS
from workers.jobs.inactivity import INACTIVITY
from workers.jobs.invitation_expiration import INVITATION_EXPIRATION
from workers.jobs.points_expiration import POINTS_EXPIRATION
from workers.jobs.replay import REPLAY
from workers.jobs.tenure import TENURE
from workers.jobs.tier_assignment import TIER_ASSIGNMENT
from workers.jobs.tier_evaluation import TIER_EVALUATION
from workers.jobs.tier_review import TIER_REVIEW
from workers.jobs.what_if import WHAT_IF
from workers.jobs.window_roll import WINDOW_ROLL

JOBS: Final[Mapping[str, AnyJob]] = {
    job.name: job
    for job in (
        TIER_REVIEW,
        GRACE_EXPIRATION,
        GRACE_TOUCHPOINTS,
        COMPOSITION_SNAPSHOT,
        INVITATION_EXPIRATION,
        TIER_ASSIGNMENT,
        WINDOW_ROLL,
        TENURE,
        INACTIVITY,
        TIER_EVALUATION,
        POINTS_EXPIRATION,
        ALLOWANCE_REFRESH,
    )
}

INQUIRIES: Final[Mapping[str, AnyInquiry]] = {each.name: each for each in (WHAT_IF, REPLAY)}
"""What calls of their own start, and nothing records."""
