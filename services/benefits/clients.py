"""The Tier service as Benefits sees it: the feed of moves, followed."""

from collections.abc import Sequence

import numpy as np

from carat.tier.v1 import move_pb2, tier_service_pb2, tier_service_pb2_grpc
from services.benefits.columns import Moves, texts
from services.benefits.recording.moves import follow_moves
from services.benefits.store.policies import MOVE_FEED, PolicyBook
from services.benefits.tables import FEED_CURSOR
from services.kernel.calendar import day_number
from services.kernel.shards import shard_of
from services.runtime.channels import channel_to
from services.runtime.database import Database
from services.runtime.follower import Follower
from services.runtime.program_messages import day_from_proto

PAGE_SIZE = 1_000


class TierClient:
    """A client of the Tier service; made inside a running event loop."""

    def __init__(self, address: str, timeout_seconds: float, max_message_bytes: int) -> None:
        self._timeout_seconds = timeout_seconds
        self._channel = channel_to(address, max_message_bytes)
        self._stub = tier_service_pb2_grpc.TierServiceStub(self._channel)

    async def read_move_feed(self, cursor: str) -> tuple[Sequence[move_pb2.Move], str]:
        """The moves after the cursor in feed order, and where the reader stands after them."""
        request = tier_service_pb2.ReadMoveFeedRequest(cursor=cursor, page_size=PAGE_SIZE)
        response = await self._stub.ReadMoveFeed(request, timeout=self._timeout_seconds)
        return response.moves, response.next_cursor

    async def close(self) -> None:
        """Gives the connection back."""
        await self._channel.close()


def move_follower(
    database: Database, book: PolicyBook, tier: TierClient, poll_seconds: float
) -> Follower[move_pb2.Move]:
    """Follows Tier's moves into the database; several processes may do so at once."""
    return Follower(
        feed=MOVE_FEED,
        database=database,
        cursors=FEED_CURSOR,
        read_page=tier.read_move_feed,
        apply=lambda connection, moves: follow_moves(connection, book, moves_of(moves)),
        poll_seconds=poll_seconds,
    )


def moves_of(messages: Sequence[move_pb2.Move]) -> Moves:
    """A page of the feed as columns."""
    members = [message.member_id for message in messages]
    return Moves(
        shard=shard_of(members),
        member_id=texts(members),
        effective_on=np.array([_effective_day(message) for message in messages], dtype=np.int32),
        tier_system=texts([message.tier_system for message in messages]),
        from_level=texts([message.from_level for message in messages]),
        to_level=texts([message.to_level for message in messages]),
        enrolled=np.array(
            [message.reason == move_pb2.MOVE_REASON_ENROLLED for message in messages], dtype=np.bool_
        ),
        erased=np.array(
            [message.reason == move_pb2.MOVE_REASON_ERASED for message in messages], dtype=np.bool_
        ),
        sequence=np.array([message.sequence for message in messages], dtype=np.int64),
    )


def _effective_day(message: move_pb2.Move) -> int:
    day = day_from_proto(message.effective_on)
    if day is None:
        raise ValueError(f"a move of {message.member_id} at {message.cursor} has no effective date")
    return day_number(day)
