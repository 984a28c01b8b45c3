"""Why the Tier service refuses: the enums of carat.tier.v1 errors.proto without their prefixes."""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final


class Reason(IntEnum):
    """Why a call or an item is refused, in order of precedence; 0 is granted."""

    UNSPECIFIED = 0
    MEMBER_ID_MUST_BE_PRINTABLE = 1
    TRANSACTION_ID_MUST_BE_PRINTABLE = 2
    BATCH_TOO_LARGE = 3
    DUPLICATE_IN_BATCH = 4
    POLICY_REQUIRED = 5
    TIER_SYSTEM_UNKNOWN = 6
    MEMBER_ALREADY_ENROLLED = 7
    MEMBER_UNKNOWN = 8
    PROPERTY_UNKNOWN = 9
    AMOUNT_MUST_NOT_BE_NEGATIVE = 10
    AMOUNT_ABOVE_LIMIT = 11
    DATE_MUST_BE_VALID = 12
    DATE_MUST_NOT_BE_IN_FUTURE = 13
    DATE_BEFORE_ENROLMENT = 14
    TRANSACTION_ID_REUSED = 15
    PAGE_TOKEN_INVALID = 16
    POLICY_INVALID = 17
    AS_OF_BEFORE_LATEST_ACTIVITY = 18


class PolicyRule(IntEnum):
    """Which rule a policy breaks."""

    UNSPECIFIED = 0
    REQUIRED = 1
    TIME_ZONE_UNKNOWN = 2
    CURRENCY_MUST_BE_ISO_4217 = 3
    PROGRAM_MUST_NOT_CHANGE = 4
    AT_MOST_FIVE_SYSTEMS = 5
    MUST_BE_UNIQUE = 6
    MUST_NAME_A_SYSTEM = 7
    MULTIPLIER_BELOW_ONE = 8
    MULTIPLIER_ABOVE_LIMIT = 9
    MAINTENANCE_MUST_BE_BELOW_ADVANCEMENT = 10
    THRESHOLDS_MUST_RISE = 11
    ADVANCEMENT_REQUIRED = 12
    LOWEST_LEVEL_HAS_NO_THRESHOLDS = 13
    RESET_NOT_ENABLED = 14
    RESET_REQUIRED = 15
    OUT_OF_RANGE = 16
    MUST_NOT_BE_REMOVED = 17
    MUST_NOT_BE_RETROACTIVE = 18


TEXTS: Final[Mapping[Reason, str]] = {
    Reason.UNSPECIFIED: "granted",
    Reason.MEMBER_ID_MUST_BE_PRINTABLE: "a member id has 1 to 64 printable characters without spaces",
    Reason.TRANSACTION_ID_MUST_BE_PRINTABLE: "a transaction id has 1 to 64 printable characters without spaces",
    Reason.BATCH_TOO_LARGE: "the batch has more items than one call takes",
    Reason.DUPLICATE_IN_BATCH: "an id may stand in a batch only once",
    Reason.POLICY_REQUIRED: "no tier policy was applied yet",
    Reason.TIER_SYSTEM_UNKNOWN: "the program has no tier system of this external id",
    Reason.MEMBER_ALREADY_ENROLLED: "the member is enrolled already, with other data",
    Reason.MEMBER_UNKNOWN: "no such member is enrolled",
    Reason.PROPERTY_UNKNOWN: "the program has no digital property of this id",
    Reason.AMOUNT_MUST_NOT_BE_NEGATIVE: "amounts, visits and points may not be negative",
    Reason.AMOUNT_ABOVE_LIMIT: "amounts and visits may not pass 10^12",
    Reason.DATE_MUST_BE_VALID: "a date of the calendar is required",
    Reason.DATE_MUST_NOT_BE_IN_FUTURE: "the date may not lie in the future",
    Reason.DATE_BEFORE_ENROLMENT: "the date may not lie before the member's enrolment",
    Reason.TRANSACTION_ID_REUSED: "the transaction id was used before, with other data",
    Reason.PAGE_TOKEN_INVALID: "the page token is not one that this service gave",
    Reason.POLICY_INVALID: "the policy breaks rules; every mistake is in the details",
    Reason.AS_OF_BEFORE_LATEST_ACTIVITY: "a standing is told as of the latest activity or later",
}
"""What each reason requires, in words."""
