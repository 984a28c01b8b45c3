"""The rules of payments by points, over columns of several rows at once."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from services.points.ledger_columns import Accounts, RedemptionState
from services.points.policy_document import Redeeming
from services.points.redemption_columns import Payers, Redemptions
from services.points.refusals import Reason
from services.points.rules.holders import decide_holder_refusals
from services.points.rules.redemptions import (
    decide_authorisations,
    decide_cancellations,
    decide_captures,
    decide_pool_refusals,
    decide_redemption_reversals,
    hold_minutes_of,
    minimum_of,
    states_at,
    step_of,
    values_of,
)

NOW = datetime(2026, 7, 15, 4, 0, tzinfo=UTC)
HUNDREDS = Redeeming(points=100, value_minor=1_000, minimum_points=200, step_points=100)
AUTHORISED, CAPTURED, CANCELLED, EXPIRED = (
    RedemptionState.AUTHORISED,
    RedemptionState.CAPTURED,
    RedemptionState.CANCELLED,
    RedemptionState.EXPIRED,
)


def column(*values: int) -> Any:
    return np.array(values, dtype=np.int64)


def redemptions(*states: RedemptionState, points: int = 300, captured: int = 0, back: int = 0) -> Redemptions:
    """One redemption for each state; what was captured is so of each."""
    rows = len(states)

    def filled(value: Any, dtype: Any = object) -> Any:
        return np.full(rows, value, dtype=dtype)

    return Redemptions(
        redemption_id=filled("R"),
        payload_hash=filled(b""),
        shard=filled(0, np.int16),
        member_id=filled("M1"),
        redeemed_by=filled("M1"),
        points=filled(points, np.int64),
        value_minor=filled(points * 10, np.int64),
        state=np.array(states, dtype=np.int16),
        expires_at=filled(NOW + timedelta(minutes=1)),
        captured_points=filled(captured, np.int64),
        captured_value_minor=filled(captured * 10, np.int64),
        reversed_points=filled(back, np.int64),
        occurred_on=filled(0, np.int32),
        points_revision=filled(1, np.int32),
    )


def payers(holder: list[int], pool: list[int], available: list[int]) -> Payers:
    return Payers(np.array(holder, dtype=np.int16), np.array(pool, dtype=np.int16), column(*available))


def test_each_authorisation_is_told_the_first_reason_that_applies_to_it() -> None:
    unknown, erased, outsider = Reason.MEMBER_UNKNOWN, Reason.MEMBER_ERASED, Reason.POOL_MEMBERSHIP_REQUIRED
    points = column(0, 10**12 + 1, 0, 0, 100, 250, 300, 300, 300)
    holders = [unknown, erased, erased, 0, 0, 0, 0, 0, 0]
    asking = payers(holders, [outsider] * 7 + [0, 0], [0] * 7 + [299, 300])
    assert decide_authorisations(points, asking, HUNDREDS).tolist() == [
        unknown,
        Reason.POINTS_ABOVE_LIMIT,
        erased,
        Reason.POINTS_MUST_BE_POSITIVE,
        Reason.POINTS_BELOW_MINIMUM,
        Reason.POINTS_MUST_FIT_STEP,
        outsider,
        Reason.BALANCE_TOO_LOW,
        0,
    ]


def test_without_a_value_nothing_is_authorised() -> None:
    nobody_against = payers([0, 0], [0, 0], [500, 500])
    reasons = decide_authorisations(column(0, 100), nobody_against, None)
    assert reasons.tolist() == [Reason.POINTS_MUST_BE_POSITIVE, Reason.REDEMPTION_NOT_OFFERED]


def test_what_a_policy_leaves_out_is_one_point_one_step_and_half_an_hour() -> None:
    plain = Redeeming(points=100, value_minor=1_000)
    assert (step_of(plain), minimum_of(plain), hold_minutes_of(plain)) == (1, 1, 30)
    by_hundreds = Redeeming(points=100, value_minor=1_000, step_points=100, hold_minutes=5)
    assert (minimum_of(by_hundreds), hold_minutes_of(by_hundreds)) == (100, 5)


def test_captures_are_decided_by_state_and_what_is_held() -> None:
    held = redemptions(*[AUTHORISED] * 6)
    wanted = column(0, 300, 100, 400, 150, -100)
    assert decide_captures(held, wanted, HUNDREDS, NOW).tolist() == [
        0,
        0,
        0,
        Reason.CAPTURE_ABOVE_HOLD,
        Reason.POINTS_MUST_FIT_STEP,
        Reason.POINTS_MUST_BE_POSITIVE,
    ]


def test_a_capture_may_fall_below_the_minimum_of_a_redemption() -> None:
    assert minimum_of(HUNDREDS) == 200
    assert decide_captures(redemptions(AUTHORISED), column(100), HUNDREDS, NOW).tolist() == [0]


def test_a_capture_done_before_is_granted_again_and_no_other() -> None:
    done = redemptions(CAPTURED, CAPTURED, CAPTURED, CANCELLED, captured=200)
    reasons = decide_captures(done, column(200, 0, 100, 200), HUNDREDS, NOW)
    assert reasons.tolist() == [0, Reason.HOLD_ENDED, Reason.HOLD_ENDED, Reason.HOLD_ENDED]


@pytest.mark.parametrize(
    ("later", "reason", "state"),
    [(timedelta(seconds=59), 0, AUTHORISED), (timedelta(seconds=60), Reason.HOLD_EXPIRED, EXPIRED)],
)
def test_a_hold_ends_at_its_very_instant(later: timedelta, reason: int, state: RedemptionState) -> None:
    held = redemptions(AUTHORISED)
    assert decide_captures(held, column(300), HUNDREDS, NOW + later).tolist() == [reason]
    assert states_at(held, NOW + later).tolist() == [state]


def test_only_holds_end_by_themselves() -> None:
    late = NOW + timedelta(days=1)
    assert states_at(redemptions(CAPTURED, CANCELLED), late).tolist() == [CAPTURED, CANCELLED]


def test_what_was_captured_cannot_be_cancelled() -> None:
    reasons = decide_cancellations(redemptions(AUTHORISED, CAPTURED, CANCELLED, captured=300))
    assert reasons.tolist() == [0, Reason.HOLD_ENDED, 0]


def test_no_more_is_given_back_than_is_left_of_a_redemption() -> None:
    paid = redemptions(*[CAPTURED] * 5, captured=300, back=100)
    room = column(1_000, 1_000, 1_000, 1_000, 199)
    assert decide_redemption_reversals(paid, column(200, 0, 201, -1, 200), room).tolist() == [
        0,
        0,
        Reason.REVERSAL_ABOVE_ORIGINAL,
        Reason.POINTS_MUST_BE_POSITIVE,
        Reason.POINTS_ABOVE_LIMIT,
    ]


def test_what_was_not_captured_or_is_given_back_cannot_be_given_back() -> None:
    nothing_left = redemptions(CAPTURED, captured=300, back=300)
    assert decide_redemption_reversals(nothing_left, column(0), column(1_000)).tolist() == [
        Reason.REVERSAL_ABOVE_ORIGINAL
    ]
    not_taken = redemptions(AUTHORISED, CANCELLED)
    reasons = decide_redemption_reversals(not_taken, column(0, 100), column(1_000, 1_000))
    assert reasons.tolist() == [Reason.REDEMPTION_NOT_CAPTURED] * 2


def test_a_pool_must_be_there_and_the_member_in_it() -> None:
    yes, no = True, False
    reasons = decide_pool_refusals(
        np.array([no, yes, yes, yes]),
        pool_known=np.array([no, no, yes, yes]),
        in_pool=np.array([no, no, no, yes]),
    )
    assert reasons.tolist() == [0, Reason.POOL_UNKNOWN, Reason.POOL_MEMBERSHIP_REQUIRED, 0]


def test_points_are_worth_what_the_policy_says_rounded_down() -> None:
    three_for_two = Redeeming(points=3, value_minor=2)
    assert values_of(column(0, 1, 2, 3, 10**12), three_for_two).tolist() == [0, 0, 1, 2, 666_666_666_666]
    assert values_of(column(10**12), Redeeming(points=1, value_minor=10**6)).tolist() == [10**18]
    assert values_of(column(10**13), Redeeming(points=1, value_minor=10**6)).tolist() == [2**63 - 1]
    assert values_of(column(5), None).tolist() == [0]


def test_acts_are_refused_for_who_is_unknown_merged_or_erased() -> None:
    names = np.array(["kept", "merged", "erased"], dtype=object)
    nothing = np.zeros(3, dtype=np.int64)
    accounts = Accounts(
        shard=nothing.astype(np.int16),
        member_id=names,
        balance=nothing,
        lifetime_earned=nothing,
        oldest_on=nothing.astype(np.int32),
        active_on=nothing.astype(np.int32),
        expirations=nothing.astype(np.int32),
        tier_system=names,
        level=names,
        merged_into=np.array(["", "kept", ""], dtype=object),
        erased=np.array([False, False, True]),
    )
    reasons = decide_holder_refusals(accounts, ["erased", "nobody", "kept", "merged"])
    assert reasons.tolist() == [Reason.MEMBER_ERASED, Reason.MEMBER_UNKNOWN, 0, Reason.MEMBER_MERGED]
