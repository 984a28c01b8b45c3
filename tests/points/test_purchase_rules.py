"""The rules of purchases alone: days, points, spend, and room below the limit; no database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carat.points.v1.purchase_pb2 import Purchase
from services.kernel.calendar import day_date, day_number
from services.kernel.program import Program
from services.points.columns import Purchases
from services.points.policy import compiled
from services.points.policy_document import EarningRates, PointsPolicy, QualifyingKinds
from services.points.refusals import Reason
from services.points.rules.local_days import local_days
from services.points.rules.purchases import decide_purchases
from services.points.servicer.messages import purchases_of
from services.runtime.revisions import SINCE_EVER
from tests.points.world import NOW, purchase

PROGRAM = Program("LUXESPA", "LuxeSpa", "MYR", "Asia/Kuala_Lumpur", "LUXE-POINTS")
FIRST = PointsPolicy(EarningRates(10_000, 10_000, 5_000, 20_000), QualifyingKinds(True, True, False, True))
FROM_JULY = PointsPolicy(EarningRates(12_500, 0, 0, 0), QualifyingKinds(True, False, False, False))
POLICY = compiled(
    PROGRAM, [SINCE_EVER, day_number(datetime(2026, 7, 1, tzinfo=UTC).date())], [FIRST, FROM_JULY]
)
NOW_US = int(NOW.timestamp()) * 1_000_000
ZONES = [
    "Asia/Kuala_Lumpur",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Monrovia",
    "Pacific/Apia",
    "UTC",
]


def columns(*purchases: Purchase) -> Purchases:
    return purchases_of(purchases)


def test_each_kind_of_amount_earns_at_its_own_rate_and_qualifies_by_its_kind() -> None:
    bought = purchase(
        service_minor=100,
        addon_minor=200,
        product_minor=300,
        package_minor=400,
        occurred_at=NOW - timedelta(days=30),
    )
    decided = decide_purchases(columns(bought), POLICY, NOW_US)
    assert decided.base_micropoints.tolist() == [1_000_000 + 2_000_000 + 1_500_000 + 8_000_000]
    assert decided.qualifying_spend_minor.tolist() == [700]
    assert decided.points_revision.tolist() == [1]


def test_the_revision_in_force_on_the_local_day_decides() -> None:
    midnight = datetime(2026, 6, 30, 16, tzinfo=UTC)
    before, after = (
        purchase("A", service_minor=100, occurred_at=midnight - timedelta(microseconds=1)),
        purchase("B", service_minor=100, occurred_at=midnight),
    )
    decided = decide_purchases(columns(before, after), POLICY, NOW_US)
    assert decided.base_micropoints.tolist() == [1_000_000, 1_250_000]
    assert decided.points_revision.tolist() == [1, 2]


def test_the_largest_purchase_at_the_highest_rates_stays_exact() -> None:
    highest = PointsPolicy(EarningRates(*[1_000_000] * 4), QualifyingKinds(True, True, True, True))
    policy = compiled(PROGRAM, [SINCE_EVER], [highest])
    bought = purchase(service_minor=1, addon_minor=10**12 - 3, product_minor=1, package_minor=1)
    decided = decide_purchases(columns(bought), policy, NOW_US)
    assert decided.base_micropoints.tolist() == [10**18]
    assert decided.qualifying_spend_minor.tolist() == [10**12]


def test_a_refused_purchase_does_not_disturb_the_numbers_of_others() -> None:
    batch = columns(purchase("A", service_minor=-(2**63)), purchase("B", service_minor=100), purchase("B"))
    decided = decide_purchases(batch, POLICY, NOW_US)
    assert decided.reason.tolist() == [Reason.AMOUNT_MUST_NOT_BE_NEGATIVE, 0, Reason.DUPLICATE_IN_BATCH]
    assert decided.base_micropoints.tolist()[1] == 1_250_000


def test_the_payload_hash_tells_every_field_but_the_currency() -> None:
    plain = columns(purchase()).payload_hash[0]
    others = [
        purchase(service_minor=10_001),
        purchase(addon_minor=1),
        purchase("T2"),
        purchase(member_id="M2"),
        purchase(property_id="app"),
        purchase(treatments=1),
        purchase(occurred_at=NOW),
    ]
    hashes = {columns(other).payload_hash[0] for other in others}
    assert len(hashes) == len(others)
    assert plain not in hashes
    assert columns(purchase(currency="MYR")).payload_hash[0] == plain


@pytest.mark.parametrize("zone", ZONES)
@given(seconds=st.lists(st.integers(-62_135_510_400, 253_402_214_400), min_size=1, max_size=20))
def test_the_day_of_any_instant_is_that_of_the_zones_clock(zone: str, seconds: list[int]) -> None:
    there = ZoneInfo(zone)
    days = local_days(np.array(seconds, dtype=np.int64) * 1_000_000 + 999_999, there)
    assert [day_date(day) for day in days] == [datetime.fromtimestamp(each, there).date() for each in seconds]


def test_the_hour_in_which_clocks_change_is_read_second_by_second() -> None:
    """Samoa left out 30 December 2011; at one minute past midnight Newfoundland went back to the day before."""
    apia, newfoundland = ZoneInfo("Pacific/Apia"), ZoneInfo("America/St_Johns")
    skipped = int(datetime(2011, 12, 30, 10, tzinfo=UTC).timestamp())
    set_back = int(datetime(2010, 11, 7, 2, 31, tzinfo=UTC).timestamp())
    assert [day_date(d).day for d in local_days(np.array([skipped - 1, skipped]) * 1_000_000, apia)] == [
        29,
        31,
    ]
    around = np.array([set_back - 61, set_back - 1, set_back, set_back + 3_600]) * 1_000_000
    assert [day_date(d).day for d in local_days(around, newfoundland)] == [6, 7, 6, 7]


def test_before_any_policy_only_the_shape_is_refused_first() -> None:
    decided = decide_purchases(columns(purchase(), purchase("")), None, NOW_US)
    assert decided.reason.tolist() == [Reason.POLICY_REQUIRED, Reason.TRANSACTION_ID_MUST_BE_PRINTABLE]


def test_the_day_of_a_purchase_is_that_of_the_programs_zone() -> None:
    elsewhere = compiled(replace(PROGRAM, time_zone="UTC"), [SINCE_EVER], [FIRST])
    midnight = purchase(occurred_at=datetime(2026, 6, 30, 16, tzinfo=UTC))
    days = [
        decide_purchases(columns(midnight), policy, NOW_US).occurred_on[0] for policy in (POLICY, elsewhere)
    ]
    assert [day_date(day).isoformat() for day in days] == ["2026-07-01", "2026-06-30"]
