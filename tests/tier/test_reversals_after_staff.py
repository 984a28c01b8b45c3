"""Refunds of members whom staff have moved, locked, merged or erased."""

from datetime import date

import pytest

from carat.tier.v1 import standing_pb2
from services.runtime.program_messages import day_to_proto
from tests.tier.policies import AUTOMATIC
from tests.tier.records import erase, merge, separate
from tests.tier.refunds import bought, refund, reverse, standing, told
from tests.tier.staff_world import lock, move
from tests.tier.world import TierWorld, purchase

BOUGHT = date(2024, 3, 1)
LATER = date(2024, 6, 1)
UNLOCKED = date(2024, 9, 1)


@pytest.fixture
def spa(tier_world: TierWorld) -> TierWorld:
    """M1 became Sapphire by T1; today is three months later."""
    assert tier_world.apply(AUTOMATIC) == []
    tier_world.today = LATER
    assert bought(tier_world, 1, BOUGHT, 300_000, visits=1) == "sapphire"
    return tier_world


def of_member(world: TierWorld, member_id: str, on: date = LATER) -> standing_pb2.Standing:
    found = world.standing(member_id, on)
    assert isinstance(found, standing_pb2.Standing)
    return found


def test_a_locked_level_is_not_taken_back(spa: TierWorld) -> None:
    lock(spa, locked_until=UNLOCKED)
    assert told(reverse(spa, refund("T1", LATER))) == [("UNSPECIFIED", "sapphire")]
    assert spa.broken_promises() == []


def test_on_the_day_on_which_the_lock_ends_the_next_refund_takes_it_back(spa: TierWorld) -> None:
    lock(spa, locked_until=UNLOCKED)
    spa.today = UNLOCKED
    parts = [refund("T1", on, reversal_id=f"R-{on}", spend_minor=1) for on in (date(2024, 8, 31), UNLOCKED)]
    assert told(reverse(spa, *parts)) == [("UNSPECIFIED", "sapphire"), ("PROMOTION_UNDONE", "crystal")]
    assert not standing(spa, UNLOCKED).HasField("locked_until")
    assert spa.broken_promises() == []


def test_where_staff_moved_the_member_the_member_stays(spa: TierWorld) -> None:
    move(spa, "platinum")
    assert told(reverse(spa, refund("T1", LATER))) == [("UNSPECIFIED", "platinum")]
    assert spa.broken_promises() == []


def test_a_promotion_since_staff_moved_the_member_leads_back_there(spa: TierWorld) -> None:
    move(spa, "crystal")
    assert bought(spa, 2, LATER, 100) == "sapphire"
    assert told(reverse(spa, refund("T1", LATER))) == [("PROMOTION_UNDONE", "crystal")]
    assert standing(spa, LATER).level_since == day_to_proto(LATER)
    assert spa.broken_promises() == []


def test_a_purchase_given_to_another_record_is_reversed_there(spa: TierWorld) -> None:
    spa.record(purchase("T9", "M2", BOUGHT, spend_minor=50_000))
    merge(spa, "M1", "M2")
    [result] = reverse(spa, refund("T1", LATER))
    assert (told([result]), result.qualifying_spend_minor) == ([("UNSPECIFIED", "sapphire")], 300_000)
    assert of_member(spa, "M2").counted.spend_minor == 50_000
    assert of_member(spa, "M2").lifetime_treatments == 1
    assert of_member(spa, "M1").level == ""
    assert spa.broken_promises() == []


def test_records_separated_again_keep_what_was_reversed_meanwhile(spa: TierWorld) -> None:
    spa.record(purchase("T9", "M2", BOUGHT, spend_minor=50_000))
    merge(spa, "M1", "M2")
    reverse(spa, refund("T1", LATER, spend_minor=100_000))
    separate(spa)
    assert of_member(spa, "M1").counted.spend_minor == 200_000
    assert of_member(spa, "M2").counted.spend_minor == 50_000
    assert reverse(spa, refund("T1", LATER, reversal_id="R2"))[0].qualifying_spend_minor == 200_000
    assert spa.broken_promises() == []


def test_the_purchase_of_who_was_erased_is_reversed_without_a_move(spa: TierWorld) -> None:
    erase(spa)
    moves = len(spa.moves("M1"))
    [result] = reverse(spa, refund("T1", LATER))
    assert (result.reason, result.points, told([result])) == (0, 3_000, [("UNSPECIFIED", "")])
    assert standing(spa, LATER).counted == standing_pb2.Activity()
    assert len(spa.moves("M1")) == moves
    assert spa.broken_promises() == []
