"""The calls on awards: points that members are given, and the feed by which Points follows them."""

from datetime import UTC
from hashlib import blake2b
from typing import Final

from carat.benefits.v1 import award_pb2
from services.benefits.awards import Award
from services.benefits.columns import UNDATED
from services.benefits.recording.awards import Granted, grant_award
from services.benefits.refusals import Reason
from services.benefits.servicer.foundation import Calls, Context
from services.benefits.servicer.requirements import refusal
from services.benefits.store.awards import StoredAward, read_award_feed
from services.kernel.calendar import NEVER, day_number
from services.runtime.database import Connection
from services.runtime.feed import CursorInvalid
from services.runtime.program_messages import day_from_proto, day_to_proto

_PAGE: Final = 1_000
_HASH_BYTES: Final = 16


class AwardCalls(Calls):
    """GrantAward, ReadAwardFeed."""

    async def GrantAward(
        self, request: award_pb2.GrantAwardRequest, context: Context
    ) -> award_pb2.GrantAwardResponse:
        """Grants a member points, once for ever by the award's id."""
        award = _award_of(request.award)

        def work(connection: Connection) -> Granted | Reason:
            return grant_award(connection, self._book, award, self._clock)

        granted = await self._transact(work)
        if isinstance(granted, Reason):
            raise refusal(granted, {"award_id": award.award_id, "member_id": award.member_id})
        return award_pb2.GrantAwardResponse(award=_message(granted.award), replayed=granted.replayed)

    async def ReadAwardFeed(
        self, request: award_pb2.ReadAwardFeedRequest, context: Context
    ) -> award_pb2.ReadAwardFeedResponse:
        """Everybody's awards in the order of the feed, from a cursor on; 1,000 at most."""
        try:
            rows = await self._transact(lambda connection: read_award_feed(connection, request.cursor, _PAGE))
        except CursorInvalid as error:
            raise refusal(Reason.CURSOR_INVALID) from error
        return award_pb2.ReadAwardFeedResponse(
            awards=[_message(row) for row in rows], next_cursor=rows[-1].cursor if rows else request.cursor
        )


def _award_of(message: award_pb2.Award) -> Award:
    return Award(
        award_id=message.award_id,
        payload_hash=_hash_of(message),
        member_id=message.member_id,
        code=message.code,
        points=message.points,
        awarded_on=_day_of(message),
        actor_id=message.actor_id,
        note=message.note,
    )


def _day_of(message: award_pb2.Award) -> int:
    if not message.HasField("awarded_on"):
        return UNDATED
    day = day_from_proto(message.awarded_on)
    return NEVER if day is None else day_number(day)


def _hash_of(message: award_pb2.Award) -> bytes:
    """Of all that is asked: what the service fills in by itself makes no other award."""
    asked = award_pb2.Award()
    asked.CopyFrom(message)
    asked.ClearField("cursor")
    asked.ClearField("recorded_at")
    return blake2b(asked.SerializeToString(deterministic=True), digest_size=_HASH_BYTES).digest()


def _message(row: StoredAward) -> award_pb2.Award:
    message = award_pb2.Award(
        cursor=row.cursor,
        award_id=row.award_id,
        member_id=row.member_id,
        code=row.code,
        points=row.points,
        awarded_on=day_to_proto(row.awarded_on),
        actor_id=row.actor_id,
        note=row.note,
    )
    message.recorded_at.FromDatetime(row.recorded_at.astimezone(UTC))
    return message
