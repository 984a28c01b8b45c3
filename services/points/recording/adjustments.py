"""Points added or taken by decision of staff, who say why."""

from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from services.kernel.calendar import NEVER
from services.points.ledger_columns import EntryKind
from services.points.policy import Policy
from services.points.recording.denial import Denial
from services.points.recording.earlier import Earlier, earlier, payload_hash_of
from services.points.recording.entries import NewEntry, lines_of
from services.points.recording.holdings import locked_holdings
from services.points.recording.oldest import keep_oldest
from services.points.refusals import Reason
from services.points.rules.adjustments import decide_adjustment
from services.points.rules.availability import decide_available
from services.points.rules.holders import decide_act_refusal, decide_holder_refusals
from services.points.store.limits import read_room
from services.points.store.lines import record_lines, record_note
from services.points.store.statement import read_entry


@dataclass(frozen=True, slots=True)
class Adjustment:
    """What staff ask for; negative points are taken."""

    adjustment_id: str
    member_id: str
    points: int
    actor_id: str
    note: str


@dataclass(frozen=True, slots=True)
class Adjusted:
    """The entry of an adjustment, and whether it had been recorded before."""

    entry: sa.Row[Any]
    replayed: bool


def adjust(
    connection: sa.Connection, policy: Policy, asked: Adjustment, today: int, now: datetime
) -> Adjusted | Denial:
    """Adds or takes points as of today; what is added is as young as today."""
    holdings = locked_holdings(connection, policy, [asked.member_id], today, now)
    payload_hash = payload_hash_of(*astuple(asked))
    before = earlier(connection, asked.adjustment_id, EntryKind.ADJUSTMENT, payload_hash)
    if before is Earlier.SAME:
        return Adjusted(read_entry(connection, asked.adjustment_id), replayed=True)
    if before is Earlier.OTHER:
        return Denial(Reason.TRANSACTION_ID_REUSED)
    refused = decide_act_refusal(decide_holder_refusals(holdings.accounts, [asked.member_id]), asked.points)
    if refused:
        return Denial(refused)
    available = int(decide_available(holdings.left, policy, today, 1)[0])
    room = int(read_room(connection, holdings.accounts)[0])
    limit = policy.document_on(today).adjustment_limit
    reason = decide_adjustment(asked.points, available, room, limit, asked.actor_id, asked.note)
    if reason:
        told = {"available": str(available), "adjustment_limit": str(limit)}
        return Denial(reason, {name: told[name] for name in _TOLD.get(reason, ())})
    entry = NewEntry(
        asked.adjustment_id,
        EntryKind.ADJUSTMENT,
        asked.member_id,
        asked.points,
        occurred_on=today,
        lot_on=today if asked.points > 0 else NEVER,
        payload_hash=payload_hash,
    )
    record_lines(connection, lines_of([entry], policy))
    keep_oldest(connection, policy, holdings.accounts, today)
    record_note(connection, asked.adjustment_id, asked.actor_id, asked.note)
    return Adjusted(read_entry(connection, asked.adjustment_id), replayed=False)


_TOLD = {Reason.BALANCE_TOO_LOW: ("available",), Reason.ADJUSTMENT_ABOVE_LIMIT: ("adjustment_limit",)}
