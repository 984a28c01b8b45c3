"""Payments by points: what may be held, taken, given up and given back (DECISIONS, Meanings 28 and 29).

Each rule answers the first reason that applies, 0 where there is none. An act that was done before is granted: the
state tells that nothing is left to do.
"""

from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.kernel.columns import Mask
from services.points.columns import Amounts, Reasons
from services.points.ledger_columns import RedemptionState
from services.points.policy_document import Redeeming
from services.points.redemption_columns import Payers, Redemptions
from services.points.refusals import Reason
from services.points.rules.limits import ACT_LIMIT
from services.points.rules.reasons import first_reason

_HOLD_MINUTES: Final = 30
"""How long points are held where the policy does not say."""

_HIGHEST: Final = np.iinfo(np.int64).max


def decide_authorisations(points: Amounts, payers: Payers, redeeming: Redeeming | None) -> Reasons:
    """Why points cannot be held for a payment (LuxeSpa: 100 points are RM10, in hundreds).

    What pools hold is not told to who is not in them, so membership comes before the balance.
    """
    return first_reason(
        [
            (payers.holder == Reason.MEMBER_UNKNOWN, Reason.MEMBER_UNKNOWN),
            (points > ACT_LIMIT, Reason.POINTS_ABOVE_LIMIT),
            (payers.holder == Reason.MEMBER_MERGED, Reason.MEMBER_MERGED),
            (payers.holder == Reason.MEMBER_ERASED, Reason.MEMBER_ERASED),
            (points <= 0, Reason.POINTS_MUST_BE_POSITIVE),
            (np.full(len(points), redeeming is None), Reason.REDEMPTION_NOT_OFFERED),
            (points < minimum_of(redeeming), Reason.POINTS_BELOW_MINIMUM),
            (points % step_of(redeeming) != 0, Reason.POINTS_MUST_FIT_STEP),
            (payers.pool == Reason.POOL_UNKNOWN, Reason.POOL_UNKNOWN),
            (payers.pool == Reason.POOL_MEMBERSHIP_REQUIRED, Reason.POOL_MEMBERSHIP_REQUIRED),
            (points > payers.available, Reason.BALANCE_TOO_LOW),
        ]
    )


def decide_pool_refusals(from_pool: Mask, *, pool_known: Mask, in_pool: Mask) -> Reasons:
    """Why members cannot pay from the pools that they name (DECISIONS, Meanings 34)."""
    return first_reason(
        [
            (from_pool & ~pool_known, Reason.POOL_UNKNOWN),
            (from_pool & ~in_pool, Reason.POOL_MEMBERSHIP_REQUIRED),
        ]
    )


def decide_unknown(points: int) -> Reason:
    """Why so many points are not taken of a redemption, or given back, that there is none of."""
    return Reason.POINTS_MUST_BE_POSITIVE if points < 0 else Reason.REDEMPTION_UNKNOWN


def decide_captures(
    redemptions: Redemptions, points: Amounts, redeeming: Redeeming | None, now: datetime
) -> Reasons:
    """Why so many of the held points (0: all) cannot be taken.

    `redeeming` is what the redemptions were authorised by: its value and its step were promised.
    """
    state = states_at(redemptions, now)
    wanted = captured_by(redemptions, points)
    captured_so_before = (state == RedemptionState.CAPTURED) & (wanted == redemptions.captured_points)
    ended = (state == RedemptionState.CAPTURED) | (state == RedemptionState.CANCELLED)
    reason = first_reason(
        [
            (wanted <= 0, Reason.POINTS_MUST_BE_POSITIVE),
            (wanted % step_of(redeeming) != 0, Reason.POINTS_MUST_FIT_STEP),
            (ended, Reason.HOLD_ENDED),
            (state == RedemptionState.EXPIRED, Reason.HOLD_EXPIRED),
            (wanted > redemptions.points, Reason.CAPTURE_ABOVE_HOLD),
        ]
    )
    return np.where(captured_so_before, 0, reason).astype(np.int16)


def decide_cancellations(redemptions: Redemptions) -> Reasons:
    """Why holds cannot be given up; one that was given up or has expired is given up already."""
    return first_reason([(redemptions.state == RedemptionState.CAPTURED, Reason.HOLD_ENDED)])


def decide_redemption_reversals(redemptions: Redemptions, points: Amounts, room: Amounts) -> Reasons:
    """Why so many points (0: all that are left of a redemption) cannot be given back to accounts with such room."""
    left = redemptions.captured_points - redemptions.reversed_points
    wanted = given_back_by(redemptions, points)
    captured = redemptions.state == RedemptionState.CAPTURED
    return first_reason(
        [
            (captured & (wanted > room), Reason.POINTS_ABOVE_LIMIT),
            (captured & ((wanted > left) | (left == 0)), Reason.REVERSAL_ABOVE_ORIGINAL),
            (points < 0, Reason.POINTS_MUST_BE_POSITIVE),
            (~captured, Reason.REDEMPTION_NOT_CAPTURED),
        ]
    )


def captured_by(redemptions: Redemptions, points: Amounts) -> Amounts:
    """The points that a capture takes: as many as asked for, 0 standing for all that were authorised."""
    return np.where(points == 0, redemptions.points, points)


def given_back_by(redemptions: Redemptions, points: Amounts) -> Amounts:
    """The points that a reversal gives back: as many as asked for, 0 standing for all that are left."""
    return np.where(points == 0, redemptions.captured_points - redemptions.reversed_points, points)


def states_at(redemptions: Redemptions, now: datetime) -> NDArray[np.int16]:
    """How far redemptions have come at an instant: a hold ends by itself."""
    over = np.array([expires_at <= now for expires_at in redemptions.expires_at], dtype=np.bool_)
    expired = (redemptions.state == RedemptionState.AUTHORISED) & over
    return np.where(expired, RedemptionState.EXPIRED, redemptions.state).astype(np.int16)


def values_of(points: Amounts, redeeming: Redeeming | None) -> Amounts:
    """What points are worth; what passes 64 bits is told as the highest number: no redemption does."""
    return np.array([min(worth(each, redeeming), _HIGHEST) for each in points.tolist()], dtype=np.int64)


def worth(points: int, redeeming: Redeeming | None) -> int:
    """What so many points are worth in minor units, rounded down; whole steps are worth whole units.

    0 where nothing can be redeemed.
    """
    return points * redeeming.value_minor // redeeming.points if redeeming else 0


def step_of(redeeming: Redeeming | None) -> int:
    """Points are redeemed in multiples of it."""
    return max(redeeming.step_points, 1) if redeeming else 1


def minimum_of(redeeming: Redeeming | None) -> int:
    """Points that a redemption takes at least."""
    return max(redeeming.minimum_points, step_of(redeeming)) if redeeming else 1


def hold_minutes_of(redeeming: Redeeming) -> int:
    """How long an authorisation holds points."""
    return redeeming.hold_minutes or _HOLD_MINUTES
