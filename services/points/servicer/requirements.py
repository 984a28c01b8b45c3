"""How each refusal of a whole call is worded, and with which gRPC code."""

from typing import Final

from google.rpc import code_pb2

from services.points.refusals import Reason
from services.runtime.refusal import FieldMistake, Refused

_INVALID: Final = code_pb2.INVALID_ARGUMENT
_PRECONDITION: Final = code_pb2.FAILED_PRECONDITION

_REQUIREMENTS: Final = {
    Reason.BATCH_TOO_LARGE: (_INVALID, "a batch holds at most 1,000"),
    Reason.TRANSACTION_ID_MUST_BE_PRINTABLE: (
        _INVALID,
        "an id of a purchase or an act has 1 to 64 printable characters without spaces",
    ),
    Reason.MEMBER_ID_MUST_BE_PRINTABLE: (
        _INVALID,
        "a member id has 1 to 64 printable characters without spaces",
    ),
    Reason.DUPLICATE_IN_BATCH: (_INVALID, "a batch holds each id once"),
    Reason.POLICY_REQUIRED: (_PRECONDITION, "a points policy must be applied first"),
    Reason.CURRENCY_MUST_BE_THE_PROGRAMS: (_INVALID, "the currency must be the program's, or left out"),
    Reason.AMOUNT_MUST_NOT_BE_NEGATIVE: (_INVALID, "no amount may be negative"),
    Reason.AMOUNT_MUST_BE_POSITIVE: (_INVALID, "at least one amount must be positive"),
    Reason.AMOUNT_ABOVE_LIMIT: (_INVALID, "the amounts of one purchase add up to 10^12 minor units at most"),
    Reason.TREATMENTS_OUT_OF_RANGE: (_INVALID, "a purchase has 0 to 1,000 treatments"),
    Reason.OCCURRED_AT_REQUIRED: (_INVALID, "the instant at which it happened is required"),
    Reason.OCCURRED_AT_MUST_BE_VALID: (_INVALID, "the instant must be of a day of the calendar from 1970 on"),
    Reason.OCCURRED_AT_MUST_NOT_BE_IN_FUTURE: (_INVALID, "a purchase or a refund must have happened already"),
    Reason.TRANSACTION_ID_REUSED: (
        code_pb2.ALREADY_EXISTS,
        "this id stands for something else; each purchase and each act needs its own",
    ),
    Reason.MEMBER_UNKNOWN: (code_pb2.NOT_FOUND, "the member must be enrolled first"),
    Reason.PROPERTY_UNKNOWN: (code_pb2.NOT_FOUND, "the digital property must be one of the program's"),
    Reason.OCCURRED_BEFORE_ENROLMENT: (_PRECONDITION, "a purchase must not be older than the membership"),
    Reason.PAGE_TOKEN_INVALID: (_INVALID, "a page token must be one that this service gave"),
    Reason.POLICY_INVALID: (_INVALID, "the policy breaks rules; every mistake is told with its field"),
    Reason.POINTS_ABOVE_LIMIT: (
        _PRECONDITION,
        "an act moves at most 10^12 points, and a balance must stay below 2^63",
    ),
    Reason.MEMBER_MERGED: (
        _PRECONDITION,
        "the record was merged into another of the member; that one must be named",
    ),
    Reason.MEMBER_ERASED: (
        _PRECONDITION,
        "the member's personal data was erased; another member must be named",
    ),
    Reason.DATE_MUST_BE_VALID: (_INVALID, "the day must be one that the calendar has"),
    Reason.DATE_MUST_NOT_BE_IN_FUTURE: (_INVALID, "the day must not be one to come"),
    Reason.DATE_RANGE_INVALID: (_INVALID, "a range of days must not end before it begins"),
    Reason.MONTH_OUT_OF_RANGE: (_INVALID, "a month is 1 to 12, of a year from 1970 to 9999"),
    Reason.POINTS_MUST_NOT_BE_ZERO: (_INVALID, "say how many points are added, or (negative) taken"),
    Reason.ACTOR_REQUIRED: (_INVALID, "say who acts: an id of 1 to 64 printable characters without spaces"),
    Reason.NOTE_REQUIRED: (_INVALID, "say why, in 1 to 200 printable characters"),
    Reason.NOTHING_TO_REINSTATE: (
        _PRECONDITION,
        "no more points are given back than expired within the program's days and were not given back",
    ),
    Reason.ADJUSTMENT_ABOVE_LIMIT: (_PRECONDITION, "the program's policy limits what staff may add or take"),
    Reason.TRANSFER_TO_ITSELF: (_INVALID, "points are moved to another member or pool"),
    Reason.POOL_UNKNOWN: (code_pb2.NOT_FOUND, "the pool must be founded first, and have members"),
    Reason.POOL_ID_MUST_BE_PRINTABLE: (
        _INVALID,
        "a pool id has 1 to 64 printable characters without spaces",
    ),
    Reason.POOL_EXISTS: (code_pb2.ALREADY_EXISTS, "another pool has or had this id; each pool needs its own"),
    Reason.POOL_MEMBERSHIP_REQUIRED: (_PRECONDITION, "this is for members of the pool only"),
    Reason.POOL_MEMBERSHIP_TAKEN: (_PRECONDITION, "a member is in one pool at most"),
    Reason.PURCHASE_UNKNOWN: (code_pb2.NOT_FOUND, "no purchase was recorded under this transaction id"),
    Reason.PURCHASE_PENDING: (
        _PRECONDITION,
        "the points of the purchase are still to be posted; the same call may be made again later",
    ),
    Reason.REVERSAL_MUST_TAKE_SOMETHING: (
        _INVALID,
        "say what is refunded: everything, an amount, or treatments",
    ),
    Reason.REVERSAL_BEFORE_ORIGINAL: (_INVALID, "a refund must not be older than what it refunds"),
    Reason.CREDIT_ABOVE_PURCHASES: (
        _PRECONDITION,
        "no more can be credited than is left of the member's purchases before the credit note",
    ),
    Reason.REVERSAL_ABOVE_ORIGINAL: (_PRECONDITION, "no more can be taken back than is left of the original"),
    Reason.POINTS_MUST_BE_POSITIVE: (_INVALID, "say how many points, at least one"),
    Reason.REDEMPTION_NOT_OFFERED: (_PRECONDITION, "the program's policy gives points no value"),
    Reason.POINTS_BELOW_MINIMUM: (_INVALID, "the program's policy sets a minimum for redemptions"),
    Reason.POINTS_MUST_FIT_STEP: (
        _INVALID,
        "points are redeemed in multiples of the step in the program's policy",
    ),
    Reason.BALANCE_TOO_LOW: (_PRECONDITION, "fewer points are available"),
    Reason.REDEMPTION_UNKNOWN: (code_pb2.NOT_FOUND, "no points were authorised or redeemed under this id"),
    Reason.HOLD_ENDED: (_PRECONDITION, "the points were taken, or the hold was given up before"),
    Reason.HOLD_EXPIRED: (
        _PRECONDITION,
        "the hold has ended by itself; authorise the points again under a new id",
    ),
    Reason.CAPTURE_ABOVE_HOLD: (_INVALID, "no more points can be taken than are held"),
    Reason.REDEMPTION_NOT_CAPTURED: (_PRECONDITION, "only points that were taken can be given back"),
    Reason.REFERRAL_MUST_BE_OF_ANOTHER: (
        _INVALID,
        "members bring others: neither themselves nor who brought them",
    ),
    Reason.REFERRAL_EXISTS: (_PRECONDITION, "somebody else has brought this member already"),
    Reason.REFERRAL_TOO_LATE: (_PRECONDITION, "a referral is recorded before the friend's first treatment"),
    Reason.REFERRER_UNKNOWN: (code_pb2.NOT_FOUND, "who brings others must be enrolled first"),
}


def refusal(
    reason: Reason, metadata: dict[str, str] | None = None, mistakes: tuple[FieldMistake, ...] = ()
) -> Refused:
    """The refusal of a whole call; `metadata` names what it is about."""
    code, text = _REQUIREMENTS[reason]
    return Refused(reason, text, code, metadata or {}, mistakes)
