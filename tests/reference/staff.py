"""What staff do to a level: moves by hand, locks, invitations accepted, status given."""

from datetime import date, timedelta

from tests.reference.member import Member, counted_as_of
from tests.reference.moves import enter, rank_of, tell
from tests.reference.program import ReferenceProgram


def level_refusal(program: ReferenceProgram, member: Member, level: str, day: date) -> str:
    """Why a member cannot be put on a level of the member's own system, or empty."""
    if member.system == "":
        return "MEMBER_IN_NO_SYSTEM"
    system = program.known_system(member.system, day)
    if level not in [each.code for each in system.levels]:
        return "LEVEL_UNKNOWN"
    if not system.active:
        return "TIER_SYSTEM_INACTIVE"
    return "LEVEL_MUST_BE_ANOTHER" if level == member.level else ""


def entry_refusal(program: ReferenceProgram, member: Member, level: str, day: date) -> str:
    """Why a level cannot be offered or given to a member, or empty: it must be a higher one."""
    refusal = level_refusal(program, member, level, day)
    if refusal:
        return refusal
    ranks = [rank_of(program, member.system, each, day) for each in (member.level, level)]
    if ranks[1] < ranks[0]:
        return "LEVEL_MUST_BE_ANOTHER"
    return "LIFETIME_MUST_NOT_END" if member.lifetime_since is not None else ""


def invitation_refusal(program: ReferenceProgram, member: Member, level: str, day: date) -> str:
    """Why a member cannot be invited to a level, or empty."""
    refusal = entry_refusal(program, member, level, day)
    if refusal:
        return refusal
    system = program.known_system(member.system, day)
    return "" if system.levels[system.rank_of(level)].by_invitation else "LEVEL_NOT_BY_INVITATION"


def move_refusal(
    program: ReferenceProgram, member: Member, level: str, locked_until: date | None, day: date
) -> str:
    """Why a manual move is refused, or empty."""
    refusal = level_refusal(program, member, level, day)
    if refusal:
        return refusal
    if locked_until is not None and locked_until <= day:
        return "LOCK_MUST_END_LATER"
    return "LIFETIME_MUST_NOT_END" if member.lifetime_since is not None else ""


def move_by_hand(
    program: ReferenceProgram,
    member: Member,
    level: str,
    locked_until: date | None,
    day: date,
    request_id: str,
) -> None:
    """Moves to any level, with a fresh membership year; a lock that comes with a move down stops promotions too.

    Source: DECISIONS Meanings 22.
    """
    system = member.system
    is_down = rank_of(program, system, level, day) < rank_of(program, system, member.level, day)
    member.kept_until = locked_until
    member.held_until = locked_until if is_down else None
    put_on(program, member, level, day, "MOVED_BY_STAFF", request_id)


def put_on(
    program: ReferenceProgram, member: Member, level: str, day: date, reason: str, request_id: str
) -> None:
    """Enters a level otherwise than by its thresholds: by staff, invitation or gift."""
    left, counted = member.level, counted_as_of(program, member, day)
    enter(program, member, level, day)
    tell(program, member, left, day, reason, counted, request_id)
    member.grounds.clear()


def lock(
    program: ReferenceProgram, member: Member, locked_until: date | None, day: date, request_id: str
) -> None:
    """Locks the level until a day, exclusive, or lifts the lock; what the former lock passed over stays so.

    What stops promotions goes on doing so while there is a lock.

    Source: DECISIONS Meanings 22.
    """
    if member.kept_until is not None:
        passed_over = min(day, member.kept_until) - timedelta(days=1)
        member.reviews_after = max(member.reviews_after, passed_over)
    still_held = member.held_until is not None and day < member.held_until
    member.kept_until = locked_until
    member.held_until = locked_until if still_held else None
    tell(program, member, member.level, day, "LOCKED", counted_as_of(program, member, day), request_id)


def gift_refusal(
    program: ReferenceProgram, giver: Member, recipient: Member, day: date, *, given_before: bool
) -> str:
    """Why a gift between two members is refused, or empty: the first in the order of the enum."""
    for member in (giver, recipient):
        if member.system == "":
            return "MEMBER_IN_NO_SYSTEM"
    for member in (giver, recipient):
        if not program.known_system(member.system, day).active:
            return "TIER_SYSTEM_INACTIVE"
    if giver.lifetime_since is None:
        return "GIVER_MUST_BE_LIFETIME"
    if given_before:
        return "STATUS_ALREADY_GIFTED"
    if giver is recipient:
        return "RECIPIENT_MUST_BE_ANOTHER"
    if giver.system != recipient.system:
        return "RECIPIENT_MUST_SHARE_SYSTEM"
    ranks = [rank_of(program, each.system, each.level, day) for each in (recipient, giver)]
    if ranks[0] >= ranks[1]:
        return "LEVEL_MUST_BE_ANOTHER"
    return "" if recipient.lifetime_since is None else "LIFETIME_MUST_NOT_END"
