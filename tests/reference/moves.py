"""How a member's standing changes, and the move that tells it."""

from datetime import date, timedelta

from tests.reference.due import next_anniversary_review
from tests.reference.ladder import Activity
from tests.reference.member import Ground, Member, Move, stood
from tests.reference.program import ReferenceProgram


def enter(
    program: ReferenceProgram, member: Member, level: str, since: date, *, by_thresholds: bool = False
) -> None:
    """Puts a member on a level from a day on: a fresh anniversary, and no grace (DECISIONS Meanings 9 and 10).

    A year without continuous checks is granted to who enters otherwise than by thresholds a level that is checked
    continuously then; under anniversaries the first review is as far away (DECISIONS Meanings 7).
    """
    member.level, member.level_since, member.reviews_after = level, since, since
    system = program.system(member.system, since)
    maintenance = "NONE" if system is None else system.maintenance
    is_above_lowest = rank_of(program, member.system, level, since) > 0
    is_dated = maintenance == "ANNIVERSARY" or (maintenance == "CONTINUOUS" and not by_thresholds)
    member.first_year_granted = is_dated and is_above_lowest
    end_grace(member)


def end_grace(member: Member) -> None:
    """Grace is over, and so are its touchpoints (DECISIONS Meanings 16)."""
    member.grace_from = member.grace_until = member.touched_on = None


def skip_reviews_before(program: ReferenceProgram, member: Member, day: date) -> None:
    """A review that passed during grace is not made up for (DECISIONS Meanings 9)."""
    review = next_anniversary_review(program, member)
    if review is not None and review < day:
        member.reviews_after = day - timedelta(days=1)


def rank_of(program: ReferenceProgram, system: str, level: str, day: date) -> int:
    """The rank of a level on a day; -1 off the ladders."""
    if system == "" or level == "":
        return -1
    return program.known_system(system, day).rank_of(level)


def tell(
    program: ReferenceProgram,
    member: Member,
    from_level: str,
    day: date,
    reason: str,
    counted: Activity,
    transaction_id: str = "",
    touchpoint: int = 0,
) -> Move:
    """Records the move that led from a level to where the member stands now."""
    move = Move(
        member_id=member.member_id,
        effective_on=day,
        tier_system=member.system,
        from_level=from_level,
        to_level=member.level,
        from_rank=rank_of(program, member.system, from_level, day),
        to_rank=rank_of(program, member.system, member.level, day),
        reason=reason,
        revision=program.revision_number(day),
        counted=counted,
        level_since=member.level_since,
        grace_until=member.grace_until,
        locked_until=member.kept_until,
        touchpoint=touchpoint,
        transaction_id=transaction_id,
    )
    member.moves.append(move)
    member.evaluated_on = max(member.evaluated_on, day)
    return move


def promote(
    program: ReferenceProgram,
    member: Member,
    to_rank: int,
    day: date,
    counted: Activity,
    transaction_id: str,
) -> None:
    """Moves a member up to a level attained (DECISIONS Meanings 6)."""
    system = program.known_system(member.system, day)
    left, before = member.level, stood(member)
    over_one = to_rank > system.rank_of(left) + 1
    enter(program, member, system.levels[to_rank].code, day, by_thresholds=True)
    reason = "FAST_TRACKED" if over_one else "THRESHOLD_REACHED"
    move = tell(program, member, left, day, reason, counted, transaction_id)
    member.grounds.append(Ground(move, before))


def recover(
    program: ReferenceProgram, member: Member, day: date, counted: Activity, transaction_id: str
) -> None:
    """Restores the status; the anniversary stays (DECISIONS Meanings 9)."""
    before = stood(member)
    skip_reviews_before(program, member, day)
    end_grace(member)
    move = tell(program, member, member.level, day, "RECOVERED", counted, transaction_id)
    member.grounds.append(Ground(move, before))


def demote(program: ReferenceProgram, member: Member, day: date, reason: str, counted: Activity) -> None:
    """Moves a member one level down; what was reached before no reversal asks about (DECISIONS Meanings 14)."""
    system = program.known_system(member.system, day)
    left = member.level
    enter(program, member, system.levels[system.rank_of(left) - 1].code, day)
    tell(program, member, left, day, reason, counted)
    member.grounds.clear()
