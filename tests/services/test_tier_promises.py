"""VerifyStandings finds what somebody broke behind the service's back."""

from datetime import date

import pytest
import sqlalchemy as sa

from tests.services.test_tier_calls import member
from tests.tier.policies import POLICY, with_spa
from tests.tier.world import TierWorld, purchase

NUMBERED = "Treatments are numbered without a gap: ['M1']"
LED = "Every standing is where the last move led: ['M1']"
BEGINS = "What counts begins where the window begins: ['M1']"


@pytest.fixture
def spa(tier_world: TierWorld) -> TierWorld:
    """M1 rose by three purchases with treatments, and is in grace a year later."""
    tier_world.today = date(2026, 6, 1)
    assert tier_world.apply(POLICY) == []
    assert tier_world.enrol(member("M1")) == [("", True)]
    bought = [
        purchase(f"T{number}", "M1", date(2024, 3, 1), spend_minor=400_000, visits=2) for number in range(3)
    ]
    assert [result.reason for result in tier_world.record(*bought)] == [0, 0, 0]
    tier_world.run_review(date(2025, 3, 2))
    assert tier_world.standing("M1", date(2025, 3, 3)).HasField("grace")  # type: ignore[union-attr]
    assert tier_world.broken_promises() == []
    return tier_world


@pytest.mark.parametrize(
    ("promise", "damage"),
    [
        (NUMBERED, "UPDATE activity SET ordinal = 4 WHERE transaction_id = 'T0'"),
        (NUMBERED, "UPDATE activity SET ordinal = ordinal + 1 WHERE transaction_id <> 'T2'"),
        (LED, "UPDATE standing SET grace_until = grace_until + 1"),
        (LED, "UPDATE standing SET grace_until = NULL, grace_from = NULL"),
        (LED, "UPDATE move SET grace_until = NULL"),
        (BEGINS, "UPDATE standing SET counted_from = counted_from - 1"),
        (BEGINS, "UPDATE standing SET counted_from = counted_from + 1"),
    ],
)
def test_what_was_damaged_is_found(spa: TierWorld, promise: str, damage: str) -> None:
    spa.database.transact(lambda connection: connection.execute(sa.text(damage)))
    assert promise in spa.broken_promises()


def test_grace_that_ended_while_the_system_was_inactive_is_no_breach(spa: TierWorld) -> None:
    spa.today = date(2025, 3, 10)
    assert spa.apply(with_spa(active=False)) == []
    spa.today = date(2026, 6, 1)
    [result] = spa.record(purchase("T9", "M1", date(2025, 12, 1), spend_minor=100))
    assert result.reason == 0
    assert not spa.standing("M1", date(2026, 1, 1)).HasField("grace")  # type: ignore[union-attr]
    assert spa.broken_promises() == []


def test_a_window_that_a_revision_shortened_today_is_no_breach(spa: TierWorld) -> None:
    spa.today = date(2025, 3, 1)
    assert spa.apply(with_spa(window_months=6)) == []
    assert spa.broken_promises() == []
