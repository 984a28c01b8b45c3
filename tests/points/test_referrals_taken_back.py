"""The bonus for a friend goes with the treatment that paid it, and comes again with the next (Meanings 30 and 32)."""

import pytest

from carat.points.v1 import entry_pb2
from tests.points.acts import adjusted, entries
from tests.points.bringing import referrers, refund, treat
from tests.points.following import PROMOTED, follow, merge, refer, referrals, with_bonuses
from tests.points.world import World

BONUS = entry_pb2.ENTRY_KIND_REFERRAL_BONUS


@pytest.fixture
async def spa(bare_world: World) -> World:
    return await referrers(bare_world)


async def test_the_bonus_goes_with_the_last_treatment_and_comes_with_the_next(spa: World) -> None:
    await refer(spa)
    await treat(spa)
    receipt = await refund(spa)
    assert receipt.referral_bonus == 800
    assert await spa.balance("R1") == 0
    assert await referrals(spa) == [("F1", "", 0)]
    assert await treat(spa, "T2") == 800
    assert [(each.transaction_id, each.points, each.related_id) for each in await entries(spa, "R1")] == [
        ("referral 1 F1", 800, "F1"), ("referral-reversal 1 F1", -800, "F1"), ("referral 2 F1", 800, "F1"),
    ]  # fmt: skip
    assert await spa.broken_promises() == []


async def test_buying_and_giving_back_again_and_again_mints_nothing(spa: World) -> None:
    await refer(spa)
    for number in range(5):
        await treat(spa, f"T{number}")
        await refund(spa, f"T{number}")
    assert [await spa.balance("R1"), await spa.balance("F1")] == [0, 0]


async def test_a_bonus_of_nothing_goes_with_the_last_treatment_too(spa: World) -> None:
    await refer(spa, "F1", "R3")
    assert await treat(spa) == 0
    spa.tier.move("R3", PROMOTED, from_level="platinum", to_level="sapphire")
    await follow(spa)
    await refund(spa)
    assert await referrals(spa, "R3") == [("F1", "", 0)]
    assert await treat(spa, "T2") == 800
    assert await spa.broken_promises() == []


async def test_who_was_merged_into_the_friend_brought_no_other(spa: World) -> None:
    spa.tier.enrol("F1")
    await follow(spa)
    await refer(spa)
    await merge(spa, "R1", "F1", level="sapphire")
    assert await treat(spa) == 0
    assert [each.points for each in await entries(spa, "F1") if each.kind == BONUS] == []


async def test_spent_bonuses_that_are_taken_back_are_owed(spa: World) -> None:
    await refer(spa)
    await treat(spa)
    await spa.apply(with_bonuses(adjustment_limit=800))
    await adjusted(spa, -800, member_id="R1")
    await refund(spa)
    assert await spa.balance("R1") == -800
    assert await spa.broken_promises() == []


async def test_the_bonus_of_a_referrer_merged_away_goes_to_the_other_record_and_comes_from_there(
    spa: World,
) -> None:
    await refer(spa)
    await merge(spa, "R1", "R2", level="sapphire")
    assert await treat(spa) == 800
    assert [await spa.balance("R1"), await spa.balance("R2")] == [0, 800]
    await refund(spa)
    assert [await spa.balance("R1"), await spa.balance("R2")] == [0, 0]
