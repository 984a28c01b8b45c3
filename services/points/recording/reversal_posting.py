"""What Tier made of reversals, carried into the ledger in the caller's transaction."""

from dataclasses import replace
from datetime import datetime

import numpy as np
import sqlalchemy as sa

from services.kernel.columns import taken
from services.kernel.shards import shard_of
from services.points.ledger_columns import EntryKind, Lines
from services.points.policy import Policy
from services.points.recording.holdings import expire_before
from services.points.recording.referrals import take_back_referrals
from services.points.recording.reversible import locked_purchases
from services.points.reversal_columns import TREATMENTS, Bought, Reversals, Reversed
from services.points.store.lines import record_lines
from services.points.store.reversals import lock_open, record_posted, refuse


def settle_reversals(
    connection: sa.Connection,
    policy: Policy,
    pending: Reversals,
    answers: Reversed,
    today: int,
    now: datetime,
    *,
    told: bool,
) -> None:
    """Posts what Tier granted; of what it refused the reason is kept, unless its one caller is `told`.

    Points are taken from whoever holds them now, after what expires there by `today` has (DECISIONS, Meanings 27 and
    30). What others have posted meanwhile is left alone.
    """
    bought, heirs = locked_purchases(connection, set(pending.transaction_id.tolist()))
    still_open = lock_open(connection, pending.reversal_id)
    is_open = np.array([each in still_open for each in pending.reversal_id], dtype=np.bool_)
    granted, refused = is_open & (answers.reason == 0), is_open & (answers.reason != 0)
    if refused.any():
        refuse(connection, taken(pending, refused), taken(answers, refused), told=told)
    if not granted.any():
        return
    posted, given = taken(pending, granted), taken(answers, granted)
    row_of = {transaction_id: row for row, transaction_id in enumerate(bought.transaction_id)}
    bought = taken(bought, np.array([row_of[each] for each in posted.transaction_id], dtype=np.intp))
    holders = [heirs[member_id].member_id for member_id in bought.member_id]
    posted = replace(posted, member_id=np.array(holders, dtype=object), shard=shard_of(holders))
    expire_before(connection, policy, dict.fromkeys(holders, today), now)
    bonuses = _referral_bonuses(connection, policy, posted, bought)
    record_posted(connection, posted, given, bonuses)
    if not record_lines(connection, _lines(posted, given, bought)).all():
        raise ValueError("an id that a pending reversal holds was given to another entry")


def _referral_bonuses(
    connection: sa.Connection, policy: Policy, posted: Reversals, bought: Bought
) -> list[int]:
    """What is taken back from referrers, told with the last reversal here of the purchase that paid them."""
    gone = (bought.left[:, TREATMENTS] == 0) & (posted.treatments > 0)
    last = {posted.transaction_id[row]: int(row) for row in np.flatnonzero(gone)}
    taken_back = take_back_referrals(
        connection,
        policy,
        [(transaction_id, int(posted.occurred_on[row])) for transaction_id, row in last.items()],
    )
    bonuses = [0] * len(posted)
    for transaction_id, points in taken_back.items():
        bonuses[last[transaction_id]] = points
    return bonuses


def _lines(posted: Reversals, answers: Reversed, bought: Bought) -> Lines:
    nothing = np.full(len(posted), "", dtype=object)
    return Lines(
        transaction_id=posted.reversal_id,
        payload_hash=posted.payload_hash,
        kind=np.full(len(posted), EntryKind.PURCHASE_REVERSAL, dtype=np.int16),
        shard=posted.shard,
        member_id=posted.member_id,
        points=-(answers.points + posted.treatment_bonus),
        occurred_on=posted.occurred_on,
        lot_on=bought.occurred_on,
        related_id=posted.transaction_id,
        tier_system=nothing,
        level=nothing,
        points_revision=bought.points_revision,
    )
