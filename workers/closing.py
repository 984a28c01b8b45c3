"""Closing days: which job runs next, and as of which day."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

CLOSING_ORDER: Final = (
    "tier-review",
    "grace-touchpoints",
    "grace-expiration",
    "window-roll",
    "tenure",
    "inactivity",
    "invitation-expiration",
    "composition-snapshot",
    "points-expiration",
    "allowance-refresh",
)
"""The jobs of a day: reviews decide before what counts is rolled on, and all that moves members before who looks.

Left out are those that follow an operator's decision.
"""


@dataclass(frozen=True, slots=True)
class JobProgress:
    """How far a job has come: the day of its last finished run, and of the run that is to be finished first.

    Days are None, and `active_run_id` empty, where there is none.
    """

    job: str
    finished_on: int | None = None
    active_on: int | None = None
    active_run_id: str = ""

    @property
    def last_on(self) -> int | None:
        """The latest day as of which it ran, be it finished or not."""
        return self.finished_on if self.active_on is None else self.active_on

    def is_left(self, day: int) -> bool:
        """Whether it is to run as of a day: a run that stopped halfway goes on as of its own day first."""
        if self.active_on is not None:
            return day >= self.active_on
        return self.finished_on is None or day > self.finished_on


@dataclass(frozen=True, slots=True)
class Step:
    """One job as of one day; `run_id` is the run to go on with, or empty where a new one is started."""

    day: int
    job: str
    run_id: str = ""


def next_step(as_of: int, jobs: Sequence[JobProgress]) -> Step | None:
    """What comes next of closing all days up to one; None: they are closed.

    `jobs` are in the order in which they run on a day. Days are caught up one at a time, from the last that all
    jobs have come to which ever ran; a job that never ran joins in there. Where none ever did, only the day asked
    for is closed. Asked again after each step, it tells all steps, whoever took those before and however far.
    """
    come_to = [job.last_on if job.finished_on is None else job.finished_on for job in jobs]
    for day in range(min((last for last in come_to if last is not None), default=as_of), as_of + 1):
        for job in jobs:
            if job.is_left(day):
                return Step(day, job.job, job.active_run_id if job.active_on == day else "")
    return None


def ran_later(as_of: int, jobs: Sequence[JobProgress]) -> JobProgress | None:
    """A job that ran as of a later day already: runs never go back."""
    return next((job for job in jobs if job.last_on is not None and job.last_on > as_of), None)
