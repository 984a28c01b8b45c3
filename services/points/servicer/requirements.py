"""How each refusal of a whole call is worded, and with which gRPC code."""

from typing import Final

from google.rpc import code_pb2

from services.points.refusals import Reason
from services.runtime.refusal import FieldMistake, Refused

_INVALID: Final = code_pb2.INVALID_ARGUMENT
_PRECONDITION: Final = code_pb2.FAILED_PRECONDITION

_REQUIREMENTS: Final = {
    Reason.BATCH_TOO_LARGE: (_INVALID, "a batch holds at most 1,000 purchases"),
    Reason.TRANSACTION_ID_MUST_BE_PRINTABLE: (
        _INVALID,
        "a transaction id has 1 to 64 printable characters without spaces",
    ),
    Reason.MEMBER_ID_MUST_BE_PRINTABLE: (
        _INVALID,
        "a member id has 1 to 64 printable characters without spaces",
    ),
    Reason.DUPLICATE_IN_BATCH: (_INVALID, "a batch holds each transaction once"),
    Reason.POLICY_REQUIRED: (_PRECONDITION, "a points policy must be applied first"),
    Reason.CURRENCY_MUST_BE_THE_PROGRAMS: (_INVALID, "the currency must be the program's, or left out"),
    Reason.AMOUNT_MUST_NOT_BE_NEGATIVE: (_INVALID, "no amount may be negative"),
    Reason.AMOUNT_MUST_BE_POSITIVE: (_INVALID, "at least one amount must be positive"),
    Reason.AMOUNT_ABOVE_LIMIT: (_INVALID, "the amounts of one purchase add up to 10^12 minor units at most"),
    Reason.TREATMENTS_OUT_OF_RANGE: (_INVALID, "a purchase has 0 to 1,000 treatments"),
    Reason.OCCURRED_AT_REQUIRED: (_INVALID, "the instant of the purchase is required"),
    Reason.OCCURRED_AT_MUST_BE_VALID: (_INVALID, "a purchase must be of a day of the calendar from 1970 on"),
    Reason.OCCURRED_AT_MUST_NOT_BE_IN_FUTURE: (_INVALID, "a purchase must have happened already"),
    Reason.TRANSACTION_ID_REUSED: (
        code_pb2.ALREADY_EXISTS,
        "this transaction id stands for another purchase; each purchase needs its own",
    ),
    Reason.MEMBER_UNKNOWN: (code_pb2.NOT_FOUND, "the member must be enrolled first"),
    Reason.PROPERTY_UNKNOWN: (code_pb2.NOT_FOUND, "the digital property must be one of the program's"),
    Reason.OCCURRED_BEFORE_ENROLMENT: (_PRECONDITION, "a purchase must not be older than the membership"),
    Reason.PAGE_TOKEN_INVALID: (_INVALID, "a page token must be one that this service gave"),
    Reason.POLICY_INVALID: (_INVALID, "the policy breaks rules; every mistake is told with its field"),
    Reason.POINTS_ABOVE_LIMIT: (_PRECONDITION, "a balance must stay below 2^63 points"),
    Reason.MEMBER_MERGED: (
        _PRECONDITION,
        "the record was merged into another of the member; that one must be named",
    ),
    Reason.MEMBER_ERASED: (
        _PRECONDITION,
        "the member's personal data was erased; purchases must name another member",
    ),
}


def refusal(
    reason: Reason, metadata: dict[str, str] | None = None, mistakes: tuple[FieldMistake, ...] = ()
) -> Refused:
    """The refusal of a whole call; `metadata` names what it is about."""
    code, text = _REQUIREMENTS[reason]
    return Refused(reason, text, code, metadata or {}, mistakes)
