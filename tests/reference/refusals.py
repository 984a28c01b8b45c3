"""Why an activity is refused: names of TierReason, the first in the order of that enum."""

from dataclasses import dataclass
from datetime import date

from tests.reference.identifiers import is_printable
from tests.reference.member import Member
from tests.reference.program import ReferenceProgram

MAX_SPEND_MINOR = 10**12
MAX_BASE_MICROPOINTS = 10**18
MAX_VISITS = 10**12


@dataclass(frozen=True)
class Payload:
    """What a transaction id stands for: the same id with another payload is refused."""

    member_id: str
    property_id: str
    occurred_on: date
    base_micropoints: int
    spend_minor: int
    visits: int
    package_micropoints: int = 0


def amount_refusal(payload: Payload) -> str:
    """Refusal of the numbers alone, or empty."""
    numbers = (payload.base_micropoints, payload.spend_minor, payload.visits)
    if min(*numbers, payload.package_micropoints) < 0:
        return "AMOUNT_MUST_NOT_BE_NEGATIVE"
    limits = (MAX_BASE_MICROPOINTS, MAX_SPEND_MINOR, MAX_VISITS)
    if any(number > limit for number, limit in zip(numbers, limits, strict=True)):
        return "AMOUNT_ABOVE_LIMIT"
    if payload.package_micropoints > payload.base_micropoints:
        return "AMOUNT_ABOVE_LIMIT"
    return ""


def activity_refusal(
    program: ReferenceProgram,
    member: Member | None,
    transaction_id: str,
    payload: Payload,
    recorded: Payload | None,
    today: date | None,
) -> str:
    """The refusal, or empty; `recorded` is what the transaction id stands for already, if anything."""
    policy = program.tier(payload.occurred_on)
    if not is_printable(payload.member_id):
        return "MEMBER_ID_MUST_BE_PRINTABLE"
    if not is_printable(transaction_id):
        return "TRANSACTION_ID_MUST_BE_PRINTABLE"
    if member is None and policy.enrolment != "ON_FIRST_PURCHASE":
        return "MEMBER_UNKNOWN"
    if payload.property_id and payload.property_id not in policy.properties:
        return "PROPERTY_UNKNOWN"
    wrong_amount = amount_refusal(payload)
    if wrong_amount:
        return wrong_amount
    if today is not None and payload.occurred_on > today:
        return "DATE_MUST_NOT_BE_IN_FUTURE"
    if member is not None and payload.occurred_on < member.enrolled_on:
        return "DATE_BEFORE_ENROLMENT"
    if recorded is not None and recorded != payload:
        return "TRANSACTION_ID_REUSED"
    return "" if member is None else gone_refusal(member)


def gone_refusal(member: Member) -> str:
    """Why nothing can be done to a record any more, or empty (DECISIONS Meanings 23 and 24)."""
    if member.merged_into:
        return "MEMBER_MERGED"
    return "MEMBER_ERASED" if member.erased_on is not None else ""
