"""When an award is refused."""

from services.benefits.awards import HIGHEST_AWARD, Award
from services.benefits.refusals import Reason
from services.kernel.calendar import NEVER
from services.kernel.program import is_code, is_name


def decide_award_refusal(
    award: Award, earlier_hash: bytes | None, today: int, *, has_policy: bool, is_member: bool
) -> Reason:
    """The first refusal that applies, by precedence; UNSPECIFIED: granted, or granted before.

    `earlier_hash` is the payload of an award that was granted under the id. `awarded_on` is not UNDATED any more.
    """
    requirements = (
        (Reason.TRANSACTION_ID_MUST_BE_PRINTABLE, is_code(award.award_id)),
        (Reason.MEMBER_ID_MUST_BE_PRINTABLE, is_code(award.member_id)),
        (Reason.POLICY_REQUIRED, has_policy),
        (Reason.DATE_MUST_BE_VALID, 0 <= award.awarded_on < NEVER),
        (Reason.DATE_MUST_NOT_BE_IN_FUTURE, award.awarded_on <= today),
        (Reason.TRANSACTION_ID_REUSED, earlier_hash in (None, award.payload_hash)),
        (Reason.MEMBER_UNKNOWN, is_member),
        (Reason.POINTS_MUST_BE_POSITIVE, award.points > 0),
        (Reason.POINTS_ABOVE_LIMIT, award.points <= HIGHEST_AWARD),
        (Reason.AWARD_CODE_REQUIRED, is_code(award.code)),
        (Reason.ACTOR_REQUIRED, is_code(award.actor_id)),
        (Reason.NOTE_MUST_BE_PRINTABLE, not award.note or is_name(award.note)),
    )
    return next((reason for reason, is_met in requirements if not is_met), Reason.UNSPECIFIED)
