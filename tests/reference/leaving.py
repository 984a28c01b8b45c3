"""What is left of a member whose data was erased."""

from datetime import date

from tests.reference.member import Member, counted_as_of
from tests.reference.moves import enter, tell
from tests.reference.program import ReferenceProgram


def erase(program: ReferenceProgram, member: Member, day: date, request_id: str) -> None:
    """Removes birthday and attribute, and takes the member off the ladder; the activity stays in the ledgers.

    Source: DECISIONS Meanings 24.
    """
    member.attribute, member.birthday, member.erased_on = "", None, day
    member.kept_until = member.held_until = member.lifetime_since = member.inactive_since = None
    member.grounds.clear()
    if member.system:
        left, counted = member.level, counted_as_of(program, member, day)
        enter(program, member, "", day)
        tell(program, member, left, day, "ERASED", counted, request_id)
        member.system = ""
    member.evaluated_on = day
