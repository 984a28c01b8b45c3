"""What becomes of what falls due by itself: tenure, ends of grace, reviews, resets, checks and inactivity.

Everything is decided as of its own due date, by the policy in force on that day, on the activity
recorded by the time of the decision; and in order of due date.
"""

from datetime import date

from tests.reference.calendar import add_months
from tests.reference.due import ORDER, Due, next_due
from tests.reference.ladder import Activity, System
from tests.reference.member import Member, counted_as_of, counted_before_reset, counted_by
from tests.reference.moves import demote, end_grace, skip_reviews_before, tell
from tests.reference.program import ReferenceProgram

REVIEWS = frozenset({"ANNIVERSARY", "RESET"})
GRACE = frozenset({"GRACE"})
TENURE = frozenset({"TENURE"})
INACTIVITY = frozenset({"INACTIVITY"})
EVERYTHING = frozenset(ORDER)


def settle(
    program: ReferenceProgram, member: Member, until: date, matters: frozenset[str], *, whole_day: bool
) -> None:
    """Settles what is due, one by one, and stops at the first that is not, or is not of these matters.

    Days of tenure are settled by whoever asks. Who ends grace also holds the reviews that waited for it. Source:
    DECISIONS Settlement.
    """
    wanted = matters | TENURE
    while True:
        due = next_due(program, member, until)
        if due is None or due.kind not in wanted or not is_due(due, until, whole_day=whole_day):
            return
        resolve(program, member, due)
        if due.kind == "GRACE":
            wanted |= REVIEWS


def is_due(due: Due, until: date, *, whole_day: bool) -> bool:
    """Purchases of a day still count for its anniversary reviews, its checks and its inactivity."""
    if due.kind in ("ANNIVERSARY", "CONTINUOUS", "INACTIVITY") and not whole_day:
        return due.day < until
    return due.day <= until


def settle_before_purchase(program: ReferenceProgram, member: Member, day: date) -> None:
    """Settles what a purchase evaluated on `day`, or staff acting on it, finds overdue."""
    settle(program, member, day, EVERYTHING, whole_day=False)


def resolve(program: ReferenceProgram, member: Member, due: Due) -> None:
    """Decides one thing that is due."""
    match due.kind:
        case "TENURE":
            grant_lifetime(program, member, due.day)
        case "GRACE":
            finish_grace(program, member, due.day)
        case "INACTIVITY":
            member.inactive_since = due.day
            counted = counted_by(program, member, due.day)
            tell(program, member, member.level, due.day, "INACTIVATED", counted)
        case _:
            hold_review(program, member, due)


def grant_lifetime(program: ReferenceProgram, member: Member, day: date) -> None:
    """The level is held for life from now on; lifetime ends grace (DECISIONS Meanings 11)."""
    if member.grace_until is not None:
        skip_reviews_before(program, member, day)
        end_grace(member)
    member.lifetime_since = day
    counted = counted_by(program, member, day)
    tell(program, member, member.level, day, "LIFETIME_GRANTED", counted)


def hold_review(program: ReferenceProgram, member: Member, due: Due) -> None:
    """Holds an anniversary review, a reset or a check; who fails gets grace where the level has it.

    A passed review begins a new membership year. Source: LuxeSpa, Grace Period Rules; Engage, Next Reset; DECISIONS
    Meanings 7 to 9.
    """
    system = program.known_system(member.system, due.day)
    count = counted_before_reset if due.kind == "RESET" else counted_as_of
    counted = count(program, member, due.day)
    if member.lifetime_since is not None or system.keeps(system.rank_of(member.level), counted):
        tell(program, member, member.level, due.day, "RENEWED", counted)
        member.grounds.clear()
    else:
        fail(program, member, system, due, counted)
    if due.kind != "CONTINUOUS":
        member.reviews_after = due.day


def fail(program: ReferenceProgram, member: Member, system: System, due: Due, counted: Activity) -> None:
    """Grace where the level has it, else one level down (DECISIONS Meanings 7)."""
    grace_months = system.levels[system.rank_of(member.level)].grace_months
    if grace_months > 0:
        member.grace_from, member.grace_until = due.day, add_months(due.day, grace_months)
        tell(program, member, member.level, due.day, "GRACE_ENTERED", counted)
        member.grounds.clear()
        return
    reasons = {"ANNIVERSARY": "REVIEW_FAILED", "RESET": "RESET_FAILED", "CONTINUOUS": "THRESHOLD_LOST"}
    demote(program, member, due.day, reasons[due.kind], counted)


def finish_grace(program: ReferenceProgram, member: Member, day: date) -> None:
    """Demotes one level on the day grace is over; if the system is inactive or checks nothing, grace lapses.

    Source: DECISIONS Meanings 9 and 17.
    """
    system = program.known_system(member.system, day)
    counted = counted_by(program, member, day)
    if system.active and system.maintenance != "NONE" and system.rank_of(member.level) > 0:
        demote(program, member, day, "GRACE_EXPIRED", counted)
        return
    end_grace(member)
    member.reviews_after = max(member.reviews_after, day)
    tell(program, member, member.level, day, "GRACE_LAPSED", counted)
    member.grounds.clear()
