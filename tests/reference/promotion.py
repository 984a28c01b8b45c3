"""What a purchase does to the level: reactivation, recovery from grace, then at most one promotion."""

from datetime import date

from tests.reference.ladder import Activity, System
from tests.reference.member import Member, counted_as_of
from tests.reference.moves import promote, recover, tell
from tests.reference.program import ReferenceProgram


def promoted_rank(system: System, rank: int, counted: Activity) -> int:
    """Rank after one evaluation: the highest attained fast-track level, else one up if attained."""
    for candidate in range(len(system.levels) - 1, rank, -1):
        level = system.levels[candidate]
        if level.fast_track and level.entry.reached_by(counted):
            return candidate
    if rank + 1 < len(system.levels) and system.levels[rank + 1].entry.reached_by(counted):
        return rank + 1
    return rank


def reactivate(program: ReferenceProgram, member: Member, day: date, transaction_id: str) -> None:
    """Any purchase ends inactivity (DECISIONS Meanings 13)."""
    if member.inactive_since is None:
        return
    member.inactive_since = None
    member.active_on = max(member.active_on, day)
    counted = counted_as_of(program, member, day)
    tell(program, member, member.level, day, "REACTIVATED", counted, transaction_id)


def evaluate(
    program: ReferenceProgram, member: Member, day: date, transaction_id: str, *, may_promote: bool = True
) -> None:
    """Recovers and promotes by the policy of the evaluation day; until a hold ends nothing promotes.

    Source: DECISIONS Meanings 6, 9 and 22.
    """
    system = program.system(member.system, day)
    if system is None or not system.active:
        return
    rank = system.rank_of(member.level)
    counted = counted_as_of(program, member, day)
    if member.grace_until is not None and system.keeps(rank, counted):
        recover(program, member, day, counted, transaction_id)
    if member.held_until is not None and day < member.held_until:
        return
    to_rank = promoted_rank(system, rank, counted)
    if may_promote and to_rank > rank:
        promote(program, member, to_rank, day, counted, transaction_id)
