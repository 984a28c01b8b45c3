"""Awards of Benefits are followed and posted, once each; none is lost and none stops the feed."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date

import pytest
import sqlalchemy as sa

from carat.points.v1 import entry_pb2
from services.points.clients.feeds import BenefitsClient, award_follower
from services.points.rules.limits import POINTS_LIMIT
from services.points.store.policies import PolicyBook
from services.points.tables import WAITING_AWARD
from services.runtime.program_messages import day_from_proto
from tests.points.acts import adjusted, entries, everything, marked
from tests.points.following import (
    ERASED,
    Awarding,
    awarding,
    follow,
    from_the_beginning,
    merge,
    rises,
    separate,
    tidy,
    waiting_awards,
    with_bonuses,
)
from tests.points.world import World, purchase


@pytest.fixture
async def feed(world: World) -> AsyncIterator[Awarding]:
    """M1 and M2 are members."""
    for member_id in ("M1", "M2"):
        world.tier.enrol(member_id)
    await follow(world)
    async with awarding(world) as feed:
        yield feed


async def test_an_award_is_an_entry_of_its_own_earned_on_its_day(world: World, feed: Awarding) -> None:
    feed.benefits.grant("A1", actor_id="anna", note="sorry for the wait")
    await feed.follow()
    [entry] = await entries(world)
    assert (entry.kind, entry.transaction_id) == (entry_pb2.ENTRY_KIND_AWARD, "award A1")
    assert (entry.points, entry.related_id) == (100, "wedding")
    assert day_from_proto(entry.occurred_on) == day_from_proto(entry.earned_on) == date(2026, 7, 14)
    assert (entry.actor_id, entry.note) == ("anna", "sorry for the wait")
    assert await world.balance() == 100
    assert await world.broken_promises() == []


async def test_an_award_that_no_person_granted_has_no_note(world: World, feed: Awarding) -> None:
    feed.benefits.grant("A1")
    await feed.follow()
    [entry] = await entries(world)
    assert (entry.actor_id, entry.note) == ("", "")


async def test_awards_of_several_pages_are_all_posted(world: World, feed: Awarding) -> None:
    feed.benefits.page_limit = 7
    for number in range(50):
        feed.benefits.grant(f"A{number}", points=number + 1)
    await feed.follow()
    assert await world.balance() == sum(range(1, 51))


async def test_an_award_that_another_follower_posted_meanwhile_no_longer_waits(
    world: World, feed: Awarding
) -> None:
    feed.benefits.grant("A1", actor_id="anna")
    await feed.follow()
    before = everything(world)
    again = {
        "award_id": "A1",
        "member_id": "M1",
        "code": "wedding",
        "points": 100,
        "awarded_on": date(2026, 7, 14),
        "actor_id": "anna",
        "note": "",
    }
    with world.database.engine.begin() as connection:
        connection.execute(sa.insert(WAITING_AWARD).values(again))
    tidy(world)
    assert everything(world) == before


async def test_awards_that_waited_are_posted_in_the_order_of_their_ids(world: World, feed: Awarding) -> None:
    for number in (2, 3, 1):
        feed.benefits.grant(f"A{number}", member_id="M9")
    await feed.follow()
    world.tier.enrol("M9")
    await follow(world)
    assert [each.transaction_id for each in await entries(world, "M9")] == [
        "award A1",
        "award A2",
        "award A3",
    ]


async def test_following_again_from_the_beginning_posts_nothing_twice(world: World, feed: Awarding) -> None:
    feed.benefits.grant("A1", actor_id="anna")
    feed.benefits.grant("A2", member_id="nobody-yet")
    await feed.follow()
    before = everything(world)
    from_the_beginning(world)
    await feed.follow()
    await follow(world)
    assert everything(world) == before


async def test_what_is_posted_does_not_wait_when_it_is_followed_again(world: World, feed: Awarding) -> None:
    feed.benefits.grant("A1")
    await feed.follow()
    marked(world, "M1", balance=POINTS_LIMIT)
    from_the_beginning(world)
    await feed.follow()
    assert await waiting_awards(world) == 0


async def test_several_processes_at_once_post_an_award_once(world: World, feed: Awarding) -> None:
    for number in range(40):
        feed.benefits.grant(f"A{number}")
    client = BenefitsClient(feed.benefits.address, 10, 1 << 24)
    followers = [award_follower(world.database, PolicyBook(), client, 0.01) for _ in range(4)]
    await asyncio.gather(*(each.step() for each in followers), asyncio.to_thread(tidy, world))
    await client.close()
    assert await world.balance() == 4_000
    assert await world.broken_promises() == []


async def test_an_award_waits_for_the_account_of_its_member(world: World, feed: Awarding) -> None:
    feed.benefits.grant("A1", member_id="M9")
    feed.benefits.grant("A2")
    await feed.follow()
    assert await waiting_awards(world) == 1
    assert await world.balance() == 100
    world.tier.enrol("M9")
    await follow(world)
    assert await waiting_awards(world) == 0
    assert await world.balance("M9") == 100
    assert await world.broken_promises() == []


async def test_an_award_waits_for_a_member_who_begins_by_buying(world: World, feed: Awarding) -> None:
    feed.benefits.grant("A1", member_id="M9")
    await feed.follow()
    await world.record_one(purchase(member_id="M9"))
    tidy(world)
    assert (await world.balance("M9"), await waiting_awards(world)) == (200, 0)


async def test_an_award_waits_for_a_policy(bare_world: World) -> None:
    bare_world.tier.enrol("M1")
    await follow(bare_world)
    async with awarding(bare_world) as feed:
        feed.benefits.grant("A1")
        await feed.follow()
        assert await waiting_awards(bare_world) == 1
        tidy(bare_world)
        assert await waiting_awards(bare_world) == 1
        await bare_world.apply()
        tidy(bare_world)
        assert (await bare_world.balance(), await waiting_awards(bare_world)) == (100, 0)


async def test_an_award_for_which_there_is_no_room_waits_and_stops_nobody(
    world: World, feed: Awarding
) -> None:
    marked(world, "M1", balance=POINTS_LIMIT - 100)
    feed.benefits.grant("A1", points=101)
    feed.benefits.grant("A2", points=60)
    feed.benefits.grant("A3", points=41)
    feed.benefits.grant("A4", member_id="M2")
    await feed.follow()
    assert [await world.balance(), await world.balance("M2")] == [POINTS_LIMIT - 40, 100]
    assert await waiting_awards(world) == 2
    marked(world, "M1", balance=0)
    tidy(world)
    assert (await world.balance(), await waiting_awards(world)) == (142, 0)


async def test_an_award_up_to_the_very_limit_is_posted(world: World, feed: Awarding) -> None:
    marked(world, "M1", balance=POINTS_LIMIT - 100)
    feed.benefits.grant("A1", points=100)
    await feed.follow()
    assert await world.balance() == POINTS_LIMIT


async def test_what_a_member_ever_earned_stays_within_the_limit_too(world: World, feed: Awarding) -> None:
    marked(world, "M1", lifetime_earned=POINTS_LIMIT - 99)
    feed.benefits.grant("A1", points=100)
    await feed.follow()
    assert (await world.balance(), await waiting_awards(world)) == (0, 1)


async def test_the_award_of_a_record_merged_away_is_the_other_records(world: World, feed: Awarding) -> None:
    await merge(world, "M1", "M2")
    feed.benefits.grant("A1")
    await feed.follow()
    assert [await world.balance(), await world.balance("M2")] == [0, 100]
    await separate(world, "M1", "M2")
    assert [await world.balance(), await world.balance("M2")] == [0, 100]


async def test_the_award_of_an_erased_member_is_dropped(world: World, feed: Awarding) -> None:
    world.tier.move("M1", ERASED, from_level="crystal")
    await follow(world)
    feed.benefits.grant("A1", note="about M1")
    feed.benefits.grant("A2", member_id="M2")
    await feed.follow()
    assert [await world.balance(), await world.balance("M2")] == [0, 100]
    assert await waiting_awards(world) == 0


async def test_what_waits_for_a_member_is_dropped_when_the_member_is_erased(
    world: World, feed: Awarding
) -> None:
    marked(world, "M1", balance=POINTS_LIMIT)
    feed.benefits.grant("A1", note="about M1")
    await feed.follow()
    assert await waiting_awards(world) == 1
    world.tier.move("M1", ERASED, from_level="crystal")
    await follow(world)
    assert await waiting_awards(world) == 0


async def test_purchases_go_on_while_benefits_is_away(world: World, feed: Awarding) -> None:
    await feed.benefits.stop()
    running = asyncio.create_task(feed.follower.run())
    assert (await world.record_one(purchase())).points == 100
    feed.benefits.grant("A1")
    await feed.benefits.start()
    for _ in range(10_000):
        if await world.balance() == 200:
            break
        await asyncio.sleep(0.02)
    running.cancel()
    assert await world.balance() == 200


async def test_awards_expire_and_are_spent_like_other_points(bare_world: World) -> None:
    await bare_world.apply(with_bonuses(adjustment_limit=1_000))
    await rises(bare_world, "M1", "sapphire")
    async with awarding(bare_world) as feed:
        feed.benefits.grant("A1")
        await feed.follow()
    await adjusted(bare_world, -100)
    assert await bare_world.balance() == 0
    assert await bare_world.broken_promises() == []
