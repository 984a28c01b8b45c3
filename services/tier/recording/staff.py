"""What staff do to a member's level: moving it by hand, locking it, giving it (DECISIONS, Meanings 11 and 22)."""

import numpy as np
import sqlalchemy as sa

from services.kernel.calendar import Days
from services.tier.acts import Act
from services.tier.columns import Ids
from services.tier.policy import Policy
from services.tier.recording.acting import act_on
from services.tier.recording.enrolment import NO_SUCH_DAY
from services.tier.recording.present import Present, first_refusal
from services.tier.refusals import Reason
from services.tier.rules.gifts import decide_gift, decide_gift_refusal
from services.tier.rules.review import Decided
from services.tier.rules.staff import (
    decide_lock_refusals,
    decide_locks,
    decide_move_refusals,
    decide_moves_by_hand,
    ladder_on,
    rank_of_code,
)
from services.tier.store.gifts import has_given, record_gift


def move_member(
    connection: sa.Connection, policy: Policy, act: Act, level: str, locked_until: int, today: int
) -> Reason:
    """Moves the act's member to a level by hand, locked until a day (NEVER: not); why not, if it is refused.

    `locked_until` is NO_SUCH_DAY where no calendar has the day that was asked for.
    """

    def decide(present: Present) -> Decided | Reason:
        if locked_until == NO_SUCH_DAY:
            return Reason.DATE_MUST_BE_VALID
        rank, locked = ranks_named(present, policy, level), _for_all(present, locked_until)
        asked = (present.standings, present.day, rank, locked, policy)
        return first_refusal(decide_move_refusals(*asked)) or decide_moves_by_hand(*asked)

    return act_on(connection, policy, act, [act.member_id], today, decide)


def lock_member(connection: sa.Connection, policy: Policy, act: Act, locked_until: int, today: int) -> Reason:
    """Locks the level of the act's member until a day, or (NEVER) lifts the lock; why not, if it is refused.

    `locked_until` is NO_SUCH_DAY where no calendar has the day that was asked for.
    """

    def decide(present: Present) -> Decided | Reason:
        if locked_until == NO_SUCH_DAY:
            return Reason.DATE_MUST_BE_VALID
        asked = (present.standings, present.day, _for_all(present, locked_until))
        return first_refusal(decide_lock_refusals(*asked)) or decide_locks(*asked, policy)

    return act_on(connection, policy, act, [act.member_id], today, decide)


def gift_status(connection: sa.Connection, policy: Policy, act: Act, recipient_id: str, today: int) -> Reason:
    """Gives the level that the act's member holds for life to another, once for ever; why not, if it is refused."""

    def decide(present: Present) -> Decided | Reason:
        if len(present) < len({act.member_id, recipient_id}):
            return Reason.MEMBER_UNKNOWN
        between = (present.row_of(act.member_id), present.row_of(recipient_id))
        asked = (present.standings, present.day, *between, policy)
        given_before = has_given(connection, act.member_id)
        return decide_gift_refusal(*asked, given_before=given_before) or decide_gift(*asked)

    def record(present: Present) -> None:
        record_gift(connection, act.member_id, recipient_id, int(present.day[present.row_of(recipient_id)]))

    return act_on(connection, policy, act, [act.member_id, recipient_id], today, decide, record=record)


def ranks_named(present: Present, policy: Policy, level: str) -> Ids:
    """The rank of a level, by its code, in each member's own system; NO_LEVEL where that has none of it."""
    systems_and_days = zip(present.standings.system.tolist(), present.day.tolist(), strict=True)
    ranks = [rank_of_code(ladder_on(policy, system, day), level) for system, day in systems_and_days]
    return np.array(ranks, dtype=np.int16)


def _for_all(present: Present, day: int) -> Days:
    return np.full(len(present), day, dtype=np.int32)
