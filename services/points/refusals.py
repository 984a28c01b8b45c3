"""Why the Points service refuses: the enums of carat.points.v1 errors.proto without their prefixes."""

from enum import IntEnum


class Reason(IntEnum):
    """Why a call or an item is refused, in order of precedence; 0 is granted."""

    UNSPECIFIED = 0
    BATCH_TOO_LARGE = 1
    TRANSACTION_ID_MUST_BE_PRINTABLE = 2
    MEMBER_ID_MUST_BE_PRINTABLE = 3
    DUPLICATE_IN_BATCH = 4
    POLICY_REQUIRED = 5
    CURRENCY_MUST_BE_THE_PROGRAMS = 6
    AMOUNT_MUST_NOT_BE_NEGATIVE = 7
    AMOUNT_MUST_BE_POSITIVE = 8
    AMOUNT_ABOVE_LIMIT = 9
    TREATMENTS_OUT_OF_RANGE = 10
    OCCURRED_AT_REQUIRED = 11
    OCCURRED_AT_MUST_BE_VALID = 12
    OCCURRED_AT_MUST_NOT_BE_IN_FUTURE = 13
    TRANSACTION_ID_REUSED = 14
    MEMBER_UNKNOWN = 15
    PROPERTY_UNKNOWN = 16
    OCCURRED_BEFORE_ENROLMENT = 17
    PAGE_TOKEN_INVALID = 18
    POLICY_INVALID = 19
    POINTS_ABOVE_LIMIT = 20
    MEMBER_MERGED = 21
    MEMBER_ERASED = 22


class PolicyRule(IntEnum):
    """Which rule a policy breaks."""

    UNSPECIFIED = 0
    REQUIRED = 1
    RATE_OUT_OF_RANGE = 2
    MUST_NOT_BE_RETROACTIVE = 3
