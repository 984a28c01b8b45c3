"""Whose points may be acted on."""

from collections.abc import Sequence

import numpy as np

from services.points.columns import Reasons
from services.points.ledger_columns import Accounts
from services.points.refusals import Reason
from services.points.rules.limits import ACT_LIMIT


def decide_holder_refusals(accounts: Accounts, names: Sequence[str]) -> Reasons:
    """Why no act is taken for each of the members or pools; `accounts` are those that there are of them.

    Of a record merged away the other is to be named; an erased member's ledger stays as it is (DECISIONS, Meanings
    23 and 35).
    """
    found = np.where(
        accounts.merged_into != "", Reason.MEMBER_MERGED, np.where(accounts.erased, Reason.MEMBER_ERASED, 0)
    )
    reason_of = dict(zip(accounts.member_id.tolist(), found.tolist(), strict=True))
    return np.array([reason_of.get(name, Reason.MEMBER_UNKNOWN) for name in names], dtype=np.int16)


def decide_act_refusal(refused: Reasons, points: int) -> Reason:
    """The first reason against an act on so many points of holders who are refused for these; UNSPECIFIED: none is.

    More than any act moves is told before whose record was given up.
    """
    against = [Reason(reason) for reason in refused.tolist() if reason]
    too_many = [Reason.POINTS_ABOVE_LIMIT] if against and abs(points) > ACT_LIMIT else []
    return min([*against, *too_many], default=Reason.UNSPECIFIED)
