"""When something falls due for a member by itself: the first day of each kind, as far as is known now."""

from dataclasses import dataclass
from datetime import date, timedelta

from tests.reference.calendar import add_months, anniversary
from tests.reference.ladder import System
from tests.reference.member import Member, counted_as_of, counted_before_reset
from tests.reference.program import ReferenceProgram

ORDER = ("TENURE", "GRACE", "ANNIVERSARY", "RESET", "CONTINUOUS", "INACTIVITY")
"""What falls due on one day comes in this order (DECISIONS Settlement)."""


@dataclass(frozen=True)
class Due:
    """Something that falls due on a day."""

    kind: str
    day: date


def next_due(program: ReferenceProgram, member: Member, until: date) -> Due | None:
    """What falls due next, as far as resets go only up to a day.

    In grace neither reviews nor resets nor checks fall due: they wait for its end. What a reversal brings back may
    have been due long ago; moves never go back in time (DECISIONS Settlement).
    """
    if member.system == "":
        return None
    brought_back = {
        "TENURE": tenure_due(program, member),
        "GRACE": grace_due(member),
        "INACTIVITY": inactivity_due(program, member),
    }
    days = {kind: day and max(day, member.evaluated_on) for kind, day in brought_back.items()}
    if member.grace_until is None:
        days["ANNIVERSARY"] = next_anniversary_review(program, member)
        days["RESET"] = failed_reset(program, member, until)
        days["CONTINUOUS"] = continuous_due(program, member)
    found = [(day, ORDER.index(kind)) for kind, day in days.items() if day is not None]
    if not found:
        return None
    day, place = min(found)
    return Due(ORDER[place], day)


def tenure_due(program: ReferenceProgram, member: Member) -> date | None:
    """The day on which the highest level was held for `lifetime_years` without a break, grace included.

    Source: DECISIONS Meanings 11; LuxeSpa, Lifetime Status Recognition.
    """
    if member.lifetime_since is not None:
        return None
    for segment in program.segments():
        system = segment.revision.system(member.system)
        if system is None or not system.active or system.levels[-1].code != member.level:
            continue
        years = system.levels[-1].lifetime_years
        day = max(anniversary(member.level_since, years), segment.start)
        if years > 0 and day < segment.end:
            return day
    return None


def grace_due(member: Member) -> date | None:
    """The end of grace; it waits for the end of a lock (DECISIONS Meanings 22)."""
    if member.grace_until is None or member.kept_until is None:
        return member.grace_until
    return max(member.grace_until, member.kept_until)


def holds_anniversary_reviews(system: System | None, level: str) -> bool:
    """Whether a system reviews this level on its anniversaries; the lowest never is."""
    if system is None or not system.active or system.maintenance != "ANNIVERSARY":
        return False
    return system.rank_of(level) > 0


def next_anniversary_review(program: ReferenceProgram, member: Member) -> date | None:
    """The first anniversary of the level, not yet done with nor locked, on which the policy holds reviews.

    Source: DECISIONS Meanings 10 and 22.
    """
    last_change = max(program.boundaries()[-1], member.kept_until or date.min)
    years = 1
    while True:
        day = anniversary(member.level_since, years)
        if day > member.reviews_after and not is_locked(member, day):
            if holds_anniversary_reviews(program.system(member.system, day), member.level):
                return day
            if day >= last_change:
                return None
        years += 1


def is_locked(member: Member, day: date) -> bool:
    """Whether nothing takes the level away on a day: a lock lasts until its day, exclusive."""
    return member.kept_until is not None and day < member.kept_until


def first_reset_after(member: Member) -> date:
    """Resets up to this day are done with; those within a lock are passed over (DECISIONS Meanings 22)."""
    if member.kept_until is None:
        return member.evaluated_on
    return max(member.evaluated_on, member.kept_until - timedelta(days=1))


def failed_reset(program: ReferenceProgram, member: Member, until: date) -> date | None:
    """The first reset that the member does not pass; a passed one leaves no mark (DECISIONS Settlement)."""
    if member.lifetime_since is not None:
        return None
    for day in program.reset_dates(member.system, until):
        if day > first_reset_after(member):
            system = program.known_system(member.system, day)
            counted = counted_before_reset(program, member, day)
            if not system.keeps(system.rank_of(member.level), counted):
                return day
    return None


def checked_from(program: ReferenceProgram, member: Member, since: date) -> date:
    """The first day on which the policy in force since a day checks a level continuously (DECISIONS Meanings 7).

    After a change from anniversaries that is the day of what would have been the next review, else one year after
    the level was entered where the year was granted, or where checks took the place of anniversaries that very day.
    """
    changed_on = changed_from_anniversaries(program, member, since)
    if changed_on is None:
        entered_under = program.known_system(member.system, member.level_since)
        has_year = member.first_year_granted and entered_under.maintenance == "CONTINUOUS"
        return anniversary(member.level_since, int(has_year))
    years = 1
    while anniversary(member.level_since, years) < changed_on:
        years += 1
    return anniversary(member.level_since, years)


def changed_from_anniversaries(program: ReferenceProgram, member: Member, since: date) -> date | None:
    """The day on which the checks in force since a day took the place of anniversary reviews of the level, if so."""
    for segment in reversed(program.segments()):
        ladder = segment.revision.system(member.system)
        if ladder is None or segment.end <= member.level_since:
            return None
        if segment.end <= since and ladder.maintenance != "CONTINUOUS":
            reviewed = ladder.maintenance == "ANNIVERSARY" and ladder.rank_of(member.level) > 0
            return segment.end if reviewed else None
    return None


def continuous_due(program: ReferenceProgram, member: Member) -> date | None:
    """The first day on which what counts no longer keeps the level.

    That is a day on which activity leaves the window, or the first day on which the level is checked: after an edit,
    a lock, or the first year. Source: DECISIONS Meanings 7.
    """
    if member.lifetime_since is not None:
        return None
    for segment in program.segments():
        system = segment.revision.system(member.system)
        if system is None or not system.active or system.maintenance != "CONTINUOUS":
            continue
        checked = checked_from(program, member, segment.start)
        first = max(member.evaluated_on, checked, member.kept_until or date.min)
        days = {max(first, segment.start)}
        days |= {add_months(each.day, system.window_months) for each in member.activities}
        for day in sorted(days):
            if not max(first, segment.start) <= day < segment.end:
                continue
            if not system.keeps(system.rank_of(member.level), counted_as_of(program, member, day)):
                return day
    return None


def inactivity_due(program: ReferenceProgram, member: Member) -> date | None:
    """The day on which a member of the lowest level had no treatment for `inactive_months`.

    Source: DECISIONS Meanings 13; LuxeSpa, Crystal Tier.
    """
    if member.inactive_since is not None:
        return None
    for segment in program.segments():
        system = segment.revision.system(member.system)
        if system is None or not system.active or system.levels[0].code != member.level:
            continue
        months = system.inactive_months
        day = max(add_months(member.active_on, months), member.level_since, segment.start)
        if months > 0 and day < segment.end:
            return day
    return None
