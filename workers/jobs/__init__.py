"""The bulk jobs, by name."""

from collections.abc import Mapping
from typing import Final

from workers.job import AnyJob
from workers.jobs.allowance_refresh import ALLOWANCE_REFRESH
from workers.jobs.grace_expiration import GRACE_EXPIRATION
from workers.jobs.tier_review import TIER_REVIEW

JOBS: Final[Mapping[str, AnyJob]] = {
    job.name: job for job in (TIER_REVIEW, GRACE_EXPIRATION, ALLOWANCE_REFRESH)
}
