"""What one purchase is worth before multipliers, and why it may be refused."""

from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.kernel.clock_skew import CLOCK_SKEW_SECONDS
from services.kernel.columns import occurrence_numbers
from services.kernel.program import is_code
from services.points.columns import NO_INSTANT, Decisions, Purchases, Texts
from services.points.policy import KINDS, Policy
from services.points.refusals import Reason
from services.points.rules.local_days import first_instant, local_days
from services.points.rules.reasons import first_reason

AMOUNT_LIMIT_MINOR: Final = 10**12
"""The four amounts of one purchase together, at most."""

TREATMENTS_LIMIT: Final = 1_000
"""Treatments in one purchase, at most."""

EARLIEST_DAY: Final = date(1970, 1, 1)
"""Purchases of earlier days are slips of the pen: a year of two digits, an empty cell read as a date."""

_MICROSECONDS: Final = 1_000_000


def decide_purchases(purchases: Purchases, policy: Policy | None, now_us: int) -> Decisions:
    """The first refusal that applies to each purchase, or its day, base points and qualifying spend.

    Base points are amounts before discounts times the rates in force on the purchase's own day (DECISIONS,
    Meanings 2); spend qualifies by kind (DECISIONS, Meanings 5). `policy` is None before any was applied.
    """
    checks = [*_shape_checks(purchases), *_value_checks(purchases, policy, now_us)]
    reason = first_reason(checks)
    granted = reason == 0
    rows = len(purchases)
    if policy is None or not granted.any():
        nothing = np.zeros(rows, dtype=np.int64)
        no_day = nothing.astype(np.int32)
        return Decisions(reason, no_day, nothing, nothing, no_day, nothing)
    occurred_on = local_days(np.where(granted, purchases.occurred_us, now_us), policy.zone)
    revision = policy.revision_on(occurred_on)
    amounts = np.stack([np.where(granted, getattr(purchases, kind), 0) for kind in KINDS], axis=1)
    micropoints = amounts * policy.rates_bp[revision]
    return Decisions(
        reason=reason,
        occurred_on=occurred_on,
        base_micropoints=micropoints.sum(axis=1),
        qualifying_spend_minor=(amounts * policy.qualifies[revision]).sum(axis=1),
        points_revision=policy.numbers[revision],
        package_micropoints=micropoints[:, KINDS.index("package_minor")],
    )


def _shape_checks(purchases: Purchases) -> list[tuple[NDArray[np.bool_], Reason]]:
    repeated = occurrence_numbers(purchases.transaction_id.tolist()) > 0
    return [
        (~_are_codes(purchases.transaction_id), Reason.TRANSACTION_ID_MUST_BE_PRINTABLE),
        (~_are_codes(purchases.member_id), Reason.MEMBER_ID_MUST_BE_PRINTABLE),
        (repeated, Reason.DUPLICATE_IN_BATCH),
    ]


def _value_checks(
    purchases: Purchases, policy: Policy | None, now_us: int
) -> list[tuple[NDArray[np.bool_], Reason]]:
    rows = len(purchases)
    amounts = np.stack([getattr(purchases, kind) for kind in KINDS], axis=1)
    total = np.clip(amounts, 0, AMOUNT_LIMIT_MINOR + 1).sum(axis=1)
    currency = policy.program.currency if policy else ""
    earliest_us = first_instant(EARLIEST_DAY, policy.zone) if policy else 0
    foreign = np.array([said not in ("", currency) for said in purchases.currency], dtype=np.bool_)
    unknown = np.array([said != "" and not is_code(said) for said in purchases.property_id], dtype=np.bool_)
    return [
        (np.full(rows, policy is None), Reason.POLICY_REQUIRED),
        (foreign, Reason.CURRENCY_MUST_BE_THE_PROGRAMS),
        ((amounts < 0).any(axis=1), Reason.AMOUNT_MUST_NOT_BE_NEGATIVE),
        (total == 0, Reason.AMOUNT_MUST_BE_POSITIVE),
        (total > AMOUNT_LIMIT_MINOR, Reason.AMOUNT_ABOVE_LIMIT),
        (_outside(purchases.treatments), Reason.TREATMENTS_OUT_OF_RANGE),
        (purchases.occurred_us == NO_INSTANT, Reason.OCCURRED_AT_REQUIRED),
        (purchases.occurred_us < earliest_us, Reason.OCCURRED_AT_MUST_BE_VALID),
        (
            purchases.occurred_us > now_us + CLOCK_SKEW_SECONDS * _MICROSECONDS,
            Reason.OCCURRED_AT_MUST_NOT_BE_IN_FUTURE,
        ),
        (unknown, Reason.PROPERTY_UNKNOWN),
    ]


def _outside(treatments: NDArray[np.int32]) -> NDArray[np.bool_]:
    return (treatments < 0) | (treatments > TREATMENTS_LIMIT)


def _are_codes(texts: Texts) -> NDArray[np.bool_]:
    return np.array([is_code(text) for text in texts], dtype=np.bool_)
