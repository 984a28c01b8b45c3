"""What falls due by itself: anniversary reviews, system resets and the ends of grace.

Everything is decided as of its own due date, by the policy in force on that day, on the activity
recorded by the time of the decision; and in order of due date.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from tests.reference.calendar import add_months
from tests.reference.ladder import Activity
from tests.reference.member import (
    Member,
    Move,
    counted_as_of,
    counted_before_reset,
    next_anniversary_review,
)
from tests.reference.program import ReferenceProgram


@dataclass(frozen=True)
class Due:
    """Something that falls due on a day: kind GRACE, ANNIVERSARY or RESET."""

    kind: str
    day: date


def next_due(program: ReferenceProgram, member: Member, resets_after: date) -> Due | None:
    """What falls due next; in grace nothing but its end does, so reviews wait for it."""
    if member.system == "":
        return None
    if member.grace_until is not None:
        return Due("GRACE", member.grace_until)
    review = next_anniversary_review(program, member)
    reset = program.next_reset_after(member.system, resets_after)
    if review is not None and (reset is None or review < reset):
        return Due("ANNIVERSARY", review)
    return Due("RESET", reset) if reset is not None else None


def settle(program: ReferenceProgram, member: Member, is_due: Callable[[Due], bool]) -> None:
    """Settles what is due, one by one, and stops at the first that is not."""
    resets_after = member.evaluated_on
    while True:
        due = next_due(program, member, resets_after)
        if due is None or not is_due(due):
            return
        if due.kind == "GRACE":
            end_grace(program, member, due.day)
        else:
            hold_review(program, member, due)
        resets_after = max(resets_after, member.evaluated_on)
        if due.kind == "RESET":
            resets_after = max(resets_after, due.day)


def settle_before_purchase(program: ReferenceProgram, member: Member, day: date) -> None:
    """Settles what a purchase evaluated on `day` finds overdue.

    A purchase on the day of an anniversary review still counts for it; a reset comes before the
    purchases of its day; grace is over on the day it ends.
    """
    settle(program, member, lambda due: due.day < day if due.kind == "ANNIVERSARY" else due.day <= day)


def settle_reviews(program: ReferenceProgram, member: Member, as_of: date) -> None:
    """The review job: reviews and resets due by `as_of`, as long as no end of grace comes first."""
    settle(program, member, lambda due: due.kind != "GRACE" and due.day <= as_of)


def settle_grace(program: ReferenceProgram, member: Member, as_of: date) -> None:
    """The grace job: ends of grace due by `as_of`, and what waited for them.

    Without that, the order of the two jobs of a night would matter: a reset that fell due after a grace which
    nobody had ended yet would wait for the next reset.
    """
    if member.grace_until is not None and member.grace_until <= as_of:
        settle(program, member, lambda due: due.day <= as_of)


def add_move(
    program: ReferenceProgram,
    member: Member,
    day: date,
    to_rank: int,
    reason: str,
    counted: Activity,
    transaction_id: str = "",
) -> None:
    """Records a move and brings the level, its beginning and its next review into line with it."""
    system = program.known_system(member.system, day)
    from_rank = system.rank_of(member.level)
    member.moves.append(
        Move(
            member_id=member.member_id,
            effective_on=day,
            tier_system=member.system,
            from_level=member.level,
            to_level=system.levels[to_rank].code,
            from_rank=from_rank,
            to_rank=to_rank,
            reason=reason,
            revision=program.revision_number(day),
            counted=counted,
            grace_until=member.grace_until if reason == "GRACE_ENTERED" else None,
            transaction_id=transaction_id,
        )
    )
    member.evaluated_on = max(member.evaluated_on, day)
    if to_rank != from_rank:
        member.level = system.levels[to_rank].code
        member.level_since = day
        member.reviews_after = day
        member.grace_from = member.grace_until = None


def hold_review(program: ReferenceProgram, member: Member, due: Due) -> None:
    """Holds an anniversary review or a reset; who fails gets grace where the level has it.

    Source: LuxeSpa, Grace Period Rules; Engage, Next Reset; DECISIONS Meanings 7 to 9.
    """
    system = program.known_system(member.system, due.day)
    rank = system.rank_of(member.level)
    if rank == 0:
        return
    is_reset = due.kind == "RESET"
    count = counted_before_reset if is_reset else counted_as_of
    counted = count(program, member, due.day)
    keep = system.keep_of(rank)
    grace_months = system.levels[rank].grace_months
    if keep.is_empty() or keep.reached_by(counted):
        if is_reset:
            return
        add_move(program, member, due.day, rank, "RENEWED", counted)
    elif grace_months > 0:
        member.grace_from, member.grace_until = due.day, add_months(due.day, grace_months)
        add_move(program, member, due.day, rank, "GRACE_ENTERED", counted)
    else:
        add_move(program, member, due.day, rank - 1, "RESET_FAILED" if is_reset else "REVIEW_FAILED", counted)
    member.reviews_after = due.day


def end_grace(program: ReferenceProgram, member: Member, day: date) -> None:
    """Demotes one level on the day grace is over; if the system is inactive or checks nothing, only ends it."""
    system = program.known_system(member.system, day)
    rank = system.rank_of(member.level)
    if system.active and system.maintenance != "NONE" and rank > 0:
        add_move(program, member, day, rank - 1, "GRACE_EXPIRED", counted_as_of(program, member, day))
        return
    member.grace_from = member.grace_until = None
    member.evaluated_on = max(member.evaluated_on, day)
    member.reviews_after = max(member.reviews_after, day)
