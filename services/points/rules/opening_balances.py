"""Which opening balances are refused."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from services.kernel.calendar import NEVER, Days
from services.kernel.columns import Mask, occurrence_numbers
from services.kernel.program import is_code
from services.points.columns import Amounts, Reasons, Texts
from services.points.refusals import Reason
from services.points.rules.limits import ACT_LIMIT
from services.points.rules.reasons import first_reason

NO_SUCH_DAY = -1
"""A day of earning that the calendar does not have, or of before 1970."""


@dataclass(frozen=True, slots=True)
class OpeningBalances:
    """Points that members bring along; `earned_on` is NEVER where it was left out, or NO_SUCH_DAY."""

    transaction_id: Texts
    member_id: Texts
    points: Amounts
    earned_on: Days

    def __len__(self) -> int:
        return len(self.points)


def decide_shapes(balances: OpeningBalances) -> Reasons:
    """Why balances cannot be looked at; 0: they can."""
    repeated = occurrence_numbers(balances.transaction_id.tolist()) > 0
    return first_reason(
        [
            (~_are_codes(balances.transaction_id), Reason.TRANSACTION_ID_MUST_BE_PRINTABLE),
            (~_are_codes(balances.member_id), Reason.MEMBER_ID_MUST_BE_PRINTABLE),
            (repeated, Reason.DUPLICATE_IN_BATCH),
        ]
    )


def decide_balances(balances: OpeningBalances, refused: Reasons, room: Amounts, today: int) -> Reasons:
    """The first refusal that applies to each balance, those of one member taken in order; 0: it is granted.

    `refused` tells for each why nothing may be done for the member, `room` what the member may still get.
    """
    earned_on = np.where(balances.earned_on == NEVER, today, balances.earned_on)
    reason = first_reason(
        [
            (refused == Reason.MEMBER_UNKNOWN, Reason.MEMBER_UNKNOWN),
            (balances.points > ACT_LIMIT, Reason.POINTS_ABOVE_LIMIT),
            (refused == Reason.MEMBER_MERGED, Reason.MEMBER_MERGED),
            (refused == Reason.MEMBER_ERASED, Reason.MEMBER_ERASED),
            (balances.points <= 0, Reason.POINTS_MUST_BE_POSITIVE),
            (earned_on == NO_SUCH_DAY, Reason.DATE_MUST_BE_VALID),
            (earned_on > today, Reason.DATE_MUST_NOT_BE_IN_FUTURE),
        ]
    )
    left: dict[str, int] = {}
    for row in np.flatnonzero(reason == 0).tolist():
        member_id, points = balances.member_id[row], int(balances.points[row])
        before = left.setdefault(member_id, int(room[row]))
        if points > before:
            reason[row] = Reason.POINTS_ABOVE_LIMIT
        else:
            left[member_id] = before - points
    return reason


def _are_codes(texts: Sequence[str] | Texts) -> Mask:
    return np.array([is_code(text) for text in texts], dtype=np.bool_)
