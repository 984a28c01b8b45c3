"""Expired points given back by decision of staff, who say why."""

from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from services.points.ledger_columns import EntryKind
from services.points.policy import Policy
from services.points.recording.denial import Denial
from services.points.recording.earlier import Earlier, earlier, payload_hash_of
from services.points.recording.entries import NewEntry, lines_of
from services.points.recording.holdings import locked_holdings
from services.points.refusals import Reason
from services.points.rules.holders import decide_act_refusal, decide_holder_refusals
from services.points.rules.reinstatement import decide_reinstatable, decide_reinstatement
from services.points.store.limits import read_room
from services.points.store.lines import record_lines, record_note
from services.points.store.reinstatement import read_expirations
from services.points.store.statement import read_entry


@dataclass(frozen=True, slots=True)
class Reinstatement:
    """What staff ask for; points 0 stand for all that may be given back."""

    reinstatement_id: str
    member_id: str
    points: int
    actor_id: str
    note: str


@dataclass(frozen=True, slots=True)
class Reinstated:
    """The entry of a reinstatement, and whether it had been recorded before."""

    entry: sa.Row[Any]
    replayed: bool


def reinstate(
    connection: sa.Connection, policy: Policy, asked: Reinstatement, today: int, now: datetime
) -> Reinstated | Denial:
    """Gives expired points back as points of today, after whatever else has expired by today."""
    holdings = locked_holdings(connection, policy, [asked.member_id], today, now)
    payload_hash = payload_hash_of(*astuple(asked))
    before = earlier(connection, asked.reinstatement_id, EntryKind.REINSTATEMENT, payload_hash)
    if before is Earlier.SAME:
        return Reinstated(read_entry(connection, asked.reinstatement_id), replayed=True)
    if before is Earlier.OTHER:
        return Denial(Reason.TRANSACTION_ID_REUSED)
    refused = decide_act_refusal(decide_holder_refusals(holdings.accounts, [asked.member_id]), asked.points)
    if refused:
        return Denial(refused)
    expiry = policy.document_on(today).expiry
    days = expiry.reinstatement_days if expiry else 0
    reinstatable = decide_reinstatable(read_expirations(connection, asked.member_id), days, today)
    room = int(read_room(connection, holdings.accounts)[0])
    reason = decide_reinstatement(asked.points, reinstatable, room, asked.actor_id, asked.note)
    if reason:
        return Denial(reason, {"reinstatable": str(reinstatable)})
    entry = NewEntry(
        asked.reinstatement_id,
        EntryKind.REINSTATEMENT,
        asked.member_id,
        asked.points or reinstatable,
        occurred_on=today,
        lot_on=today,
        payload_hash=payload_hash,
    )
    record_lines(connection, lines_of([entry], policy))
    record_note(connection, asked.reinstatement_id, asked.actor_id, asked.note)
    return Reinstated(read_entry(connection, asked.reinstatement_id), replayed=False)
