"""One act of staff from beginning to end: once for ever, on members brought up to the present."""

from collections.abc import Callable, Sequence

import sqlalchemy as sa

from services.tier.acts import Act
from services.tier.policy import Policy
from services.tier.recording.acts import first_of, looked_up, record_act
from services.tier.recording.present import Present, brought_up, record_acted, refuse_members
from services.tier.refusals import Reason
from services.tier.rules.review import Decided

Decide = Callable[[Present], Decided | Reason]
Record = Callable[[Present], None]


def act_on(
    connection: sa.Connection,
    policy: Policy,
    act: Act,
    member_ids: Sequence[str],
    today: int,
    decide: Decide,
    *,
    record: Record | None = None,
    note_required: bool = True,
) -> Reason:
    """Does what `decide` says unless something is wrong; why it is refused, where it is.

    The same act asked for again is granted and changes nothing. `decide` is given those of the members who exist;
    `record` writes what the act leaves behind beside standings and moves.
    """
    present = brought_up(connection, policy, member_ids, today)
    done, misasked = looked_up(connection, act, note_required=note_required)
    if done:
        return Reason.UNSPECIFIED
    decided = decide(present)
    refused = decided if isinstance(decided, Reason) else Reason.UNSPECIFIED
    reason = first_of(refuse_members(present, member_ids), refused, misasked)
    if reason or isinstance(decided, Reason):
        return reason
    record_acted(connection, present, decided, act.request_id)
    record_act(connection, act, int(present.day[present.row_of(act.member_id)]))
    if record is not None:
        record(present)
    return Reason.UNSPECIFIED
