"""Tier's moves are followed once each, in order, whoever follows and whenever."""

import asyncio
from datetime import date

import pytest

from carat.benefits.v1 import benefits_service_pb2 as pb
from carat.benefits.v1 import policy_pb2
from carat.tier.v1 import move_pb2
from tests.benefits.world import EXPRESS_FACIAL, LEVELS, LUXESPA, TREATMENT, World, a_use, july, until

PROMOTED = move_pb2.MOVE_REASON_THRESHOLD_REACHED
CHANGED = move_pb2.MOVE_REASON_SYSTEM_CHANGED


async def position(world: World) -> str:
    return (await world.benefits.GetFeedPosition(pb.GetFeedPositionRequest())).cursor


def tell_of_many(world: World, members: int) -> None:
    """Each enrols, rises to platinum, and every third falls again."""
    for number in range(members):
        world.tier.tell(f"m{number}", "", "crystal", july(1), move_pb2.MOVE_REASON_ENROLLED)
        world.tier.tell(f"m{number}", "crystal", "platinum", july(2), PROMOTED)
        if number % 3 == 0:
            world.tier.tell(f"m{number}", "platinum", "sapphire", july(3), move_pb2.MOVE_REASON_GRACE_EXPIRED)


async def holders(world: World) -> dict[str, int]:
    verified = await world.verified()
    assert not any(each.holders for each in verified[:-1])
    return {each.level: each.members for each in verified[-1].holders}


async def test_a_restarted_follower_goes_on_from_its_cursor_and_applies_nothing_twice(world: World):
    await world.member_at("platinum", since=july(1))
    await world.use(a_use())
    assert await position(world) == "2"
    assert not await world.follower().step()
    await world.moved("platinum", "diamond", july(10))
    assert await position(world) == "3"
    assert await world.allowances() == {"express-facial": "closed", "treatment": "2 of 2"}


async def test_nobody_followed_yet_is_the_beginning_of_the_feed(world: World):
    assert await position(world) == ""


async def test_two_followers_at_once_end_where_one_would(world: World):
    tell_of_many(world, 60)
    world.tier.page_limit = 7
    one, other = world.follower(), world.follower()
    running = [asyncio.create_task(one.run()), asyncio.create_task(other.run())]

    async def at_the_end() -> bool:
        return await position(world) == str(len(world.tier.moves))

    await until(at_the_end)
    for task in running:
        task.cancel()
    assert await holders(world) == {"platinum": 40, "sapphire": 20}
    assert await world.broken_promises() == []
    assert {each.promise: each.checked for each in await world.verified()}.popitem()[1] == 60


async def test_several_moves_of_one_member_in_one_page_are_applied_in_order(world: World):
    world.tier.tell("amy", "", "crystal", july(1), move_pb2.MOVE_REASON_ENROLLED)
    for step, level in enumerate(LEVELS[1:]):
        world.tier.tell("amy", LEVELS[step], level, july(5 + step), PROMOTED)
    world.tier.tell("amy", "diamond", "platinum", july(8), move_pb2.MOVE_REASON_GRACE_EXPIRED)
    await world.follow()
    assert await world.allowances() == {"express-facial": "1 of 1", "treatment": "closed"}
    assert await world.broken_promises() == []


async def test_moves_within_a_level_are_passed_over(world: World):
    await world.member_at("platinum", since=july(1))
    for reason in (move_pb2.MOVE_REASON_RENEWED, move_pb2.MOVE_REASON_RECOVERED):
        world.tier.tell("amy", "platinum", "platinum", july(14), reason)
    await world.follow()
    assert await world.remaining_after(on=july(1)) == 0


async def test_a_member_of_no_tier_system_is_known_and_owed_nothing(world: World):
    world.tier.tell("amy", "", "", july(1), move_pb2.MOVE_REASON_ENROLLED)
    await world.follow()
    assert await world.allowances() == {}
    assert (await world.refused()).reason == "LEVEL_REQUIRED"


async def test_moves_followed_before_the_first_policy_are_owed_by_it_afterwards(bare_world: World):
    await bare_world.member_at("platinum", since=date(2026, 7, 1))
    await bare_world.apply(LUXESPA)
    assert await bare_world.remaining_after() == 0


async def test_a_follower_waits_while_tier_is_away(world: World):
    await world.tier.stop()
    running = asyncio.create_task(world.follower().run())
    await asyncio.sleep(0.1)
    assert not running.done()
    running.cancel()


async def test_an_older_move_told_after_a_newer_one_changes_nothing(world: World):
    """Transactions that overlap may commit, and be told, in another order than Tier decided them."""
    world.tier.page_limit = 1
    world.tier.tell("amy", "", "crystal", july(1), move_pb2.MOVE_REASON_ENROLLED)
    world.tier.tell("amy", "crystal", "sapphire", july(2), PROMOTED)
    world.tier.tell("amy", "sapphire", "platinum", july(2), PROMOTED)
    world.tier.moves[1], world.tier.moves[2] = world.tier.moves[2], world.tier.moves[1]
    for _ in world.tier.moves:
        await world.follow()
    assert await holders(world) == {"platinum": 1}
    assert await world.allowances() == {"express-facial": "1 of 1"}
    assert await world.broken_promises() == []


@pytest.mark.parametrize("reason", [move_pb2.MOVE_REASON_MERGED_AWAY, move_pb2.MOVE_REASON_ERASED, CHANGED])
async def test_who_leaves_the_ladder_has_every_allowance_closed(world: World, reason: move_pb2.MoveReason):
    await world.member_at("platinum", since=july(1))
    world.tier.tell("amy", "platinum", "", july(10), reason)
    await world.follow()
    assert await world.allowances() == {"express-facial": "closed"}
    assert (await world.refused()).reason == "LEVEL_REQUIRED"
    assert await world.broken_promises() == []


async def test_a_merge_undone_opens_the_same_allowance_again_with_what_was_used_of_it(world: World):
    await world.member_at("diamond", since=july(1))
    await world.use(a_use("treatment"))
    world.tier.tell("amy", "diamond", "", july(15), move_pb2.MOVE_REASON_MERGED_AWAY)
    await world.follow()
    assert await world.allowances() == {"treatment": "closed"}
    world.tier.tell("amy", "", "diamond", july(15), move_pb2.MOVE_REASON_MERGE_UNDONE)
    await world.follow()
    assert await world.allowances() == {"treatment": "1 of 2"}


async def test_who_takes_another_record_in_has_the_higher_levels_allowances(world: World):
    await world.member_at("sapphire", since=july(1))
    world.tier.tell("amy", "sapphire", "platinum", july(10), move_pb2.MOVE_REASON_MERGED_IN)
    await world.follow()
    assert await world.allowances() == {"express-facial": "1 of 1"}


def in_the_other_system(rule: policy_pb2.AllowanceRule) -> policy_pb2.AllowanceRule:
    """The same rule for the level of the same code in another tier system."""
    other = policy_pb2.AllowanceRule()
    other.CopyFrom(rule)
    other.tier_system = "beta"
    return other


async def changed_system(world: World, from_level: str, to_level: str) -> None:
    world.tier.tell("amy", from_level, "", july(10), CHANGED)
    world.tier.tell("amy", "", to_level, july(10), CHANGED, tier_system="beta")
    await world.follow()


async def test_another_tier_system_owes_what_its_own_rules_say(world: World):
    treatment = in_the_other_system(TREATMENT)
    treatment.code = "treatment-b"
    await world.apply(policy_pb2.BenefitsPolicy(allowances=[EXPRESS_FACIAL, TREATMENT, treatment]))
    await world.member_at("platinum", since=july(1))
    await changed_system(world, "platinum", "diamond")
    assert await world.allowances() == {"express-facial": "closed", "treatment-b": "2 of 2"}
    assert await world.broken_promises() == []


async def test_a_level_of_the_same_code_in_another_system_does_not_keep_what_only_the_first_owes(
    world: World,
):
    await world.member_at("platinum", since=july(1))
    await changed_system(world, "platinum", "platinum")
    assert await world.allowances() == {"express-facial": "closed"}
    assert await world.broken_promises() == []
