"""The feeds that Points follows: Tier's moves and Benefits' awards."""

from collections.abc import Awaitable, Callable, Sequence

from google.type import date_pb2

from carat.benefits.v1 import award_pb2, benefits_service_pb2_grpc
from carat.tier.v1 import move_pb2
from services.kernel.calendar import day_number
from services.points.followed import Award, FollowedMove, MoveReason
from services.points.recording.awards import follow_awards
from services.points.recording.moves import follow_moves
from services.points.store.feeds import AWARD_FEED, MOVE_FEED
from services.points.store.policies import PolicyBook
from services.points.tables import FEED_CURSOR
from services.runtime.channels import channel_to
from services.runtime.clock import Clock
from services.runtime.database import Database
from services.runtime.follower import Follower
from services.runtime.program_messages import day_from_proto

ReadMoves = Callable[[str], Awaitable[tuple[Sequence[FollowedMove], str]]]


class BenefitsClient:
    """A client of the Benefits service; made inside a running event loop."""

    def __init__(self, address: str, timeout_seconds: float, max_message_bytes: int) -> None:
        self._timeout_seconds = timeout_seconds
        self._channel = channel_to(address, max_message_bytes)
        self._stub = benefits_service_pb2_grpc.BenefitsServiceStub(self._channel)

    async def read_awards(self, cursor: str) -> tuple[list[Award], str]:
        """The awards after the cursor in feed order, and where the reader stands after them."""
        request = award_pb2.ReadAwardFeedRequest(cursor=cursor)
        response = await self._stub.ReadAwardFeed(request, timeout=self._timeout_seconds)
        return [award_of(each) for each in response.awards], response.next_cursor

    async def close(self) -> None:
        """Gives the connection back."""
        await self._channel.close()


def move_follower(
    database: Database, book: PolicyBook, clock: Clock, read_moves: ReadMoves, poll_seconds: float
) -> Follower[FollowedMove]:
    """Follows Tier's moves into the ledger; several processes may do so at once."""
    return Follower(
        feed=MOVE_FEED,
        database=database,
        cursors=FEED_CURSOR,
        read_page=read_moves,
        apply=lambda connection, moves: follow_moves(connection, book, clock, moves),
        poll_seconds=poll_seconds,
    )


def award_follower(
    database: Database, book: PolicyBook, benefits: BenefitsClient, poll_seconds: float
) -> Follower[Award]:
    """Follows Benefits' awards into the ledger; several processes may do so at once."""
    return Follower(
        feed=AWARD_FEED,
        database=database,
        cursors=FEED_CURSOR,
        read_page=benefits.read_awards,
        apply=lambda connection, awards: follow_awards(connection, book, awards),
        poll_seconds=poll_seconds,
    )


def move_of(message: move_pb2.Move) -> FollowedMove:
    """A move of the feed; who leaves a ladder, or joins one, is in no system after it, or before."""
    return FollowedMove(
        member_id=message.member_id,
        reason=MoveReason(message.reason),
        effective_on=_day_of(message.effective_on),
        from_system=message.tier_system if message.from_level else "",
        from_level=message.from_level,
        to_system=message.tier_system if message.to_level else "",
        to_level=message.to_level,
        sequence=message.sequence,
        other_member_id=message.other_member_id,
    )


def award_of(message: award_pb2.Award) -> Award:
    """An award of the feed."""
    return Award(
        award_id=message.award_id,
        member_id=message.member_id,
        code=message.code,
        points=message.points,
        awarded_on=_day_of(message.awarded_on),
        actor_id=message.actor_id,
        note=message.note,
    )


def _day_of(message: date_pb2.Date) -> int:
    day = day_from_proto(message)
    if day is None:
        raise ValueError("what a feed tells has a day")
    return day_number(day)
