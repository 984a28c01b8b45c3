"""A member: the standing as decided so far, every activity, every move; and what counts when."""

from dataclasses import dataclass, field
from datetime import date

from tests.reference.calendar import anniversary, counts_on, first_counting_day
from tests.reference.ladder import Activity, System
from tests.reference.program import ReferenceProgram


@dataclass(frozen=True)
class DatedActivity:
    """What one purchase counts for, on its own day."""

    day: date
    counts: Activity


@dataclass(frozen=True)
class Move:
    """One change of a standing.

    `counted` is what decided: zeros for ENROLLED; after adding the purchase, as of the evaluation
    day, for promotions and RECOVERED; as of the due date (inclusive) for anniversary reviews and
    GRACE_EXPIRED; the period [previous reset, reset) for resets. `transaction_id` is empty where a
    date caused the move, even if a purchase was the occasion to settle it.
    """

    member_id: str
    effective_on: date
    tier_system: str
    from_level: str
    to_level: str
    from_rank: int
    to_rank: int
    reason: str
    revision: int
    counted: Activity
    grace_until: date | None = None
    transaction_id: str = ""


@dataclass
class Member:
    """One member.

    `evaluated_on` is the day of the last decision that was recorded for the member (enrolment, a
    purchase's evaluation, a move); a reset that was passed records nothing. Anniversaries up to
    `reviews_after` are done with.
    """

    member_id: str
    enrolled_on: date
    system: str
    birthday: date | None
    level: str
    level_since: date
    evaluated_on: date
    reviews_after: date
    grace_from: date | None = None
    grace_until: date | None = None
    treatments: int = 0
    activities: list[DatedActivity] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)


def total(activities: list[DatedActivity]) -> Activity:
    """The sum of activities."""
    spend = visits = points = 0
    for activity in activities:
        spend += activity.counts.spend_minor
        visits += activity.counts.visits
        points += activity.counts.points
    return Activity(spend, visits, points)


def period_start(program: ReferenceProgram, member: Member, day: date) -> date:
    """Beginning of the counting period that a day lies in: the last reset, else the enrolment."""
    start = member.enrolled_on
    for reset in program.reset_dates(member.system, day):
        if reset > start:
            start = reset
    return start


def counted_as_of(program: ReferenceProgram, member: Member, day: date) -> Activity:
    """What counts on a day, that day included, of all the activity recorded by now."""
    system = program.system(member.system, day)
    if system is None:
        return Activity()
    if system.maintenance == "RESET":
        start = period_start(program, member, day)
        return total([each for each in member.activities if start <= each.day <= day])
    return total([each for each in member.activities if counts_on(each.day, day, system.window_months)])


def counted_before_reset(program: ReferenceProgram, member: Member, reset: date) -> Activity:
    """What counts for the review of a reset: the days [previous reset or enrolment, reset)."""
    start = member.enrolled_on
    for earlier in program.reset_dates(member.system, reset):
        if start < earlier < reset:
            start = earlier
    return total([each for each in member.activities if start <= each.day < reset])


def counted_from(program: ReferenceProgram, member: Member, day: date) -> date | None:
    """First day whose activity counts on a day (it may lie before the enrolment); None without system."""
    system = program.system(member.system, day)
    if system is None:
        return None
    if system.maintenance == "RESET":
        return period_start(program, member, day)
    return first_counting_day(day, system.window_months)


def holds_anniversary_reviews(system: System | None, level: str) -> bool:
    """Whether a system reviews this level on its anniversaries; the lowest never is."""
    if system is None or not system.active or system.maintenance != "ANNIVERSARY":
        return False
    return system.rank_of(level) > 0


def next_anniversary_review(program: ReferenceProgram, member: Member) -> date | None:
    """The first anniversary of the level, not yet done with, on which the policy holds reviews."""
    last_change = max(revision.effective_from for revision in program.revisions)
    years = 1
    while True:
        day = anniversary(member.level_since, years)
        if day > member.reviews_after:
            if holds_anniversary_reviews(program.system(member.system, day), member.level):
                return day
            if day >= last_change:
                return None
        years += 1
