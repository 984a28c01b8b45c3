"""Why the bulk engine refuses: the enum of carat.operations.v1 errors.proto without its prefix."""

from collections.abc import Mapping, Sequence
from enum import IntEnum

from services.kernel.refusals import Violation


class Reason(IntEnum):
    """Why a call is refused, in order of precedence; 0 is granted."""

    UNSPECIFIED = 0
    JOB_UNKNOWN = 1
    AS_OF_MUST_BE_VALID = 2
    POLICY_REQUIRED = 3
    AS_OF_MUST_NOT_BE_IN_FUTURE = 4
    AS_OF_BEFORE_LAST_RUN = 5
    RUN_ALREADY_ACTIVE = 6
    PLAN_CHANGED = 7
    RUN_UNKNOWN = 8
    RUN_NOT_ACTIVE = 9
    PAGE_TOKEN_INVALID = 10
    POLICY_INVALID = 11
    TIER_SYSTEM_UNKNOWN = 12
    DAY_ALREADY_CLOSED = 13
    CLOSING_ALREADY_ACTIVE = 14


class RunRefused(Exception):
    """A call about runs is refused: the reason, the requirement in words, and what stands in the way.

    `mistakes` are those of a policy that the call brings.
    """

    def __init__(
        self,
        reason: Reason,
        text: str,
        metadata: Mapping[str, str] | None = None,
        mistakes: Sequence[Violation] = (),
    ) -> None:
        super().__init__(text)
        self.reason = reason
        self.text = text
        self.metadata = metadata or {}
        self.mistakes = mistakes
