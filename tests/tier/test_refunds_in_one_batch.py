"""Several refunds of one member in one call, under continuous maintenance."""

from datetime import date

import numpy as np
import pytest

from services.kernel.calendar import NEVER, Days, day_number
from services.tier.columns import Standings
from services.tier.policy import Policy
from services.tier.rules import due_days
from services.tier.rules.window import DailyActivity
from tests.tier.nights import joined, story
from tests.tier.refunds import refund, reverse, told
from tests.tier.test_continuous import continuous
from tests.tier.world import TierWorld, purchase

REFUNDED_FIRST, REFUNDED_NEXT = date(2020, 12, 1), date(2021, 2, 15)


@pytest.fixture
def sapphire(tier_world: TierWorld) -> TierWorld:
    """M1 is Sapphire twice over, by a purchase of 3 February and by one of 1 April."""
    joined(tier_world, continuous())
    tier_world.today = REFUNDED_FIRST
    tier_world.record(
        purchase("A", "M1", date(2020, 2, 1), visits=1),
        purchase("B", "M1", date(2020, 2, 2), visits=1),
        purchase("T0", "M1", date(2020, 2, 3), spend_minor=300_000),
        purchase("T1", "M1", date(2020, 4, 1), spend_minor=300_000),
    )
    tier_world.today = date(2022, 1, 1)
    return tier_world


def test_what_the_first_took_back_does_not_leave_the_window_again_before_the_next(
    sapphire: TierWorld,
) -> None:
    results = reverse(sapphire, refund("T0", REFUNDED_FIRST), refund("A", REFUNDED_NEXT))
    assert told(results) == [("UNSPECIFIED", "sapphire"), ("UNSPECIFIED", "sapphire")]
    assert sapphire.broken_promises() == []


def test_what_is_left_keeps_the_level_until_it_leaves_the_window(sapphire: TierWorld) -> None:
    reverse(sapphire, refund("T0", REFUNDED_FIRST), refund("A", date(2021, 4, 2)))
    assert story(sapphire.moves("M1"))[2:] == [(date(2021, 4, 1), "THRESHOLD_LOST", "crystal")]


def test_activity_is_exhausted_by_whole_days_of_which_reversals_are_part() -> None:
    day = np.array([1, 2, 3, 3, 4], dtype=np.int32)
    spend = np.array([0, 0, 300, -300, 300], dtype=np.int64)
    nothing = np.zeros(5, dtype=np.int64)
    daily = DailyActivity.of(np.zeros(5, dtype=np.intp), day, spend, nothing, nothing)
    headroom = np.array([[0], [1], [1]], dtype=np.int64)
    assert daily.exhausted_on(np.array([1], dtype=np.int32), headroom).tolist() == [[4], [NEVER], [NEVER]]


def test_what_is_due_and_comes_to_nothing_does_not_stay_due_for_ever(
    sapphire: TierWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def due_at_once(standings: Standings, policy: Policy, daily: DailyActivity) -> Days:
        return np.full(len(standings), day_number(REFUNDED_FIRST), dtype=np.int32)

    monkeypatch.setattr(due_days, "continuous_due", due_at_once)
    standing = sapphire.standing("M1", date(2020, 12, 24))
    assert not isinstance(standing, str)
    assert standing.level == "sapphire"
