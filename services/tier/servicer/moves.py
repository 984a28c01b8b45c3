"""Calls on the history of moves."""

from carat.tier.v1 import tier_service_pb2
from services.kernel.shards import shard_of
from services.runtime.database import Connection, fetching
from services.runtime.feed import CursorInvalid
from services.runtime.refusal import Refused
from services.tier.policy import Policy
from services.tier.refusals import Reason
from services.tier.servicer import messages
from services.tier.servicer.calls import Calls, Context, page_size, printable, refused, row_of_token
from services.tier.store.moves import select_feed, select_moves_of

_PAGE, _PAGE_LIMIT = 50, 1_000
_FEED_PAGE, _FEED_PAGE_LIMIT = 1_000, 10_000


class MoveCalls(Calls):
    """ListMoves, ReadMoveFeed."""

    async def ListMoves(
        self, request: tier_service_pb2.ListMovesRequest, context: Context
    ) -> tier_service_pb2.ListMovesResponse:
        """A member's moves, newest first."""
        member_id = printable(request.member_id)
        size = page_size(request.page_size, _PAGE, _PAGE_LIMIT)
        before = row_of_token(request.page_token)
        shard = int(shard_of([member_id])[0])

        def work(connection: Connection, policy: Policy, today: int) -> tier_service_pb2.ListMovesResponse:
            fetched = fetching(connection)(select_moves_of(shard, member_id, before, size + 1))
            found = messages.move_messages(fetched, policy)
            more = str(fetched["seq"][size - 1]) if len(found) > size else ""
            return tier_service_pb2.ListMovesResponse(moves=found[:size], next_page_token=more)

        response = await self.with_policy(work)
        if not response.moves and before is None:
            raise refused(Reason.MEMBER_UNKNOWN, member_id=member_id)
        return response

    async def ReadMoveFeed(
        self, request: tier_service_pb2.ReadMoveFeedRequest, context: Context
    ) -> tier_service_pb2.ReadMoveFeedResponse:
        """Everybody's moves in the order of the feed, from a cursor on."""
        size = page_size(request.page_size, _FEED_PAGE, _FEED_PAGE_LIMIT)
        try:
            statement = select_feed(request.cursor, size)
        except CursorInvalid as error:
            raise refused(Reason.PAGE_TOKEN_INVALID) from error

        def work(connection: Connection, policy: Policy, today: int) -> tier_service_pb2.ReadMoveFeedResponse:
            moves = messages.move_messages(fetching(connection)(statement), policy)
            return tier_service_pb2.ReadMoveFeedResponse(
                moves=moves, next_cursor=moves[-1].cursor if moves else request.cursor
            )

        try:
            return await self.with_policy(work)
        except Refused as error:
            if error.reason != Reason.POLICY_REQUIRED:
                raise
            return tier_service_pb2.ReadMoveFeedResponse(next_cursor=request.cursor)
