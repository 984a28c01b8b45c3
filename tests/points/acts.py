"""Acts on points as tests ask for them: opening balances, adjustments, transfers, pools."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import grpc
import pytest
import sqlalchemy as sa
from google.protobuf.message import Message
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from carat.points.v1 import adjustment_pb2, entry_pb2, policy_pb2, pool_pb2, redemption_pb2
from carat.points.v1 import points_service_pb2 as pb
from services.points.refusals import Reason
from services.points.tables import ACCOUNT, METADATA
from services.runtime.program_messages import day_to_proto
from tests.points.world import ONE_POINT_PER_RINGGIT, World, reason_of

TODAY = date(2026, 7, 15)


def policy(**given: Any) -> policy_pb2.PointsPolicy:
    """One point for each ringgit, with what is given beside."""
    changed = policy_pb2.PointsPolicy(**given)
    changed.MergeFrom(ONE_POINT_PER_RINGGIT)
    return changed


def expiry_after_earning(months: int) -> policy_pb2.Expiry:
    """Points expire so many months after they were earned."""
    return policy_pb2.Expiry(mode=policy_pb2.EXPIRY_MODE_AFTER_EARNING, months=months)


def member(member_id: str) -> pool_pb2.Holder:
    """The points of a member."""
    return pool_pb2.Holder(member_id=member_id)


def pool(pool_id: str) -> pool_pb2.Holder:
    """The points of a pool."""
    return pool_pb2.Holder(pool_id=pool_id)


def opening(
    transaction_id: str, points: int, earned_on: date | None = None, member_id: str = "M1"
) -> adjustment_pb2.OpeningBalance:
    """Points that a member brings along."""
    day = None if earned_on is None else day_to_proto(earned_on)
    return adjustment_pb2.OpeningBalance(
        transaction_id=transaction_id, member_id=member_id, points=points, earned_on=day
    )


async def enrolled(world: World, *member_ids: str) -> None:
    """Opens accounts of members who have bought nothing."""
    for member_id in member_ids:
        world.tier.enrol(member_id)
    await world.follower.step()


async def brought(
    world: World, *balances: adjustment_pb2.OpeningBalance
) -> list[adjustment_pb2.OpeningBalanceResult]:
    """Imports opening balances."""
    request = adjustment_pb2.BatchImportBalancesRequest(balances=balances)
    return list((await world.points.BatchImportBalances(request)).results)


async def adjusted(world: World, points: int, **given: Any) -> adjustment_pb2.AdjustPointsResponse:
    """Staff adds or takes points of M1 as "A1", unless said otherwise."""
    said = {"adjustment_id": "A1", "member_id": "M1", "actor_id": "anna", "note": "spilt oil", **given}
    return await world.points.AdjustPoints(adjustment_pb2.AdjustPointsRequest(points=points, **said))


async def transferred(
    world: World, giver: pool_pb2.Holder, taker: pool_pb2.Holder, points: int, **given: Any
) -> pool_pb2.TransferPointsResponse:
    """Moves points as "X1", unless said otherwise."""
    said = {"transfer_id": "X1", "from": giver, "to": taker, **given}
    return await world.points.TransferPoints(pool_pb2.TransferPointsRequest(points=points, **said))


async def founded(world: World, pool_id: str = "P1", *member_ids: str) -> pool_pb2.Pool:
    """A pool of these members, else of M1."""
    first, *others = member_ids or ("M1",)
    made = (await world.points.CreatePool(pool_pb2.CreatePoolRequest(pool_id=pool_id, member_id=first))).pool
    for member_id in others:
        made = await joined(world, member_id, pool_id)
    return made


async def joined(world: World, member_id: str, pool_id: str = "P1") -> pool_pb2.Pool:
    """Takes a member into a pool."""
    request = pool_pb2.AddPoolMemberRequest(pool_id=pool_id, member_id=member_id)
    return (await world.points.AddPoolMember(request)).pool


async def left(world: World, member_id: str, pool_id: str = "P1") -> pool_pb2.RemovePoolMemberResponse:
    """Lets a member go from a pool."""
    return await world.points.RemovePoolMember(
        pool_pb2.RemovePoolMemberRequest(pool_id=pool_id, member_id=member_id)
    )


async def seen(world: World, pool_id: str = "P1") -> pool_pb2.Pool:
    """A pool as it is now."""
    return (await world.points.GetPool(pool_pb2.GetPoolRequest(pool_id=pool_id))).pool


async def held(
    world: World, points: int, redemption_id: str = "R1", **given: Any
) -> redemption_pb2.Redemption:
    """Points that an authorisation holds, of M1 unless said otherwise."""
    said = {"member_id": "M1", "redemption_id": redemption_id, **given}
    request = redemption_pb2.AuthoriseRedemptionRequest(points=points, **said)
    return (await world.points.AuthoriseRedemption(request)).redemption


async def entries(world: World, member_id: str = "M1") -> list[entry_pb2.Entry]:
    """The ledger of a member, oldest first."""
    listed = await world.points.ListEntries(pb.ListEntriesRequest(member_id=member_id, page_size=1_000))
    return list(reversed(listed.entries))


async def earned(world: World, member_id: str) -> int:
    """All points that a member ever earned."""
    return (await world.points.GetBalance(pb.GetBalanceRequest(member_id=member_id))).lifetime_earned


def ages(listed: Sequence[entry_pb2.Entry]) -> list[tuple[str, int]]:
    """Day of earning and points of each entry; '' where they are of no day."""
    return [
        (f"{day.year}-{day.month:02}-{day.day:02}" if day.year else "", entry.points)
        for entry, day in ((entry, entry.earned_on) for entry in listed)
    ]


def everything(world: World) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the service's database."""
    with world.database.engine.connect() as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(sa.select(table))), key=str)
            for table in METADATA.sorted_tables
        }


def total(world: World) -> int:
    """All points that there are."""
    with world.database.engine.connect() as connection:
        return int(connection.scalar(sa.select(sa.func.sum(ACCOUNT.c.balance))) or 0)


def marked(world: World, member_id: str, **columns: Any) -> None:
    """Changes an account as a followed move of Tier does."""
    with world.database.engine.begin() as connection:
        connection.execute(sa.update(ACCOUNT).where(ACCOUNT.c.member_id == member_id).values(**columns))


async def refused(world: World, call: Any, reason: Reason) -> dict[str, str]:
    """The metadata with which a call is refused for this reason, leaving every row as it was."""
    before = everything(world)
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await call
    assert reason_of(error.value) == reason.name
    assert everything(world) == before
    return metadata_of(error.value)


def metadata_of(error: grpc.aio.AioRpcError) -> dict[str, str]:
    """What a refused call is told beside the reason."""
    status: Any = rpc_status.from_call(error)  # type: ignore[arg-type]
    info: Message = error_details_pb2.ErrorInfo()
    assert status.details[0].Unpack(info)
    return dict(info.metadata)  # type: ignore[attr-defined]
