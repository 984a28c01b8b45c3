"""Changing the tier system: by the record's attribute, or as the policy's split says."""

from datetime import date

from tests.reference.member import Member, counted_as_of
from tests.reference.moves import enter, tell
from tests.reference.program import ReferenceProgram


def change_system(program: ReferenceProgram, member: Member, system: str, day: date, request_id: str) -> None:
    """Leaves one system and enters the highest level of another that what counts there attains, else the lowest.

    An inactive system moves nobody above its lowest level. Source: DECISIONS Meanings 17 and 18.
    """
    left = member.level
    member.kept_until = member.held_until = member.inactive_since = None
    member.grounds.clear()
    if member.system:
        counted = counted_as_of(program, member, day)
        enter(program, member, "", day)
        tell(program, member, left, day, "SYSTEM_CHANGED", counted, request_id)
    member.system = system
    if system:
        ladder = program.known_system(system, day)
        counted = counted_as_of(program, member, day)
        rank = ladder.attained_rank(counted) if ladder.active else 0
        enter(program, member, ladder.levels[rank].code, day)
        tell(program, member, "", day, "SYSTEM_CHANGED", counted, request_id)
