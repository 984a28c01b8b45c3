"""What a refund takes back: points and what counted, once, to the last sen."""

from datetime import date

import pytest

from carat.tier.v1 import standing_pb2
from tests.tier.policies import AUTOMATIC
from tests.tier.refunds import bought, refund, reverse, standing
from tests.tier.world import TierWorld, purchase

BOUGHT = date(2024, 3, 1)
LATER = date(2024, 6, 1)


@pytest.fixture
def spa(tier_world: TierWorld) -> TierWorld:
    """The spa, where members join by their first purchase."""
    assert tier_world.apply(AUTOMATIC) == []
    return tier_world


def test_parts_take_their_share_of_the_points_rounded_toward_zero_and_the_last_takes_the_rest(
    spa: TierWorld,
) -> None:
    bought(spa, 1, BOUGHT, 300_000)
    item = purchase("T2", "M1", BOUGHT, base_points=9)
    assert [result.points for result in spa.record(item)] == [11]
    thirds = [refund("T2", LATER, reversal_id=f"R{part}", base_micropoints=3_000_000) for part in range(2)]
    results = reverse(spa, *thirds, refund("T2", LATER, reversal_id="R9"))
    assert [result.points for result in results] == [3, 4, 4]
    assert standing(spa, LATER).counted.points == 3_000
    assert spa.broken_promises() == []


def test_shares_of_the_largest_purchase_are_exact(spa: TierWorld) -> None:
    spa.record(purchase("T1", "M1", BOUGHT, base_micropoints=10**18))
    results = reverse(
        spa,
        refund("T1", LATER, reversal_id="R1", base_micropoints=10**18 - 1),
        refund("T1", LATER, reversal_id="R2"),
    )
    assert [result.points for result in results] == [10**12 - 1, 1]


def test_a_purchase_that_gave_no_points_gives_none_back(spa: TierWorld) -> None:
    spa.record(purchase("T1", "M1", BOUGHT, spend_minor=100, visits=1))
    [result] = reverse(spa, refund("T1", LATER))
    assert (result.points, result.qualifying_spend_minor, result.visits) == (0, 100, 1)


def test_what_counted_is_reduced_on_the_day_of_the_purchase(spa: TierWorld) -> None:
    bought(spa, 1, BOUGHT, 10_000, visits=1)
    bought(spa, 2, LATER, 20_000, visits=1)
    reverse(spa, refund("T1", LATER, spend_minor=4_000, visits=1))
    assert standing(spa, LATER).counted == standing_pb2.Activity(spend_minor=26_000, visits=1, points=300)
    year_later = standing(spa, date(2025, 3, 1))
    assert year_later.counted == standing_pb2.Activity(spend_minor=20_000, visits=1, points=200)
    assert spa.broken_promises() == []


def test_what_has_left_the_window_reduces_nothing_that_counts(spa: TierWorld) -> None:
    bought(spa, 1, BOUGHT, 10_000)
    bought(spa, 2, LATER, 20_000)
    reverse(spa, refund("T1", date(2025, 3, 1)))
    assert standing(spa, date(2025, 3, 1)).counted.spend_minor == 20_000
    assert spa.broken_promises() == []


def test_ordinals_are_not_used_again_and_lifetime_treatments_stay(spa: TierWorld) -> None:
    bought(spa, 1, BOUGHT, 10_000, visits=1)
    reverse(spa, refund("T1", LATER))
    [result] = spa.record(purchase("T2", "M1", LATER, visits=1))
    assert result.treatment_ordinal == 2
    assert standing(spa, LATER).lifetime_treatments == 2
    assert spa.broken_promises() == []
