"""Points added or taken by decision of staff (DECISIONS, Meanings 28)."""

from datetime import datetime

import sqlalchemy as sa

from services.points.ledger_columns import EntryKind
from services.points.policy import Policy
from services.points.recording.denial import Denial
from services.points.recording.holdings import Holdings
from services.points.recording.staff_acts import Done, StaffAct, act_by_staff
from services.points.refusals import Reason
from services.points.rules.adjustments import decide_adjustment
from services.points.rules.availability import decide_available
from services.points.store.limits import read_room

_TOLD = {Reason.BALANCE_TOO_LOW: ("available",), Reason.ADJUSTMENT_ABOVE_LIMIT: ("adjustment_limit",)}


def adjust(
    connection: sa.Connection, policy: Policy, asked: StaffAct, today: int, now: datetime
) -> Done | Denial:
    """Adds points, or takes negative ones from what is available."""
    return act_by_staff(connection, policy, EntryKind.ADJUSTMENT, asked, _decide, today, now)


def _decide(
    connection: sa.Connection, policy: Policy, asked: StaffAct, holdings: Holdings, today: int
) -> int | Denial:
    available = int(decide_available(holdings.left, policy, today, 1)[0])
    room = int(read_room(connection, holdings.accounts)[0])
    limit = policy.document_on(today).adjustment_limit
    reason = decide_adjustment(asked.points, available, room, limit, asked.actor_id, asked.note)
    if reason:
        told = {"available": str(available), "adjustment_limit": str(limit)}
        return Denial(reason, {name: told[name] for name in _TOLD.get(reason, ())})
    return asked.points
