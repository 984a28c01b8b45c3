"""Edits of the two programs of deploy/programs that concern points only, over time."""

from dataclasses import replace
from datetime import date
from typing import Final

from carat.points.v1.policy_pb2 import ExpiryMode, PointsPolicy
from services.tier.policy_document import BirthdayRule, TierPolicy
from tests.scenarios.programs import SINCE_EVER, edited, played, with_points

HALVED: Final = date(2024, 7, 1)


def _retail_at_half(policy: PointsPolicy) -> None:
    policy.rates.product_bp = 5_000


def _expire_after_earning(policy: PointsPolicy) -> None:
    policy.expiry.mode = ExpiryMode.EXPIRY_MODE_AFTER_EARNING
    policy.expiry.months = 12
    policy.expiry.reinstatement_days = 30


def _expire_when_idle(policy: PointsPolicy) -> None:
    policy.expiry.mode = ExpiryMode.EXPIRY_MODE_AFTER_INACTIVITY
    policy.expiry.months = 12


def _hold_back(policy: PointsPolicy) -> None:
    policy.holding_days = 14


def _hold_for_a_minute(policy: PointsPolicy) -> None:
    policy.redeeming.hold_minutes = 1


def _halve(policy: PointsPolicy) -> None:
    policy.rates.service_bp = 5_000
    policy.redeeming.value_minor = 500
    for bonus in policy.bonuses:
        bonus.treatment_points //= 2


def _multiplying_birthdays(policy: TierPolicy) -> TierPolicy:
    [system] = policy.systems
    return replace(policy, systems=(replace(system, birthday=BirthdayRule.MULTIPLY),))


PROGRAMS_OF_POINTS: Final = {
    "luxespa, retail at half a point": with_points("luxespa.yaml", (SINCE_EVER, _retail_at_half)),
    "luxespa, points expire": with_points("luxespa.yaml", (SINCE_EVER, _expire_after_earning)),
    "luxespa, idle points expire": with_points("luxespa.yaml", (SINCE_EVER, _expire_when_idle)),
    "luxespa, points held back": with_points("luxespa.yaml", (SINCE_EVER, _hold_back)),
    "luxespa, held for a minute": with_points("luxespa.yaml", (SINCE_EVER, _hold_for_a_minute)),
    "luxespa, halved": with_points("luxespa.yaml", (HALVED, _halve)),
    "engage, app raised to 5": played("engage.yaml"),
    "luxespa, birthdays multiply": edited("luxespa.yaml", _multiplying_birthdays),
}
