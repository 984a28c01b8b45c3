"""A broken promise is found, and its members are named."""

import pytest
import sqlalchemy as sa

from carat.benefits.v1 import award_pb2
from services.runtime.database import Database
from tests.benefits.world import World, a_use, july

AWARDED = "An award is granted once"
USES = "The uses of an allowance add up to its used count"
QUOTA = "An allowance is used no more often than it was granted"
ONCE = "An allowance is opened once for each member, level and period"
HELD = "An allowance that is not over is open exactly while its level is held"

DROP_QUOTA = "ALTER TABLE allowance DROP CONSTRAINT allowance_used_within_granted"


@pytest.fixture
def database(own_database: Database) -> Database:
    """One that may be damaged, tables and all."""
    return own_database


async def broken(world: World) -> dict[str, tuple[int, list[str]]]:
    return {
        each.promise: (each.breaches, list(each.members)) for each in await world.verified() if each.breaches
    }


def damage(world: World, *statements: str) -> None:
    def work(connection: sa.Connection) -> None:
        for statement in statements:
            connection.execute(sa.text(statement))

    world.database.transact(work)


async def test_a_sound_database_keeps_every_promise_and_counts_its_holders(world: World):
    await world.member_at("diamond", since=july(6))
    await world.member_at("platinum", member_id="ben", since=july(6))
    await world.use(a_use("treatment"))
    *others, last = await world.verified()
    assert [(each.promise, each.checked, each.breaches) for each in [*others, last]] == [
        (AWARDED, 0, 0),
        (USES, 2, 0),
        (QUOTA, 2, 0),
        (ONCE, 2, 0),
        (HELD, 2, 0),
    ]
    assert [(each.tier_system, each.level, each.members) for each in last.holders] == [
        ("luxespa", "diamond", 1),
        ("luxespa", "platinum", 1),
    ]


@pytest.mark.parametrize(
    ("statements", "promises"),
    [
        (["UPDATE allowance_use SET quantity = 2"], [USES]),
        (["DELETE FROM allowance_use"], [USES]),
        (["UPDATE allowance_use SET level = 'sapphire'"], [USES]),
        ([DROP_QUOTA, "UPDATE allowance SET used = 3", "UPDATE allowance_use SET quantity = 3"], [QUOTA]),
        (
            [
                "ALTER TABLE allowance DROP CONSTRAINT allowance_pkey",
                "INSERT INTO allowance SELECT * FROM allowance",
            ],
            [ONCE],
        ),
        (["UPDATE holder SET level = 'platinum'"], [HELD]),
        (["UPDATE allowance SET closed_on = '2026-07-10'"], [HELD]),
        (["DELETE FROM holder"], [HELD]),
    ],
)
async def test_each_breach_is_found_with_its_member(world: World, statements, promises):
    await world.member_at("diamond", since=july(6))
    await world.use(a_use("treatment"))
    assert await broken(world) == {}
    damage(world, *statements)
    found = await broken(world)
    assert list(found) == promises
    assert all(members == ["amy"] for _, members in found.values())


async def test_at_most_twenty_members_are_named(world: World):
    for number in range(25):
        await world.member_at("platinum", since=july(1), member_id=f"m{number:02}")
    damage(world, "UPDATE allowance SET used = 1")
    breaches, members = (await broken(world))[USES]
    assert (breaches, len(members), members[0]) == (25, 20, "m00")


async def test_an_award_granted_twice_is_found(world: World):
    await world.member_at("crystal")
    award = award_pb2.Award(award_id="A1", member_id="amy", code="wedding", points=100, actor_id="clerk")
    await world.benefits.GrantAward(award_pb2.GrantAwardRequest(award=award))
    names = "award_id, payload_hash, member_id, code, points, awarded_on, actor_id, note"
    damage(
        world,
        "ALTER TABLE award DROP CONSTRAINT award_pkey",
        f"INSERT INTO award ({names}) SELECT {names} FROM award",
    )
    assert await broken(world) == {AWARDED: (1, ["amy"])}
