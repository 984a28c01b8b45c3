"""Taking back purchases, and the promotions and recoveries that lose their ground by it."""

from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from math import floor

from tests.reference.identifiers import is_printable
from tests.reference.ladder import ONE_BP, Activity, System
from tests.reference.member import DatedActivity, Ground, Member, counted_as_of, stand_again
from tests.reference.moves import skip_reviews_before, tell
from tests.reference.program import ReferenceProgram


@dataclass
class Recorded:
    """What one purchase gave, and what of it was taken back by now."""

    member_id: str
    occurred_on: date
    base_micropoints: int
    gave: Activity
    package_micropoints: int = 0
    package_bonus_bp: int = 0
    reversals: int = 0
    taken_base: int = 0
    taken_package: int = 0
    taken: Activity = field(default_factory=Activity)


@dataclass(frozen=True)
class Reversal:
    """What a reversal id stands for; with `everything` it takes what is left, and its numbers are 0."""

    transaction_id: str
    occurred_on: date
    everything: bool = False
    base_micropoints: int = 0
    spend_minor: int = 0
    visits: int = 0
    package_micropoints: int = 0


def reversal_refusal(
    reversal_id: str, reversal: Reversal, reused: bool, recorded: Recorded | None, today: date | None
) -> str:
    """Why a reversal is refused, or empty; `recorded` is its purchase, if there is one.

    All of a purchase that gave nothing may be taken back, once.
    """
    package = reversal.package_micropoints
    numbers = (reversal.base_micropoints, reversal.spend_minor, reversal.visits)
    if not is_printable(reversal_id):
        return "TRANSACTION_ID_MUST_BE_PRINTABLE"
    if min(*numbers, package) < 0:
        return "AMOUNT_MUST_NOT_BE_NEGATIVE"
    if package > reversal.base_micropoints:
        return "AMOUNT_ABOVE_LIMIT"
    if today is not None and reversal.occurred_on > today:
        return "DATE_MUST_NOT_BE_IN_FUTURE"
    if reused:
        return "TRANSACTION_ID_REUSED"
    if recorded is None:
        return "ACTIVITY_UNKNOWN"
    if reversal.occurred_on < recorded.occurred_on:
        return "REVERSAL_BEFORE_ACTIVITY"
    left = (
        recorded.base_micropoints - recorded.taken_base,
        recorded.gave.spend_minor - recorded.taken.spend_minor,
        recorded.gave.visits - recorded.taken.visits,
    )
    if reversal.everything and max(left) == 0 and recorded.reversals > 0:
        return "REVERSAL_ABOVE_ORIGINAL"
    if not reversal.everything and max(numbers) == 0:
        return "REVERSAL_MUST_TAKE_SOMETHING"
    if any(wanted > rest for wanted, rest in zip(numbers, left, strict=True)):
        return "REVERSAL_ABOVE_ORIGINAL"
    package_left = recorded.package_micropoints - recorded.taken_package
    others, others_left = reversal.base_micropoints - package, left[0] - package_left
    if not reversal.everything and (package > package_left or others > others_left):
        return "REVERSAL_ABOVE_ORIGINAL"
    return ""


def take_back(reversal: Reversal, recorded: Recorded) -> Activity:
    """What a reversal takes; points in the share of the base points that was reversed by now, rounded toward zero.

    Source: DECISIONS Meanings 14.
    """
    if reversal.everything:
        base, package = recorded.base_micropoints, recorded.package_micropoints
        spend, visits = recorded.gave.spend_minor, recorded.gave.visits
        points = recorded.gave.points
    else:
        base = recorded.taken_base + reversal.base_micropoints
        package = recorded.taken_package + reversal.package_micropoints
        spend = recorded.taken.spend_minor + reversal.spend_minor
        visits = recorded.taken.visits + reversal.visits
        points = points_share(recorded, base, package)
    before, recorded.taken = recorded.taken, Activity(spend, visits, points)
    recorded.taken_base, recorded.taken_package = base, package
    recorded.reversals += 1
    return Activity(spend - before.spend_minor, visits - before.visits, points - before.points)


def points_share(recorded: Recorded, taken_base: int, taken_package: int) -> int:
    """The points taken by all reversals together; what takes all the base points takes all the points.

    The share counts packages with their bonus.
    """
    if recorded.base_micropoints == 0:
        return 0
    bonus = Fraction(recorded.package_bonus_bp, ONE_BP)
    gave = recorded.base_micropoints + recorded.package_micropoints * bonus
    taken = taken_base + taken_package * bonus
    return floor(recorded.gave.points * taken / gave)


def reduce(member: Member, on: date, took: Activity) -> None:
    """What counted is reduced on the purchase's own day; lifetime treatments stay (DECISIONS Meanings 14)."""
    member.activities.append(DatedActivity(on, Activity(-took.spend_minor, -took.visits, -took.points)))


def undo_what_lost_its_ground(program: ReferenceProgram, member: Member, day: date, reversal_id: str) -> None:
    """Takes back the last promotion or recovery that nothing supports any more, and then looks at the one before.

    Source: DECISIONS Meanings 14.
    """
    system = program.system(member.system, day)
    if system is None or not system.active or program.tier(day).undoing == "KEEP":
        return
    if member.lifetime_since is not None:
        return
    if member.kept_until is not None and day < member.kept_until:
        return
    while member.grounds and not is_supported(program, member, member.grounds[-1], day):
        undo(program, member, member.grounds.pop(), day, reversal_id)


def is_supported(program: ReferenceProgram, member: Member, ground: Ground, day: date) -> bool:
    """Whether the remaining activity supports a promotion or recovery, as of its own day or as of now."""
    for each in (ground.move.effective_on, day):
        system = program.known_system(member.system, each)
        if suffices(system, ground, counted_as_of(program, member, each)):
            return True
    return False


def suffices(system: System, ground: Ground, counted: Activity) -> bool:
    """What entered the level suffices for a promotion, what keeps it for a recovery."""
    rank = system.rank_of(ground.move.to_level)
    if ground.move.reason == "RECOVERED":
        return system.keeps(rank, counted)
    return system.levels[rank].entry.reached_by(counted)


def undo(program: ReferenceProgram, member: Member, ground: Ground, day: date, reversal_id: str) -> None:
    """The member stands where the member stood before it, since the same day."""
    left = member.level
    stand_again(member, ground.before)
    reason = "RECOVERY_UNDONE" if ground.move.reason == "RECOVERED" else "PROMOTION_UNDONE"
    if member.grace_until is None:
        skip_reviews_before(program, member, day)
    tell(program, member, left, day, reason, counted_as_of(program, member, day), reversal_id)
