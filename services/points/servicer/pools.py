"""The calls on household pools, and those that move points between members and pools."""

from datetime import datetime

from carat.points.v1 import pool_pb2 as pb
from services.points.policy import Policy
from services.points.recording import pools
from services.points.recording.denial import Denial
from services.points.recording.pools import Departure, Pool
from services.points.recording.transfers import Transfer, Transferred, transfer
from services.points.refusals import Reason
from services.points.servicer.calls import (
    Calls,
    Context,
    T,
    Work,
    granted,
    printable,
    printable_id,
    printable_pool,
)
from services.points.servicer.requirements import refusal
from services.points.store.pools import account_of_pool
from services.runtime.database import Connection


class PoolCalls(Calls):
    """TransferPoints, CreatePool, AddPoolMember, RemovePoolMember, GetPool."""

    async def TransferPoints(
        self, request: pb.TransferPointsRequest, context: Context
    ) -> pb.TransferPointsResponse:
        """Moves points to another member or pool."""
        asked = Transfer(
            printable_id(request.transfer_id),
            _account_of(getattr(request, "from")),
            _account_of(request.to),
            request.points,
            printable(request.on_behalf_of) if request.on_behalf_of else "",
        )

        def work(connection: Connection, policy: Policy, today: int, now: datetime) -> Transferred | Denial:
            return transfer(connection, policy, asked, today, now)

        done = await self._granted(work, transfer_id=asked.transfer_id)
        return pb.TransferPointsResponse(
            from_balance=done.from_balance, to_balance=done.to_balance, replayed=done.replayed
        )

    async def CreatePool(self, request: pb.CreatePoolRequest, context: Context) -> pb.CreatePoolResponse:
        """Founds a pool."""
        pool_id, member_id = printable_pool(request.pool_id), printable(request.member_id)

        def work(connection: Connection, policy: Policy, today: int, now: datetime) -> Pool | Denial:
            return pools.found_pool(connection, policy, pool_id, member_id, today, now)

        pool = await self._granted(work, pool_id=pool_id, member_id=member_id)
        return pb.CreatePoolResponse(pool=_pool_to_proto(pool))

    async def AddPoolMember(
        self, request: pb.AddPoolMemberRequest, context: Context
    ) -> pb.AddPoolMemberResponse:
        """Takes a member into a pool."""
        pool_id, member_id = printable_pool(request.pool_id), printable(request.member_id)

        def work(connection: Connection, policy: Policy, today: int, now: datetime) -> Pool | Denial:
            return pools.add_member(connection, policy, pool_id, member_id, today, now)

        pool = await self._granted(work, pool_id=pool_id, member_id=member_id)
        return pb.AddPoolMemberResponse(pool=_pool_to_proto(pool))

    async def RemovePoolMember(
        self, request: pb.RemovePoolMemberRequest, context: Context
    ) -> pb.RemovePoolMemberResponse:
        """Lets a member go from a pool."""
        pool_id, member_id = printable_pool(request.pool_id), printable(request.member_id)

        def work(connection: Connection, policy: Policy, today: int, now: datetime) -> Departure | Denial:
            return pools.remove_member(connection, policy, pool_id, member_id, today, now)

        left = await self._granted(work, pool_id=pool_id, member_id=member_id)
        return pb.RemovePoolMemberResponse(
            pool=_pool_to_proto(left.pool), points_taken_along=left.points_taken_along
        )

    async def GetPool(self, request: pb.GetPoolRequest, context: Context) -> pb.GetPoolResponse:
        """A pool, its members and its balance."""
        pool_id = printable_pool(request.pool_id)

        def work(connection: Connection, policy: Policy, today: int, now: datetime) -> Pool | Denial:
            return pools.view_pool(connection, policy, pool_id, today, now)

        return pb.GetPoolResponse(pool=_pool_to_proto(await self._granted(work, pool_id=pool_id)))

    async def _granted(self, work: Work[T | Denial], **told: str) -> T:
        return await self.with_policy(lambda *given: granted(work(*given), **told))


def _account_of(holder: pb.Holder) -> str:
    """The account of a member or of a pool; a holder is one of the two."""
    if holder.member_id and holder.pool_id:
        raise refusal(
            Reason.MEMBER_ID_MUST_BE_PRINTABLE, {"member_id": holder.member_id, "pool_id": holder.pool_id}
        )
    return account_of_pool(printable_pool(holder.pool_id)) if holder.pool_id else printable(holder.member_id)


def _pool_to_proto(pool: Pool) -> pb.Pool:
    return pb.Pool(
        pool_id=pool.pool_id,
        member_ids=pool.member_ids,
        balance=pool.balance,
        available=pool.available,
    )
