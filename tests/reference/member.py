"""A member: the standing as decided so far, every activity, every move; and what counts when."""

from dataclasses import dataclass, field
from datetime import date

from tests.reference.calendar import counts_on, first_counting_day
from tests.reference.ladder import Activity
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
    day, for what a purchase does; the period [previous reset, reset) for resets; else what counts on the day,
    inclusive. `transaction_id` is empty where a date caused the move, even if a purchase was the occasion to settle
    it. `grace_until`, `level_since` and `locked_until` are those after the move. Leaving the ladders leads to the
    level "" of rank -1, joining a ladder comes from there.
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
    level_since: date
    grace_until: date | None = None
    locked_until: date | None = None
    touchpoint: int = 0
    transaction_id: str = ""


@dataclass(frozen=True)
class Stood:
    """Where a member stood: what a move up or out of grace leaves behind."""

    level: str
    level_since: date
    reviews_after: date
    first_year_granted: bool
    grace_from: date | None
    grace_until: date | None
    touched_on: date | None


@dataclass(frozen=True)
class Ground:
    """A promotion or recovery that a reversal may take the ground from, and the standing before it."""

    move: Move
    before: Stood


@dataclass
class Member:
    """One member.

    `evaluated_on` is the day of the last decision that was recorded for the member (enrolment, a
    purchase's evaluation, a move); a reset that was passed records nothing. Anniversaries up to
    `reviews_after` are done with. `first_year_granted`: no continuous check before one year.
    Until `kept_until` nothing takes the level away, until `held_until` nothing promotes, both exclusive. From
    `active_on` on inactivity counts. `grounds` are the promotions and recoveries since the last review, oldest first.
    """

    member_id: str
    enrolled_on: date
    attribute: str
    system: str
    birthday: date | None
    level: str
    level_since: date
    evaluated_on: date
    reviews_after: date
    active_on: date
    first_year_granted: bool = False
    grace_from: date | None = None
    grace_until: date | None = None
    touched_on: date | None = None
    kept_until: date | None = None
    held_until: date | None = None
    lifetime_since: date | None = None
    inactive_since: date | None = None
    merged_into: str = ""
    erased_on: date | None = None
    treatments: int = 0
    activities: list[DatedActivity] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    grounds: list[Ground] = field(default_factory=list)


def stood(member: Member) -> Stood:
    """Where a member stands now, to come back to."""
    return Stood(
        level=member.level,
        level_since=member.level_since,
        reviews_after=member.reviews_after,
        first_year_granted=member.first_year_granted,
        grace_from=member.grace_from,
        grace_until=member.grace_until,
        touched_on=member.touched_on,
    )


def stand_again(member: Member, before: Stood) -> None:
    """Puts a member back to where the member stood, since the same day."""
    member.level, member.level_since = before.level, before.level_since
    member.reviews_after = before.reviews_after
    member.first_year_granted = before.first_year_granted
    member.grace_from, member.grace_until = before.grace_from, before.grace_until
    member.touched_on = before.touched_on


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


def counted_by(program: ReferenceProgram, member: Member, day: date) -> Activity:
    """What counts on a due day, or on the last evaluation if what was due is found only after it."""
    return counted_as_of(program, member, max(day, member.evaluated_on))


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
