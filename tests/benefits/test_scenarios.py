"""What members are owed, in the words of the program (LuxeSpa, Complimentary Services Tracking)."""

from datetime import date

from carat.tier.v1 import move_pb2
from tests.benefits.world import RM, World, a_use, july

AUGUST_1 = date(2026, 8, 1)


async def test_a_platinum_member_has_one_express_facial_a_month(world: World):
    await world.member_at("platinum")
    assert await world.remaining_after("express-facial", "T1", july(10)) == 0
    assert (await world.refused("express-facial", "T2", july(15))).reason == "ALLOWANCE_EXHAUSTED"


async def test_the_express_facial_is_worth_up_to_rm150(world: World):
    await world.member_at("platinum")
    assert (await world.refused(value_minor=150 * RM + 1)).reason == "VALUE_ABOVE_LIMIT"
    assert await world.remaining_after(value_minor=150 * RM) == 0


async def test_an_unused_facial_does_not_carry_over_to_the_next_month(world: World):
    await world.member_at("platinum")
    world.today_is(AUGUST_1)
    assert await world.allowances() == {"express-facial": "1 of 1"}
    assert (await world.refused("express-facial", "T1", july(31))).reason == "PERIOD_NOT_OPEN"


async def test_a_new_month_brings_a_new_facial_even_before_the_refresh_has_run(world: World):
    await world.member_at("platinum")
    await world.use(a_use("express-facial", "T1", july(15)))
    world.today_is(AUGUST_1)
    assert await world.remaining_after("express-facial", "T2", AUGUST_1) == 0


async def test_a_diamond_member_has_two_treatments_every_fourteen_days(world: World):
    await world.member_at("diamond")
    assert await world.remaining_after("treatment", "T1", july(6), value_minor=300 * RM) == 1
    assert await world.remaining_after("treatment", "T2", july(15), value_minor=300 * RM) == 0
    assert (await world.refused("treatment", "T3", july(15))).reason == "ALLOWANCE_EXHAUSTED"
    world.today_is(july(20))
    assert await world.remaining_after("treatment", "T4", july(20)) == 1


async def test_both_treatments_can_be_combined_into_one_of_rm600(world: World):
    await world.member_at("diamond")
    refused = await world.refused("treatment", quantity=2, value_minor=600 * RM + 1)
    assert (refused.reason, refused.metadata["value_limit_minor"]) == ("VALUE_ABOVE_LIMIT", str(600 * RM))
    assert await world.remaining_after("treatment", quantity=2, value_minor=600 * RM) == 0


async def test_a_single_treatment_may_not_be_worth_more_than_rm300(world: World):
    await world.member_at("diamond")
    assert (await world.refused("treatment", value_minor=300 * RM + 1)).reason == "VALUE_ABOVE_LIMIT"


async def test_promotion_in_the_middle_of_a_period_opens_it_in_full_at_once(world: World):
    await world.member_at("platinum", since=july(1))
    assert "treatment" not in await world.allowances()
    await world.moved("platinum", "diamond", july(14))
    assert await world.allowances() == {"express-facial": "closed", "treatment": "2 of 2"}


async def test_demotion_closes_at_once(world: World):
    await world.member_at("platinum", since=july(1))
    await world.moved("platinum", "sapphire", july(15))
    assert await world.allowances() == {"express-facial": "closed"}
    assert (await world.refused()).reason == "LEVEL_REQUIRED"


async def test_demotion_and_promotion_within_a_month_do_not_give_a_second_facial(world: World):
    await world.member_at("platinum")
    await world.use(a_use("express-facial", "T1", july(2)))
    await world.moved("platinum", "sapphire", july(5))
    await world.moved("sapphire", "platinum", july(12))
    assert await world.allowances() == {"express-facial": "0 of 1"}
    assert (await world.refused("express-facial", "T2")).reason == "ALLOWANCE_EXHAUSTED"


async def test_what_was_not_used_before_demotion_is_there_again_after_promotion(world: World):
    await world.member_at("platinum")
    await world.moved("platinum", "sapphire", july(5))
    await world.moved("sapphire", "platinum", july(12))
    assert await world.remaining_after() == 0


async def test_grace_keeps_all_allowances(world: World):
    await world.member_at("platinum")
    await world.use(a_use("express-facial", "T1", july(2)))
    world.tier.tell("amy", "platinum", "platinum", july(10), move_pb2.MOVE_REASON_GRACE_ENTERED)
    await world.follow()
    assert await world.allowances() == {"express-facial": "0 of 1"}


async def test_a_facial_given_earlier_in_the_running_month_may_be_recorded_later(world: World):
    await world.member_at("platinum")
    assert await world.remaining_after("express-facial", "T1", july(1)) == 0


async def test_a_month_that_ended_before_the_level_was_entered_owes_nothing(world: World):
    await world.member_at("platinum", since=july(1))
    world.today_is(july(1))
    refused = await world.refused("express-facial", "T1", date(2026, 6, 30))
    assert refused.reason == "PERIOD_NOT_OPEN"
    assert dict(refused.metadata) == {"period_start": "2026-06-01", "period_end": "2026-07-01"}


async def test_listing_another_month_shows_what_would_be_open_and_opens_nothing(world: World):
    await world.member_at("platinum")
    assert await world.allowances(AUGUST_1) == {"express-facial": "1 of 1"}
    assert await world.allowances(date(2025, 12, 31)) == {}
    checked = {each.promise: each.checked for each in await world.verified()}
    assert checked.pop("An award is granted once") == 0
    assert set(checked.values()) == {1}


async def test_the_allowance_of_a_late_followed_demotion_is_closed_in_every_later_period(world: World):
    await world.member_at("platinum", since=date(2026, 5, 10))
    await world.use(a_use("express-facial", "T1", july(3)))
    await world.moved("platinum", "sapphire", date(2026, 6, 20))
    assert await world.allowances(july(3)) == {"express-facial": "closed"}
    assert await world.allowances(date(2026, 5, 20)) == {"express-facial": "1 of 1"}
    assert await world.broken_promises() == []
