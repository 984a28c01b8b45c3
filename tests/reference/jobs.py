"""What each job does to one member; it is only written where something comes of it."""

from datetime import date

from tests.reference.due import continuous_due
from tests.reference.joining import change_system
from tests.reference.member import Member, counted_as_of
from tests.reference.program import ReferenceProgram
from tests.reference.promotion import evaluate
from tests.reference.refusals import gone_refusal
from tests.reference.settlement import EVERYTHING, settle


def settle_day(
    program: ReferenceProgram, member: Member, as_of: date, matters: frozenset[str] = EVERYTHING
) -> None:
    """What a job settles: its matters due by `as_of`, the whole day being over."""
    settle(program, member, as_of, matters, whole_day=True)


def is_rolled(program: ReferenceProgram, member: Member, as_of: date) -> bool:
    """Whether activity has left the window by a day, or a level that is checked continuously is not kept any more.

    A new counting period costs nothing: nobody is rolled for it (DECISIONS Meanings 8).
    """
    system = program.system(member.system, as_of)
    if system is None or member.evaluated_on > as_of:
        return False
    check = continuous_due(program, member) if member.grace_until is None else None
    if check is not None and check <= as_of:
        return True
    return system.maintenance != "RESET" and counts_otherwise(program, member, as_of)


def counts_otherwise(program: ReferenceProgram, member: Member, as_of: date) -> bool:
    """Whether activity has left the window, or the counting period is over, since the last evaluation."""
    then, now = (counted_as_of(program, member, day) for day in (member.evaluated_on, as_of))
    return then != now


def roll_window(program: ReferenceProgram, member: Member, as_of: date) -> None:
    """Settles everything and counts anew (DECISIONS Meanings 7)."""
    if not is_rolled(program, member, as_of):
        return
    settle_day(program, member, as_of)
    if counts_otherwise(program, member, as_of):
        member.evaluated_on = max(member.evaluated_on, as_of)


def evaluate_all(program: ReferenceProgram, member: Member, as_of: date) -> None:
    """Settles everything, then recovers and promotes, at most one promotion a day (DECISIONS Meanings 25)."""
    if member.system == "":
        return
    moves_before = len(member.moves)
    settle_day(program, member, as_of)
    day = max(as_of, member.evaluated_on)
    evaluate(program, member, day, "", may_promote=member.level_since < day)
    if len(member.moves) > moves_before:
        member.evaluated_on = day


def assign(program: ReferenceProgram, member: Member, as_of: date) -> None:
    """Settles who belongs in another system, as a purchase of the day would, and moves the member there.

    Lifetime members stay. Source: DECISIONS Meanings 18.
    """
    day = max(as_of, member.evaluated_on)
    assigned = program.joined_system(member.member_id, member.attribute, day)
    if assigned == member.system or gone_refusal(member):
        return
    settle(program, member, day, EVERYTHING, whole_day=False)
    if member.lifetime_since is None:
        change_system(program, member, assigned, day, "")
