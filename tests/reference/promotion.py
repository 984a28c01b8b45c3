"""What a purchase does to the level: recovery from grace, then at most one promotion."""

from datetime import date, timedelta

from tests.reference.ladder import Activity, System
from tests.reference.member import Member, counted_as_of, next_anniversary_review
from tests.reference.program import ReferenceProgram
from tests.reference.settlement import add_move


def promoted_rank(system: System, rank: int, counted: Activity) -> int:
    """Rank after one evaluation: the highest attained fast-track level, else one up if attained."""
    for candidate in range(len(system.levels) - 1, rank, -1):
        level = system.levels[candidate]
        if level.fast_track and level.entry.reached_by(counted):
            return candidate
    if rank + 1 < len(system.levels) and system.levels[rank + 1].entry.reached_by(counted):
        return rank + 1
    return rank


def evaluate(program: ReferenceProgram, member: Member, day: date, transaction_id: str) -> None:
    """Evaluates a member after a purchase was added, by the policy of the evaluation day.

    Source: DECISIONS Meanings 6 and 9.
    """
    system = program.system(member.system, day)
    if system is None or not system.active:
        return
    rank = system.rank_of(member.level)
    counted = counted_as_of(program, member, day)
    if member.grace_until is not None:
        keep = system.keep_of(rank)
        if keep.is_empty() or keep.reached_by(counted):
            recover(program, member, day, counted, transaction_id)
    to_rank = promoted_rank(system, rank, counted)
    if to_rank > rank:
        reason = "FAST_TRACKED" if to_rank > rank + 1 else "THRESHOLD_REACHED"
        add_move(program, member, day, to_rank, reason, counted, transaction_id)


def recover(
    program: ReferenceProgram, member: Member, day: date, counted: Activity, transaction_id: str
) -> None:
    """Restores the status; the anniversary stays, a review that passed during grace is not made up for."""
    system = program.known_system(member.system, day)
    review = next_anniversary_review(program, member)
    if review is not None and review < day:
        member.reviews_after = day - timedelta(days=1)
    member.grace_from = member.grace_until = None
    add_move(program, member, day, system.rank_of(member.level), "RECOVERED", counted, transaction_id)
