"""The touchpoints of grace."""

from datetime import date, timedelta

from tests.reference.calendar import add_months
from tests.reference.member import Member, counted_by
from tests.reference.moves import tell
from tests.reference.program import ReferenceProgram


def touchpoint_days(program: ReferenceProgram, member: Member) -> list[tuple[date, int]]:
    """Day and month of every touchpoint of the present grace, in order, by the policy that it began under.

    What would fall on the last day of grace or after is due 7 days before the end. Source: DECISIONS Meanings 16.
    """
    if member.grace_from is None or member.grace_until is None:
        return []
    system = program.known_system(member.system, member.grace_from)
    days = []
    for month in system.levels[system.rank_of(member.level)].touchpoints:
        day = add_months(member.grace_from, month)
        if day >= member.grace_until:
            day = member.grace_until - timedelta(days=7)
        days.append((day, month))
    return sorted(days)


def tell_touchpoints(program: ReferenceProgram, member: Member, as_of: date) -> None:
    """Tells each touchpoint due by a day once; when grace has ended it never does (DECISIONS Meanings 16)."""
    if member.grace_until is None or member.grace_until <= as_of:
        return
    told_until = member.touched_on or date.min
    for day, month in touchpoint_days(program, member):
        if told_until < day <= as_of:
            member.touched_on = day
            counted = counted_by(program, member, day)
            tell(program, member, member.level, day, "GRACE_TOUCHED", counted, touchpoint=month)
