"""Purchases accepted for good: what is held, what was posted before, what waits for its turn."""

from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa

from services.kernel.columns import Index, Mask, put, taken
from services.kernel.shards import shard_of
from services.points.columns import Decisions, Pending, Purchases, Receipts, still_pending
from services.points.recording.posting import first_answers, refusing
from services.points.refusals import Reason
from services.points.rules.limits import are_large, decide_limits, most_points
from services.points.rules.turns import decide_turns
from services.points.store.acceptance import hold, release
from services.points.store.limits import read_commitments
from services.points.store.obstacles import Obstacles, read_obstacles
from services.points.store.pending import forget_refused, mark_waiting


@dataclass(frozen=True, slots=True)
class Accepted:
    """What the first transaction leaves: receipts so far, and the purchases still to be priced with their rows."""

    receipts: Receipts
    pending: Pending
    rows: Index


def pending_of(purchases: Purchases, decisions: Decisions) -> Pending:
    """Granted purchases with what was decided of them."""
    return Pending(
        transaction_id=purchases.transaction_id,
        payload_hash=purchases.payload_hash,
        shard=shard_of(purchases.member_id),
        member_id=purchases.member_id,
        property_id=purchases.property_id,
        occurred_us=purchases.occurred_us,
        service_minor=purchases.service_minor,
        addon_minor=purchases.addon_minor,
        product_minor=purchases.product_minor,
        package_minor=purchases.package_minor,
        treatments=purchases.treatments,
        occurred_on=decisions.occurred_on,
        base_micropoints=decisions.base_micropoints,
        qualifying_spend_minor=decisions.qualifying_spend_minor,
        points_revision=decisions.points_revision,
        package_micropoints=decisions.package_micropoints,
    )


def held(connection: sa.Connection, receipts: Receipts, wanted: Pending, rows: Index) -> Accepted:
    """Holds the ids first, and looks into the ledger in a later statement: see store.acceptance for why."""
    pending, is_held = hold(connection, wanted)
    receipts = refusing(receipts, rows[~is_held], Reason.TRANSACTION_ID_REUSED)
    accepted = _without_posted(connection, Accepted(receipts, taken(pending, is_held), rows[is_held]))
    if not len(accepted.rows):
        return accepted
    obstacles = read_obstacles(connection, accepted.pending)
    for without in (_without_other_acts, _without_limited, _without_those_behind):
        accepted = without(connection, accepted, obstacles)
    return accepted


def _are_above_limit(connection: sa.Connection, pending: Pending, obstacles: Obstacles) -> Mask:
    """Which purchases could lift what a member has, or ever earned, above 2^63 - 1 points."""
    most = most_points(pending.base_micropoints, pending.package_micropoints, pending.treatments)
    above = are_large(most)
    doubtful = obstacles.near_limit | obstacles.waiting.keys()
    if doubtful:
        above |= np.array([member in doubtful for member in pending.member_id], dtype=np.bool_)
    if above.any():
        committed = read_commitments(connection, taken(pending, above))
        above[above] = decide_limits(pending.member_id[above].tolist(), most[above], committed)
    return above


def _without_posted(connection: sa.Connection, accepted: Accepted) -> Accepted:
    """Answers what is in the ledger already, and takes it from what is pending."""
    known, answers = first_answers(connection, accepted.pending)
    if not len(known):
        return accepted
    release(connection, accepted.pending.transaction_id[known])
    receipts = put(accepted.receipts, accepted.rows[known], answers)
    open_still = np.ones(len(accepted.pending), dtype=np.bool_)
    open_still[known] = False
    return Accepted(receipts, taken(accepted.pending, open_still), accepted.rows[open_still])


def _without_other_acts(connection: sa.Connection, accepted: Accepted, obstacles: Obstacles) -> Accepted:
    """Refuses ids that stand for a reversal or a redemption."""
    if not obstacles.other_acts:
        return accepted
    other = np.array([each in obstacles.other_acts for each in accepted.pending.transaction_id])
    return _refused(connection, accepted, other, Reason.TRANSACTION_ID_REUSED)


def _without_limited(connection: sa.Connection, accepted: Accepted, obstacles: Obstacles) -> Accepted:
    above = _are_above_limit(connection, accepted.pending, obstacles)
    return _refused(connection, accepted, above, Reason.POINTS_ABOVE_LIMIT)


def _without_those_behind(connection: sa.Connection, accepted: Accepted, obstacles: Obstacles) -> Accepted:
    """Lets what is behind an earlier purchase of its member wait for its turn, and answers it as pending.

    Whoever was told "pending" is not overtaken by what comes later: what waits was marked in a transaction that ended
    before the caller was told, and is taken away in none but that which posts it. Purchases brought at the same time
    have no order.
    """
    if not obstacles.waiting:
        return accepted
    pending = accepted.pending
    turn = decide_turns(pending.transaction_id.tolist(), pending.member_id.tolist(), obstacles.waiting)
    if turn.all():
        return accepted
    behind = taken(pending, ~turn)
    mark_waiting(connection, behind)
    receipts = put(accepted.receipts, accepted.rows[~turn], still_pending(behind))
    return Accepted(receipts, taken(pending, turn), accepted.rows[turn])


def _refused(connection: sa.Connection, accepted: Accepted, which: Mask, reason: Reason) -> Accepted:
    if not which.any():
        return accepted
    forget_refused(connection, taken(accepted.pending, which))
    receipts = refusing(accepted.receipts, accepted.rows[which], reason)
    return Accepted(receipts, taken(accepted.pending, ~which), accepted.rows[~which])
