"""Tier's moves are followed: accounts, levels held and held once, renewals, erasure (Meanings 24, 33 and 36)."""

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from carat.points.v1 import entry_pb2
from services.points.clients.feeds import move_follower
from services.points.refusals import Reason
from services.points.rules.limits import POINTS_LIMIT
from services.points.store.policies import PolicyBook
from services.points.tables import ACCOUNT, ENTRY_NOTE, LEVEL_CHANGE, POOL_MEMBER
from services.runtime.program_messages import day_from_proto, day_to_proto
from tests.points.acts import (
    adjusted,
    entries,
    everything,
    founded,
    marked,
    member,
    pool,
    refused,
    transferred,
)
from tests.points.following import (
    CHANGED,
    ERASED,
    PROMOTED,
    RENEWED,
    follow,
    from_the_beginning,
    merge,
    refer,
    rises,
    separate,
    with_bonuses,
)
from tests.points.world import NOW, World, purchase

DECEMBER = date(2025, 12, 1)


@pytest.fixture
async def spa(bare_world: World) -> World:
    """A program that rewards renewals; M1 holds sapphire."""
    await bare_world.apply(with_bonuses(adjustment_limit=1_000))
    await rises(bare_world, "M1", "sapphire")
    return bare_world


def held(world: World, member_id: str = "M1") -> tuple[Any, ...]:
    """System, level and sequence of an account."""
    columns = (ACCOUNT.c.tier_system, ACCOUNT.c.level, ACCOUNT.c.level_sequence)
    with world.database.engine.connect() as connection:
        return tuple(connection.execute(sa.select(*columns).where(ACCOUNT.c.member_id == member_id)).one())


def changes(world: World, member_id: str = "M1") -> list[tuple[int, str, str]]:
    """Sequence, level before and level after of what is known of a member's past."""
    known = sa.select(LEVEL_CHANGE).where(LEVEL_CHANGE.c.member_id == member_id)
    with world.database.engine.connect() as connection:
        return [
            (row.sequence, f"{row.from_system}/{row.from_level}", f"{row.to_system}/{row.to_level}")
            for row in connection.execute(known.order_by(LEVEL_CHANGE.c.sequence))
        ]


async def test_an_account_knows_the_level_held_and_those_held_before(spa: World) -> None:
    assert held(spa) == ("luxespa", "sapphire", 2)
    assert changes(spa) == [(1, "/", "luxespa/crystal"), (2, "luxespa/crystal", "luxespa/sapphire")]


async def test_moves_within_a_level_are_no_changes(spa: World) -> None:
    spa.tier.move("M1", RENEWED, from_level="sapphire", to_level="sapphire")
    await follow(spa)
    assert held(spa) == ("luxespa", "sapphire", 3)
    assert len(changes(spa)) == 2


@pytest.mark.parametrize("in_one_page", [True, False])
async def test_a_late_move_is_known_but_does_not_change_the_level_held(spa: World, in_one_page: bool) -> None:
    late = {"from_level": "sapphire", "to_level": "platinum", "sequence": 8}
    spa.tier.move("M1", PROMOTED, from_level="platinum", to_level="diamond", sequence=9)
    if not in_one_page:
        await follow(spa)
    spa.tier.move("M1", PROMOTED, **late)
    await follow(spa)
    assert held(spa) == ("luxespa", "diamond", 9)
    assert [sequence for sequence, *_ in changes(spa)] == [1, 2, 8, 9]


async def test_who_changes_systems_leaves_one_and_joins_another(spa: World) -> None:
    spa.tier.move("M1", CHANGED, from_level="sapphire")
    spa.tier.move("M1", CHANGED, to_level="bronze", tier_system="gentle")
    await follow(spa)
    assert held(spa)[:2] == ("gentle", "bronze")
    assert changes(spa)[2:] == [(3, "luxespa/sapphire", "/"), (4, "/", "gentle/bronze")]


async def test_a_renewal_is_paid_by_the_level_renewed_and_the_policy_of_its_day(spa: World) -> None:
    spa.tier.move(
        "M1", RENEWED, from_level="sapphire", to_level="sapphire", effective_on=day_to_proto(DECEMBER)
    )
    await follow(spa)
    [bonus] = await entries(spa)
    assert (bonus.kind, bonus.transaction_id, bonus.points) == (
        entry_pb2.ENTRY_KIND_RENEWAL_BONUS, "renewal 2025-12-01 M1", 1_000
    )  # fmt: skip
    assert day_from_proto(bonus.occurred_on) == day_from_proto(bonus.earned_on) == DECEMBER
    assert await spa.balance() == 1_000
    assert await spa.broken_promises() == []


async def test_a_bonus_that_comes_into_force_later_is_not_paid_for_earlier_renewals(world: World) -> None:
    await rises(world, "M1", "sapphire")
    tomorrow = NOW.date() + timedelta(days=1)
    await world.apply(with_bonuses(), effective_from=day_to_proto(tomorrow))
    for day in (NOW.date(), tomorrow):
        world.tier.move(
            "M1", RENEWED, from_level="sapphire", to_level="sapphire", effective_on=day_to_proto(day)
        )
    await follow(world)
    assert [day_from_proto(each.occurred_on) for each in await entries(world)] == [tomorrow]


async def test_levels_without_a_bonus_are_renewed_without_an_entry(spa: World) -> None:
    spa.tier.enrol("M2")
    spa.tier.move("M2", RENEWED, from_level="crystal", to_level="crystal")
    await follow(spa)
    assert await entries(spa, "M2") == []


async def test_a_year_of_renewals_in_one_page_is_paid_to_each(spa: World) -> None:
    for number in range(300):
        spa.tier.enrol(f"N{number}", level="platinum")
        spa.tier.move(f"N{number}", RENEWED, from_level="platinum", to_level="platinum")
    await follow(spa)
    assert {await spa.balance(f"N{number}") for number in range(0, 300, 37)} == {5_000}
    assert await spa.broken_promises() == []


async def test_following_again_from_the_beginning_changes_nothing(spa: World) -> None:
    spa.tier.enrol("M2")
    spa.tier.move("M1", RENEWED, from_level="sapphire", to_level="sapphire")
    await follow(spa)
    await spa.record_one(purchase())
    await merge(spa, "M1", "M2", level="sapphire")
    await separate(spa, "M1", "M2", level="sapphire")
    await refer(spa, "F1", "M2")
    before = everything(spa)
    from_the_beginning(spa)
    await follow(spa)
    assert everything(spa) == before


async def test_two_followers_at_once_end_where_one_would(spa: World) -> None:
    for number in range(60):
        spa.tier.enrol(f"N{number}", level="sapphire")
        spa.tier.move(f"N{number}", RENEWED, from_level="sapphire", to_level="sapphire")
    followers = [
        move_follower(spa.database, PolicyBook(), spa.clock, spa.pricing.read_moves, 0.01) for _ in range(4)
    ]
    await asyncio.gather(*(each.step() for each in followers))
    await follow(spa)
    assert {await spa.balance(f"N{number}") for number in range(60)} == {1_000}
    assert await spa.broken_promises() == []


async def test_a_renewal_for_which_there_is_no_room_does_not_stop_the_feed(spa: World) -> None:
    marked(spa, "M1", balance=POINTS_LIMIT - 999)
    spa.tier.move("M1", RENEWED, from_level="sapphire", to_level="sapphire")
    spa.tier.enrol("M2")
    await follow(spa)
    assert [await spa.balance(), await spa.balance("M2")] == [POINTS_LIMIT - 999, 0]


async def test_of_two_renewals_in_one_page_only_the_first_may_have_room(spa: World) -> None:
    marked(spa, "M1", balance=POINTS_LIMIT - 1_500)
    for day in (DECEMBER, NOW.date()):
        spa.tier.move(
            "M1", RENEWED, from_level="sapphire", to_level="sapphire", effective_on=day_to_proto(day)
        )
    await follow(spa)
    assert await spa.balance() == POINTS_LIMIT - 500
    assert [each.transaction_id for each in await entries(spa)] == ["renewal 2025-12-01 M1"]


async def test_a_renewal_that_is_told_after_the_erasure_is_not_paid(spa: World) -> None:
    spa.tier.move("M1", ERASED, from_level="sapphire", sequence=9)
    await follow(spa)
    spa.tier.move("M1", RENEWED, from_level="sapphire", to_level="sapphire", sequence=8)
    await follow(spa)
    assert await entries(spa) == []
    assert held(spa)[:2] == ("", "")


async def test_moves_are_followed_before_there_is_a_policy(bare_world: World) -> None:
    await rises(bare_world, "M1", "sapphire")
    await rises(bare_world, "M2", "sapphire")
    bare_world.tier.move("M1", RENEWED, from_level="sapphire", to_level="sapphire")
    await merge(bare_world, "M1", "M2", level="sapphire")
    assert held(bare_world, "M1")[:2] == ("", "")
    assert held(bare_world, "M2")[:2] == ("luxespa", "sapphire")


async def test_of_an_erased_member_the_ledger_stays_and_what_staff_wrote_goes(spa: World) -> None:
    spa.tier.enrol("M2")
    await follow(spa)
    await adjusted(spa, 100)
    await adjusted(spa, 50, adjustment_id="A2", member_id="M2")
    spa.tier.move("M1", ERASED, from_level="sapphire")
    await follow(spa)
    assert [(each.transaction_id, each.note, each.actor_id) for each in await entries(spa)] == [
        ("A1", "", "")
    ]
    assert [each.note for each in await entries(spa, "M2")] == ["spilt oil"]
    assert await spa.balance() == 100
    assert held(spa)[:2] == ("", "")
    await refused(spa, adjusted(spa, 100, adjustment_id="A3"), Reason.MEMBER_ERASED)


async def test_who_is_erased_is_erased_in_every_record_and_leaves_the_pool(spa: World) -> None:
    for member_id in ("M2", "M3"):
        spa.tier.enrol(member_id)
    await follow(spa)
    await adjusted(spa, 100)
    await adjusted(spa, 30, adjustment_id="A2", member_id="M2")
    await founded(spa, "P1", "M2", "M3")
    await transferred(spa, member("M2"), pool("P1"), 30)
    await merge(spa, "M1", "M2", level="sapphire")
    spa.tier.move("M2", ERASED, from_level="sapphire")
    await follow(spa)
    with spa.database.engine.connect() as connection:
        erased = connection.scalars(sa.select(ACCOUNT.c.member_id).where(ACCOUNT.c.erased))
        assert sorted(erased) == ["M1", "M2"]
        assert list(connection.scalars(sa.select(POOL_MEMBER.c.member_id))) == ["M3"]
        assert connection.scalar(sa.select(sa.func.count()).select_from(ENTRY_NOTE)) == 0
    assert await spa.broken_promises() == []


async def test_the_last_in_a_pool_takes_along_what_is_in_it_when_erased(spa: World) -> None:
    await adjusted(spa, 100)
    await founded(spa)
    await transferred(spa, member("M1"), pool("P1"), 60)
    spa.tier.move("M1", ERASED, from_level="sapphire")
    await follow(spa)
    assert await spa.balance() == 100
    assert await spa.broken_promises() == []
