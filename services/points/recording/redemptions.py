"""Payments by points: points are held, then taken or given up, and may be given back.

Whoever changes a redemption holds the account that pays, so that no two of one balance are decided at once. One id has
one effect, for ever: authorised and captured in one step is another act than authorised.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from services.kernel.shards import shard_of
from services.points.columns import Amounts
from services.points.ledger_columns import EntryKind, RedemptionState
from services.points.policy import Policy
from services.points.policy_document import Redeeming
from services.points.recording.denial import Denial
from services.points.recording.earlier import Earlier, earlier, payload_hash_of
from services.points.recording.entries import NewEntry, lines_of
from services.points.recording.holdings import Holdings, locked_holdings, read_holdings, without_overdue
from services.points.recording.oldest import keep_oldest
from services.points.redemption_columns import Payers, Redemptions
from services.points.refusals import Reason
from services.points.rules.availability import decide_available
from services.points.rules.holders import decide_holder_refusals
from services.points.rules.redemptions import (
    captured_by,
    decide_authorisations,
    decide_cancellations,
    decide_captures,
    decide_pool_refusals,
    decide_unknown,
    hold_minutes_of,
    minimum_of,
    states_at,
    step_of,
    values_of,
)
from services.points.store.accounts import read_accounts
from services.points.store.lines import record_lines
from services.points.store.pools import account_of_pool, read_members
from services.points.store.redemptions import (
    read_redemption,
    record_cancelled,
    record_captured,
    record_redemptions,
)


@dataclass(frozen=True, slots=True)
class Payment:
    """What a payer asks for; `pool_id` is '' where the member's own points pay."""

    redemption_id: str
    member_id: str
    pool_id: str
    points: int

    @property
    def account(self) -> str:
        """The account that pays."""
        return account_of_pool(self.pool_id) if self.pool_id else self.member_id


@dataclass(frozen=True, slots=True)
class Redeemed:
    """One redemption as it is now, and whether what was asked for had been done before."""

    redemption: Redemptions
    replayed: bool


def redeem(
    connection: sa.Connection, policy: Policy, payment: Payment, today: int, now: datetime, *, at_once: bool
) -> Redeemed | Denial:
    """Holds points for a payment, or takes them `at_once`."""
    names = [payment.member_id, payment.account]
    holdings = read_holdings(connection, policy, names, today, now, lock=True)
    asked = payload_hash_of(at_once, payment.member_id, payment.pool_id, payment.points)
    before = earlier(connection, payment.redemption_id, EntryKind.REDEMPTION, asked)
    if before is Earlier.SAME:
        return Redeemed(read_redemption(connection, payment.redemption_id), replayed=True)
    if before is Earlier.OTHER:
        return Denial(Reason.TRANSACTION_ID_REUSED)
    holdings = without_overdue(connection, policy, holdings, [payment.account], today, now)
    redeeming = policy.document_on(today).redeeming
    payers = _payers(connection, policy, payment, holdings, today)
    reason = Reason(int(decide_authorisations(_one(payment.points), payers, redeeming)[0]))
    if reason or redeeming is None:
        return _denial(reason, redeeming, int(payers.available[0]))
    held = _held(payment, asked, redeeming, policy.number_on(today), today, now)
    record_redemptions(connection, held)
    if at_once:
        return _captured(connection, policy, held, held.points, today)
    return Redeemed(held, replayed=False)


def capture(
    connection: sa.Connection, policy: Policy, redemption_id: str, points: int, today: int, now: datetime
) -> Redeemed | Denial:
    """Takes the points that are held, or fewer; 0 is all of them. The value is that of the authorisation."""
    found = locked_redemption(connection, redemption_id)
    if not len(found):
        return Denial(decide_unknown(points))
    redeeming = _redeeming_of(found, policy)
    wanted = _one(points)
    reason = Reason(int(decide_captures(found, wanted, redeeming, now)[0]))
    if reason:
        return _denial(reason, redeeming)
    if found.state[0] == RedemptionState.CAPTURED:
        return Redeemed(found, replayed=True)
    locked_holdings(connection, policy, found.member_id.tolist(), today, now)
    return _captured(connection, policy, found, captured_by(found, wanted), today)


def cancel(connection: sa.Connection, redemption_id: str, now: datetime) -> Redeemed | Denial:
    """Gives up a hold; one that has ended by itself is left as it is."""
    found = locked_redemption(connection, redemption_id)
    if not len(found):
        return Denial(Reason.REDEMPTION_UNKNOWN)
    reason = Reason(int(decide_cancellations(found)[0]))
    if reason:
        return Denial(reason)
    if states_at(found, now)[0] != RedemptionState.AUTHORISED:
        return Redeemed(found, replayed=True)
    return Redeemed(record_cancelled(connection, found), replayed=False)


def locked_redemption(connection: sa.Connection, redemption_id: str) -> Redemptions:
    """The redemption of an id, or none, once the account that pays is locked: a merge may carry holds to another."""
    found = read_redemption(connection, redemption_id)
    while len(found):
        read_accounts(connection, found.member_id.tolist(), lock=True)
        before, found = found, read_redemption(connection, redemption_id)
        if found.member_id[0] == before.member_id[0]:
            break
    return found


def _payers(
    connection: sa.Connection, policy: Policy, payment: Payment, holdings: Holdings, today: int
) -> Payers:
    accounts = holdings.accounts
    available = decide_available(holdings.left, policy, today, len(accounts))
    paying = accounts.member_id == payment.account
    members = read_members(connection, payment.pool_id) if payment.pool_id else []
    return Payers(
        holder=decide_holder_refusals(accounts, [payment.member_id]),
        pool=decide_pool_refusals(
            _flag(payment.pool_id != ""),
            pool_known=_flag(len(members) > 0),
            in_pool=_flag(payment.member_id in members),
        ),
        available=_one(int(available[paying].sum())),
    )


def _held(
    payment: Payment, asked: bytes, redeeming: Redeeming, revision: int, today: int, now: datetime
) -> Redemptions:
    points = _one(payment.points)
    return Redemptions(
        redemption_id=_value(payment.redemption_id),
        payload_hash=_value(asked),
        shard=shard_of([payment.account]),
        member_id=_value(payment.account),
        redeemed_by=_value(payment.member_id),
        points=points,
        value_minor=values_of(points, redeeming),
        state=np.array([RedemptionState.AUTHORISED], dtype=np.int16),
        expires_at=_value(now + timedelta(minutes=hold_minutes_of(redeeming))),
        captured_points=_one(0),
        captured_value_minor=_one(0),
        reversed_points=_one(0),
        occurred_on=np.array([today], dtype=np.int32),
        points_revision=np.array([revision], dtype=np.int32),
    )


def _captured(
    connection: sa.Connection, policy: Policy, held: Redemptions, points: Amounts, today: int
) -> Redeemed:
    captured = replace(
        held,
        state=np.array([RedemptionState.CAPTURED], dtype=np.int16),
        captured_points=points,
        captured_value_minor=values_of(points, _redeeming_of(held, policy)),
        occurred_on=np.array([today], dtype=np.int32),
    )
    record_captured(connection, captured)
    [account] = held.member_id
    entry = NewEntry(
        held.redemption_id[0],
        EntryKind.REDEMPTION,
        account,
        -int(points[0]),
        occurred_on=today,
        payload_hash=held.payload_hash[0],
    )
    record_lines(connection, lines_of([entry], policy))
    keep_oldest(connection, policy, read_accounts(connection, [account], lock=True), today)
    return Redeemed(captured, replayed=False)


def _redeeming_of(redemptions: Redemptions, policy: Policy) -> Redeeming | None:
    return policy.documents[int(redemptions.points_revision[0]) - 1].redeeming


def _denial(reason: Reason, redeeming: Redeeming | None, available: int = 0) -> Denial:
    told = {
        Reason.POINTS_BELOW_MINIMUM: {"minimum_points": str(minimum_of(redeeming))},
        Reason.POINTS_MUST_FIT_STEP: {"step_points": str(step_of(redeeming))},
        Reason.BALANCE_TOO_LOW: {"available": str(available)},
    }
    return Denial(reason, told.get(reason, {}))


def _one(points: int) -> Amounts:
    return np.array([points], dtype=np.int64)


def _flag(is_so: bool) -> NDArray[np.bool_]:
    return np.array([is_so], dtype=np.bool_)


def _value(value: object) -> NDArray[np.object_]:
    column: NDArray[np.object_] = np.empty(1, dtype=object)
    column[0] = value
    return column
