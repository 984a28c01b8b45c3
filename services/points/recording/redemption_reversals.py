"""Points of a redemption given back, once for ever by the id of the reversal."""

from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import sqlalchemy as sa

from services.kernel.calendar import NEVER
from services.points.ledger_columns import EntryKind
from services.points.policy import Policy
from services.points.recording.denial import Denial
from services.points.recording.earlier import Earlier, earlier, payload_hash_of
from services.points.recording.entries import NewEntry, lines_of
from services.points.recording.holdings import locked_holdings
from services.points.recording.oldest import keep_oldest
from services.points.recording.redemptions import locked_redemption
from services.points.redemption_columns import Redemptions
from services.points.refusals import Reason
from services.points.rules.redemptions import decide_redemption_reversals, decide_unknown, given_back_by
from services.points.store.heirs import locked_heirs
from services.points.store.limits import read_room
from services.points.store.lines import record_lines
from services.points.store.pools import pool_of_account, read_members
from services.points.store.redemptions import read_given_back, read_payer, record_reversed


@dataclass(frozen=True, slots=True)
class GivenBack:
    """The points that a reversal gave back, the redemption as it is now, and whether the reversal was known."""

    redemption: Redemptions
    points: int
    replayed: bool


def give_back(
    connection: sa.Connection,
    policy: Policy,
    reversal_id: str,
    redemption_id: str,
    points: int,
    today: int,
    now: datetime,
) -> GivenBack | Denial:
    """Gives back points that were redeemed, 0 being all that are left, to the oldest of the account that paid.

    Whoever else holds the points now has lots of other ages: there they are as old as the payment.
    """
    found = locked_redemption(connection, redemption_id)
    asked = payload_hash_of(redemption_id, points)
    before = earlier(connection, reversal_id, EntryKind.REDEMPTION_REVERSAL, asked)
    if before is Earlier.OTHER:
        return Denial(Reason.TRANSACTION_ID_REUSED)
    if not len(found):
        return Denial(decide_unknown(points))
    if before is Earlier.SAME:
        return GivenBack(found, read_given_back(connection, reversal_id), replayed=True)
    holder = _holder(connection, found)
    accounts = locked_holdings(connection, policy, [holder], today, now).accounts
    wanted = np.array([points], dtype=np.int64)
    [reason] = decide_redemption_reversals(found, wanted, read_room(connection, accounts)).tolist()
    if reason:
        return Denial(Reason(reason))
    [given_back] = given_back_by(found, wanted).tolist()
    entry = NewEntry(
        reversal_id,
        EntryKind.REDEMPTION_REVERSAL,
        holder,
        given_back,
        occurred_on=today,
        lot_on=NEVER if holder == read_payer(connection, redemption_id) else int(found.occurred_on[0]),
        related_id=redemption_id,
        payload_hash=asked,
    )
    found = replace(found, reversed_points=found.reversed_points + given_back)
    record_reversed(connection, found)
    record_lines(connection, lines_of([entry], policy))
    keep_oldest(connection, policy, accounts, today)
    return GivenBack(found, given_back, replayed=False)


def _holder(connection: sa.Connection, redemptions: Redemptions) -> str:
    """Who holds the points of a redemption now: after a merge the other record, which is locked, too.

    Where the pool that paid is no more, that is the member who redeemed.
    """
    [account], [member_id] = redemptions.member_id, redemptions.redeemed_by
    heirs = locked_heirs(connection, {account, member_id})
    pool_id = pool_of_account(account)
    is_no_more = pool_id and not read_members(connection, pool_id)
    return heirs[member_id if is_no_more else account].member_id
