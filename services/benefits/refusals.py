"""Why the Benefits service refuses: the enums of carat.benefits.v1 errors.proto without their prefixes."""

from enum import IntEnum


class Reason(IntEnum):
    """Why a call or an item is refused, in order of precedence; 0 is granted."""

    UNSPECIFIED = 0
    BATCH_TOO_LARGE = 1
    TRANSACTION_ID_MUST_BE_PRINTABLE = 2
    MEMBER_ID_MUST_BE_PRINTABLE = 3
    DUPLICATE_IN_BATCH = 4
    POLICY_REQUIRED = 5
    QUANTITY_MUST_BE_POSITIVE = 6
    VALUE_MUST_NOT_BE_NEGATIVE = 7
    DATE_MUST_BE_VALID = 8
    DATE_MUST_NOT_BE_IN_FUTURE = 9
    TRANSACTION_ID_REUSED = 10
    MEMBER_UNKNOWN = 11
    ALLOWANCE_UNKNOWN = 12
    LEVEL_REQUIRED = 13
    PERIOD_NOT_OPEN = 14
    COMBINATION_NOT_ALLOWED = 15
    ALLOWANCE_EXHAUSTED = 16
    VALUE_ABOVE_LIMIT = 17
    POLICY_INVALID = 18
    POINTS_MUST_BE_POSITIVE = 19
    POINTS_ABOVE_LIMIT = 20
    AWARD_CODE_REQUIRED = 21
    ACTOR_REQUIRED = 22
    CURSOR_INVALID = 23
    NOTE_MUST_BE_PRINTABLE = 24


class PolicyRule(IntEnum):
    """Which rule a policy breaks."""

    UNSPECIFIED = 0
    REQUIRED = 1
    OUT_OF_RANGE = 2
    MUST_BE_UNIQUE = 3
    ANCHOR_MUST_FIT_PERIOD = 4
    MUST_NOT_BE_RETROACTIVE = 5
