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
    OCCURRED_AT_MUST_NOT_BE_IN_FUTURE = 12
    TRANSACTION_ID_REUSED = 13
    MEMBER_UNKNOWN = 14
    PROPERTY_UNKNOWN = 15
    OCCURRED_BEFORE_ENROLMENT = 16
    PAGE_TOKEN_INVALID = 17
    POLICY_INVALID = 18
    POINTS_ABOVE_LIMIT = 19


class PolicyRule(IntEnum):
    """Which rule a policy breaks."""

    UNSPECIFIED = 0
    REQUIRED = 1
    RATE_OUT_OF_RANGE = 2
    MUST_NOT_BE_RETROACTIVE = 3
