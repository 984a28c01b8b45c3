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
    LEVEL_UNKNOWN = 19
    ACTOR_REQUIRED = 20
    NOTE_REQUIRED = 21
    REQUEST_ID_MUST_BE_PRINTABLE = 22
    REQUEST_ID_REUSED = 23
    MEMBER_MERGED = 24
    MEMBER_ERASED = 25
    MEMBER_IN_NO_SYSTEM = 26
    TIER_SYSTEM_INACTIVE = 27
    LEVEL_MUST_BE_ANOTHER = 28
    LOCK_MUST_END_LATER = 29
    LIFETIME_MUST_NOT_END = 30
    LEVEL_NOT_BY_INVITATION = 31
    INVITATION_UNKNOWN = 32
    INVITATION_ALREADY_OPEN = 33
    INVITATION_EXPIRED = 34
    INVITATION_MUST_BE_PROPOSED = 35
    INVITATION_MUST_BE_APPROVED = 36
    INVITATION_MUST_BE_OPEN = 37
    APPROVER_MUST_BE_GENERAL_MANAGER = 38
    APPROVER_MUST_NOT_BE_PROPOSER = 39
    GIVER_MUST_BE_LIFETIME = 40
    STATUS_ALREADY_GIFTED = 41
    RECIPIENT_MUST_BE_ANOTHER = 42
    RECIPIENT_MUST_SHARE_SYSTEM = 43
    ACTIVITY_UNKNOWN = 44
    REVERSAL_BEFORE_ACTIVITY = 45
    REVERSAL_MUST_TAKE_SOMETHING = 46
    REVERSAL_ABOVE_ORIGINAL = 47
    REVISION_UNKNOWN = 48
    REVISION_HAS_STARTED = 49
    REVISION_ALREADY_CANCELLED = 50
    MULTIPLIER_BELOW_ONE = 51
    MULTIPLIER_ABOVE_LIMIT = 52
    RANGE_MUST_BE_POSSIBLE = 53
    MERGE_UNKNOWN = 54
    MERGE_ALREADY_UNDONE = 55
    MERGE_MUST_JOIN_TWO = 56
    FIELD_NOT_UPDATABLE = 57
    SNAPSHOT_REQUIRED = 58


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
    SPLIT_MUST_SUM_TO_100 = 19
    SPLIT_EXCLUDES_DEFAULT = 20
    INVITATION_ONLY_MUST_BE_ON_TOP = 21
    LIFETIME_ONLY_AT_THE_TOP = 22
    TOUCHPOINT_MUST_FALL_IN_GRACE = 23
    MUST_NOT_OVERLAP = 24
    RANGE_MUST_END_AFTER_START = 25
    RANGE_MUST_NOT_ADD = 26


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
    Reason.LEVEL_UNKNOWN: "the tier system has no level of this code",
    Reason.ACTOR_REQUIRED: "say who acts: an id of 1 to 64 printable characters without spaces",
    Reason.NOTE_REQUIRED: "say why, in 1 to 200 printable characters",
    Reason.REQUEST_ID_MUST_BE_PRINTABLE: "a request id has 1 to 64 printable characters without spaces",
    Reason.REQUEST_ID_REUSED: "the request id was used before, with other data",
    Reason.MEMBER_MERGED: "the record was merged into another; use that one",
    Reason.MEMBER_ERASED: "the member's personal data was erased; the record takes nothing more",
    Reason.MEMBER_IN_NO_SYSTEM: "the member is in no tier system",
    Reason.TIER_SYSTEM_INACTIVE: "the tier system is inactive; nobody moves in it",
    Reason.LEVEL_MUST_BE_ANOTHER: "the level must be another than the one held, and a higher one if offered or given",
    Reason.LOCK_MUST_END_LATER: "a lock lasts until a day after today",
    Reason.LIFETIME_MUST_NOT_END: "a level held for life is neither taken away nor left",
    Reason.LEVEL_NOT_BY_INVITATION: "nobody is invited to this level",
    Reason.INVITATION_UNKNOWN: "there is no such invitation",
    Reason.INVITATION_ALREADY_OPEN: "the member has an open invitation",
    Reason.INVITATION_EXPIRED: "the days of the invitation are over",
    Reason.INVITATION_MUST_BE_PROPOSED: "only a proposed invitation can be approved",
    Reason.INVITATION_MUST_BE_APPROVED: "only an approved invitation can be accepted",
    Reason.INVITATION_MUST_BE_OPEN: "only an open invitation can be declined",
    Reason.APPROVER_MUST_BE_GENERAL_MANAGER: "an invitation is approved by somebody with the role general-manager",
    Reason.APPROVER_MUST_NOT_BE_PROPOSER: "an invitation is approved by another person than the one who proposed it",
    Reason.GIVER_MUST_BE_LIFETIME: "only who holds a level for life can give it",
    Reason.STATUS_ALREADY_GIFTED: "the member has given the level before; it is given once",
    Reason.RECIPIENT_MUST_BE_ANOTHER: "the level is given to another member",
    Reason.RECIPIENT_MUST_SHARE_SYSTEM: "the level is given to a member of the same tier system",
    Reason.ACTIVITY_UNKNOWN: "no such purchase was recorded",
    Reason.REVERSAL_BEFORE_ACTIVITY: "a reversal is not dated before its purchase",
    Reason.REVERSAL_MUST_TAKE_SOMETHING: "a reversal takes back something",
    Reason.REVERSAL_ABOVE_ORIGINAL: "all reversals of a purchase together take back no more than it gave",
    Reason.REVISION_UNKNOWN: "there is no such revision",
    Reason.REVISION_HAS_STARTED: "only a revision that has not started can be cancelled",
    Reason.REVISION_ALREADY_CANCELLED: "the revision was cancelled before",
    Reason.MULTIPLIER_BELOW_ONE: "a multiplier is never below 1",
    Reason.MULTIPLIER_ABOVE_LIMIT: "a multiplier is at most 100",
    Reason.RANGE_MUST_BE_POSSIBLE: "a report runs over at most 400 days, in order, since 1970, until today",
    Reason.MERGE_UNKNOWN: "there is no such merge",
    Reason.MERGE_ALREADY_UNDONE: "the merge was undone before",
    Reason.MERGE_MUST_JOIN_TWO: "a merge joins two records",
    Reason.FIELD_NOT_UPDATABLE: "of a member, tier_system and birthday can be changed",
    Reason.SNAPSHOT_REQUIRED: "no composition-snapshot was taken yet",
}
"""What each reason requires, in words."""
