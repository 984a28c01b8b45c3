"""Points that members bring along from another system, posted once for ever by transaction id."""

from datetime import datetime

import numpy as np
import sqlalchemy as sa

from services.kernel.calendar import NEVER
from services.kernel.columns import Mask, taken
from services.points.columns import Reasons
from services.points.ledger_columns import EntryKind
from services.points.policy import Policy
from services.points.recording.earlier import Earlier, earlier_of_each, payload_hash_of
from services.points.recording.entries import NewEntry, lines_of
from services.points.recording.holdings import expire_before
from services.points.refusals import Reason
from services.points.rules.holders import decide_holder_refusals
from services.points.rules.opening_balances import OpeningBalances, decide_balances, decide_shapes
from services.points.store.accounts import read_accounts
from services.points.store.limits import read_room
from services.points.store.lines import record_lines


def import_balances(
    connection: sa.Connection, policy: Policy, balances: OpeningBalances, today: int, now: datetime
) -> tuple[Reasons, Mask]:
    """Posts what is not refused; why each was refused (0: it was not), and whether it had been posted before.

    What had expired of points of those who get some expires first, as of its own day; what was overdue when it was
    brought along does as of the day on which it came.
    """
    reason = decide_shapes(balances)
    replayed = np.zeros(len(balances), dtype=np.bool_)
    rows = np.flatnonzero(reason == 0)
    if not len(rows):
        return reason, replayed
    members = sorted({balances.member_id[row] for row in rows})
    accounts = read_accounts(connection, members, lock=True)
    hashes = {balances.transaction_id[row]: _payload_hash(balances, row) for row in rows.tolist()}
    before = earlier_of_each(connection, hashes, EntryKind.OPENING_BALANCE)
    known = np.array([before[balances.transaction_id[row]] for row in rows], dtype=object)
    reason[rows[known == Earlier.OTHER]] = Reason.TRANSACTION_ID_REUSED
    replayed[rows[known == Earlier.SAME]] = True
    rows = rows[known == Earlier.NONE]
    room_of = dict(zip(accounts.member_id.tolist(), read_room(connection, accounts).tolist(), strict=True))
    new = taken(balances, rows)
    room = np.array([room_of.get(member_id, 0) for member_id in new.member_id], dtype=np.int64)
    reason[rows] = decide_balances(new, decide_holder_refusals(accounts, new.member_id.tolist()), room, today)
    posted = rows[reason[rows] == 0].tolist()
    if posted:
        expire_before(connection, policy, {balances.member_id[row]: today for row in posted}, now)
        entries = [_entry(balances, row, hashes, today) for row in posted]
        record_lines(connection, lines_of(entries, policy))
    return reason, replayed


def _payload_hash(balances: OpeningBalances, row: int) -> bytes:
    """A day left out stays left out, so that tomorrow's repetition says the same."""
    return payload_hash_of(
        balances.transaction_id[row],
        balances.member_id[row],
        int(balances.points[row]),
        int(balances.earned_on[row]),
    )


def _entry(balances: OpeningBalances, row: int, hashes: dict[str, bytes], today: int) -> NewEntry:
    transaction_id, earned_on = balances.transaction_id[row], int(balances.earned_on[row])
    return NewEntry(
        transaction_id,
        EntryKind.OPENING_BALANCE,
        balances.member_id[row],
        int(balances.points[row]),
        occurred_on=today,
        lot_on=today if earned_on == NEVER else earned_on,
        payload_hash=hashes[transaction_id],
    )
