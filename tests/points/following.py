"""What other services tell Points, as tests script it: moves of Tier's feed, awards of Benefits'."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from carat.points.v1 import points_service_pb2 as pb
from carat.points.v1 import policy_pb2, referral_pb2
from carat.tier.v1 import move_pb2
from services.points.clients.feeds import BenefitsClient, award_follower, move_follower
from services.points.followed import Award
from services.points.store.policies import PolicyBook
from services.points.tables import FEED_CURSOR
from services.points.tidying import Tidying
from services.runtime.follower import Follower
from tests.points.fake_benefits import FakeBenefits
from tests.points.world import ONE_POINT_PER_RINGGIT, World

RENEWED = move_pb2.MOVE_REASON_RENEWED
PROMOTED = move_pb2.MOVE_REASON_THRESHOLD_REACHED
AWAY, IN = move_pb2.MOVE_REASON_MERGED_AWAY, move_pb2.MOVE_REASON_MERGED_IN
UNDONE = move_pb2.MOVE_REASON_MERGE_UNDONE
ERASED = move_pb2.MOVE_REASON_ERASED
CHANGED = move_pb2.MOVE_REASON_SYSTEM_CHANGED

BONUSES = [
    policy_pb2.LevelBonuses(tier_system="luxespa", level="crystal", referral_points=500),
    policy_pb2.LevelBonuses(
        tier_system="luxespa", level="sapphire", renewal_points=1_000, referral_points=800
    ),
    policy_pb2.LevelBonuses(tier_system="luxespa", level="platinum", renewal_points=5_000),
]


def with_bonuses(**given: Any) -> policy_pb2.PointsPolicy:
    """One point for each ringgit, and bonuses for renewals and friends."""
    policy = policy_pb2.PointsPolicy(bonuses=BONUSES)
    policy.MergeFrom(ONE_POINT_PER_RINGGIT)
    policy.MergeFrom(policy_pb2.PointsPolicy(**given))
    return policy


async def follow(world: World) -> None:
    """Follows Tier to the end, as a process that starts now does."""
    follower = move_follower(world.database, PolicyBook(), world.clock, world.pricing.read_moves, 0.01)
    while await follower.step():
        pass


async def rises(world: World, member_id: str, level: str, **given: Any) -> None:
    """A new member who is promoted at once."""
    world.tier.enrol(member_id)
    world.tier.move(member_id, PROMOTED, from_level="crystal", to_level=level, **given)
    await follow(world)


async def merge(world: World, source: str, target: str, level: str = "crystal", **given: Any) -> None:
    """Tier tells that one record was given up for another."""
    world.tier.move(source, AWAY, from_level=level, other_member_id=target, **given)
    world.tier.move(target, IN, from_level=level, to_level=level, other_member_id=source, **given)
    await follow(world)


async def separate(world: World, source: str, target: str, level: str = "crystal", **given: Any) -> None:
    """Tier tells that a merge was undone."""
    world.tier.move(source, UNDONE, to_level=level, other_member_id=target, **given)
    world.tier.move(target, UNDONE, from_level=level, to_level=level, other_member_id=source, **given)
    await follow(world)


def from_the_beginning(world: World) -> None:
    """Forgets how far feeds were followed, as a migration may."""
    with world.database.engine.begin() as connection:
        connection.execute(sa.delete(FEED_CURSOR))


def tidy(world: World) -> None:
    """Brings stray points to where they belong."""
    Tidying(world.database, PolicyBook(), world.clock, 0.01).run_once()


async def refer(
    world: World, friend_id: str = "F1", referrer_id: str = "R1"
) -> referral_pb2.RecordReferralResponse:
    return await world.points.RecordReferral(
        referral_pb2.RecordReferralRequest(friend_id=friend_id, referrer_id=referrer_id)
    )


async def referrals(world: World, referrer_id: str = "R1") -> list[tuple[str, str, int]]:
    """Friend, paying purchase and points of whom a member brought."""
    request = referral_pb2.ListReferralsRequest(referrer_id=referrer_id)
    listed = (await world.points.ListReferrals(request)).referrals
    return [(each.friend_id, each.paid_by, each.points) for each in listed]


async def waiting_awards(world: World) -> int:
    return (await world.points.CountPending(pb.CountPendingRequest())).waiting_awards


@dataclass
class Awarding:
    """Benefits' feed, and a follower of it."""

    benefits: FakeBenefits
    follower: Follower[Award]

    async def follow(self) -> None:
        while await self.follower.step():
            pass


@asynccontextmanager
async def awarding(world: World) -> AsyncIterator[Awarding]:
    """A fake Benefits that the world's Points follows."""
    benefits = FakeBenefits()  # type: ignore[abstract]
    await benefits.start()
    client = BenefitsClient(benefits.address, timeout_seconds=30, max_message_bytes=1 << 24)
    yield Awarding(benefits, award_follower(world.database, PolicyBook(), client, 0.01))
    await client.close()
    await benefits.stop()
