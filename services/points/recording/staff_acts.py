"""Points added, taken or given back by decision of staff, who say why."""

from collections.abc import Callable
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
from services.points.recording.holdings import Holdings, read_holdings, without_overdue
from services.points.recording.oldest import keep_oldest
from services.points.refusals import Reason
from services.points.rules.holders import decide_act_refusal, decide_holder_refusals
from services.points.store.lines import record_lines, record_note
from services.points.store.statement import read_entry


@dataclass(frozen=True, slots=True)
class StaffAct:
    """What staff ask for."""

    act_id: str
    member_id: str
    points: int
    actor_id: str
    note: str


@dataclass(frozen=True, slots=True)
class Done:
    """The entry of an act, and whether it had been recorded before."""

    entry: sa.Row[Any]
    replayed: bool


Decide = Callable[[sa.Connection, Policy, StaffAct, Holdings, int], int | Denial]
"""(connection, policy, asked, holdings, today): the points that the act comes to, or why it is refused."""


def act_by_staff(
    connection: sa.Connection,
    policy: Policy,
    kind: EntryKind,
    asked: StaffAct,
    decide: Decide,
    today: int,
    now: datetime,
) -> Done | Denial:
    """Does once for ever what staff ask for, as of today, after what has expired by then; what is added is of today."""
    holdings = read_holdings(connection, policy, [asked.member_id], today, now, lock=True)
    payload_hash = payload_hash_of(*astuple(asked))
    before = earlier(connection, asked.act_id, kind, payload_hash)
    if before is Earlier.SAME:
        return Done(read_entry(connection, asked.act_id), replayed=True)
    if before is Earlier.OTHER:
        return Denial(Reason.TRANSACTION_ID_REUSED)
    holdings = without_overdue(connection, policy, holdings, [asked.member_id], today, now)
    refused = decide_act_refusal(decide_holder_refusals(holdings.accounts, [asked.member_id]), asked.points)
    if refused:
        return Denial(refused)
    points = decide(connection, policy, asked, holdings, today)
    if isinstance(points, Denial):
        return points
    lot_on = today if points > 0 else NEVER
    entry = NewEntry(
        asked.act_id,
        kind,
        asked.member_id,
        points,
        occurred_on=today,
        lot_on=lot_on,
        payload_hash=payload_hash,
    )
    record_lines(connection, lines_of([entry], policy))
    keep_oldest(connection, policy, holdings.accounts, today)
    record_note(connection, asked.act_id, asked.actor_id, asked.note)
    return Done(read_entry(connection, asked.act_id), replayed=False)
