"""Expired points given back by decision of staff (DECISIONS, Meanings 27)."""

from datetime import datetime

import sqlalchemy as sa

from services.points.ledger_columns import EntryKind
from services.points.policy import Policy
from services.points.recording.denial import Denial
from services.points.recording.holdings import Holdings
from services.points.recording.staff_acts import Done, StaffAct, act_by_staff
from services.points.rules.reinstatement import decide_reinstatable, decide_reinstatement
from services.points.store.limits import read_room
from services.points.store.reinstatement import read_expirations


def reinstate(
    connection: sa.Connection, policy: Policy, asked: StaffAct, today: int, now: datetime
) -> Done | Denial:
    """Gives expired points back as points of today; 0 stands for all that may be given back."""
    return act_by_staff(connection, policy, EntryKind.REINSTATEMENT, asked, _decide, today, now)


def _decide(
    connection: sa.Connection, policy: Policy, asked: StaffAct, holdings: Holdings, today: int
) -> int | Denial:
    expiry = policy.document_on(today).expiry
    days = expiry.reinstatement_days if expiry else 0
    reinstatable = decide_reinstatable(read_expirations(connection, asked.member_id), days, today)
    room = int(read_room(connection, holdings.accounts)[0])
    reason = decide_reinstatement(asked.points, reinstatable, room, asked.actor_id, asked.note)
    return Denial(reason, {"reinstatable": str(reinstatable)}) if reason else asked.points or reinstatable
