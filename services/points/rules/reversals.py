"""Which refunds are refused, and what they take back of purchases (DECISIONS, Meanings 30)."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.kernel.calendar import Days
from services.kernel.clock_skew import CLOCK_SKEW_SECONDS
from services.kernel.columns import Index, Mask, occurrence_numbers, stacked, taken
from services.kernel.program import is_code
from services.points.columns import NO_INSTANT, Amounts, Reasons
from services.points.policy import KINDS, Policy
from services.points.refusals import Reason
from services.points.reversal_columns import TREATMENTS, Bought, Parts, Refunds, TakenBack
from services.points.rules.local_days import first_instant
from services.points.rules.purchases import AMOUNT_LIMIT_MINOR, EARLIEST_DAY, TREATMENTS_LIMIT
from services.points.rules.reasons import first_reason

NOT_IN_LEDGER: Final = -1
"""Stands for the row of a purchase that the ledger does not have."""

_PACKAGE: Final = KINDS.index("package_minor")
_MICROSECONDS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Worth:
    """What parts of purchases were worth when they were bought."""

    base_micropoints: Amounts
    package_micropoints: Amounts
    qualifying_spend_minor: Amounts


def decide_requests(refunds: Refunds, policy: Policy | None, now_us: int, nameless: Reason) -> Reasons:
    """The first reason to refuse each refund for what it says, whatever was bought (0: none).

    `nameless` is the reason where what a refund concerns has no printable id. `policy` is None before any was
    applied.
    """
    amounts, treatments = refunds.parts[:, :TREATMENTS], refunds.parts[:, TREATMENTS]
    currency = policy.program.currency if policy else ""
    earliest_us = first_instant(EARLIEST_DAY, policy.zone) if policy else 0
    latest_us = now_us + CLOCK_SKEW_SECONDS * _MICROSECONDS
    checks: list[tuple[Mask, Reason]] = [
        (_each(not is_code(said) for said in refunds.refund_id), Reason.TRANSACTION_ID_MUST_BE_PRINTABLE),
        (_each(not is_code(said) for said in refunds.concerns), nameless),
        (occurrence_numbers(refunds.refund_id.tolist()) > 0, Reason.DUPLICATE_IN_BATCH),
        (np.full(len(refunds), policy is None), Reason.POLICY_REQUIRED),
        (
            _each(said not in ("", currency) for said in refunds.currency),
            Reason.CURRENCY_MUST_BE_THE_PROGRAMS,
        ),
        (np.asarray((amounts < 0).any(axis=1)), Reason.AMOUNT_MUST_NOT_BE_NEGATIVE),
        (_total(amounts) > AMOUNT_LIMIT_MINOR, Reason.AMOUNT_ABOVE_LIMIT),
        ((treatments < 0) | (treatments > TREATMENTS_LIMIT), Reason.TREATMENTS_OUT_OF_RANGE),
        (refunds.occurred_us == NO_INSTANT, Reason.OCCURRED_AT_REQUIRED),
        (refunds.occurred_us < earliest_us, Reason.OCCURRED_AT_MUST_BE_VALID),
        (refunds.occurred_us > latest_us, Reason.OCCURRED_AT_MUST_NOT_BE_IN_FUTURE),
    ]
    return first_reason(checks)


def decide_reversals(
    refunds: Refunds, occurred_on: Days, purchase: Index, pending: Mask, bought: Bought
) -> tuple[Reasons, TakenBack]:
    """Why each reversal is refused, or what it takes back of its purchase; each sees those before it.

    `purchase` is the row of each one's purchase, NOT_IN_LEDGER for none; `pending` tells which of those are still to
    be posted. `everything` is all that is left, so whatever is named beside it is more.
    """
    unknown = purchase == NOT_IN_LEDGER
    reason = np.where(unknown, np.where(pending, Reason.PURCHASE_PENDING, Reason.PURCHASE_UNKNOWN), 0)
    rounds = np.where(unknown, NOT_IN_LEDGER, occurrence_numbers(purchase.tolist()))
    takings = [nothing_taken()]
    for number in range(int(rounds.max(initial=NOT_IN_LEDGER)) + 1):
        items = np.flatnonzero(rounds == number)
        asked, left = taken(refunds, items), bought.left[purchase[items]]
        everything = asked.everything[:, np.newaxis]
        wanted = np.where(everything, left + asked.parts, asked.parts)
        above = (wanted > left).any(axis=1) | (asked.everything & ~left.any(axis=1))
        early = occurred_on[items] < bought.occurred_on[purchase[items]]
        reason[items] = np.select(
            [above, ~wanted.any(axis=1), early],
            [
                Reason.REVERSAL_ABOVE_ORIGINAL,
                Reason.REVERSAL_MUST_TAKE_SOMETHING,
                Reason.REVERSAL_BEFORE_ORIGINAL,
            ],
            0,
        )
        granted = reason[items] == 0
        items = items[granted]
        bought, taking = take(bought, items, purchase[items], wanted[granted])
        takings.append(taking)
    return reason.astype(np.int16), stacked(takings)


def take(bought: Bought, refund: Index, purchase: Index, parts: Parts) -> tuple[Bought, TakenBack]:
    """The purchases less parts of them, each purchase named once; and what that takes back with treatments' bonuses.

    The last treatments of a purchase go first, each with its bonus (DECISIONS, Meanings 30).
    """
    left, bonus_left = bought.left.copy(), bought.bonus_left.copy()
    left[purchase] -= parts
    bonus_left[purchase] = np.minimum(
        _bonus_of_the_first(taken(bought, purchase), left[purchase, TREATMENTS]), bonus_left[purchase]
    )
    bonus = bought.bonus_left[purchase] - bonus_left[purchase]
    return replace(bought, left=left, bonus_left=bonus_left), TakenBack(refund, purchase, parts, bonus)


def nothing_taken() -> TakenBack:
    """No part of any purchase."""
    none = np.zeros(0, dtype=np.int64)
    return TakenBack(none.astype(np.intp), none.astype(np.intp), none.reshape(0, TREATMENTS + 1), none)


def decide_worth(bought: Bought, parts: Parts, policy: Policy) -> Worth:
    """What parts were worth by the revision that decided their purchases.

    Amounts times rates are exact, so that all parts of a purchase together are worth what it was. Packages count
    apart where they did when they were bought.
    """
    revision = bought.points_revision - 1
    base = parts[:, :TREATMENTS] * policy.rates_bp[revision]
    return Worth(
        base_micropoints=base.sum(axis=1),
        package_micropoints=np.where(bought.package_micropoints > 0, base[:, _PACKAGE], 0),
        qualifying_spend_minor=(parts[:, :TREATMENTS] * policy.qualifies[revision]).sum(axis=1),
    )


def _bonus_of_the_first(bought: Bought, treatments: Amounts) -> Amounts:
    """The bonus of so many treatments of each purchase, the first ones."""
    before = bought.treatment_ordinal - bought.whole[:, TREATMENTS]
    every = np.maximum(bought.treatment_every, 1).astype(np.int64)
    count = (before + treatments) // every - before // every
    return np.where(bought.treatment_every > 0, count * bought.treatment_points, 0)


def _total(amounts: NDArray[np.int64]) -> Amounts:
    total: Amounts = np.clip(amounts, 0, AMOUNT_LIMIT_MINOR + 1).sum(axis=1)
    return total


def _each(said: object) -> Mask:
    return np.fromiter(said, dtype=np.bool_)  # type: ignore[call-overload,no-any-return]
