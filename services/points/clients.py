"""The Tier service as Points sees it: purchases priced by RecordActivities, the feed of moves followed."""

import itertools
from collections.abc import Sequence
from typing import Final

import grpc
import numpy as np

from carat.tier.v1 import errors_pb2, move_pb2, tier_service_pb2, tier_service_pb2_grpc
from services.kernel.calendar import day_date
from services.points.columns import Pending, Priced
from services.points.pricing import PricingFailed
from services.points.recording.enrolments import FollowedMove
from services.points.refusals import Reason
from services.runtime.program_messages import day_to_proto

_AWAY: Final = (
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.CANCELLED,
)

_REASONS: Final = {
    errors_pb2.TIER_REASON_UNSPECIFIED: Reason.UNSPECIFIED,
    errors_pb2.TIER_REASON_MEMBER_ID_MUST_BE_PRINTABLE: Reason.MEMBER_ID_MUST_BE_PRINTABLE,
    errors_pb2.TIER_REASON_TRANSACTION_ID_MUST_BE_PRINTABLE: Reason.TRANSACTION_ID_MUST_BE_PRINTABLE,
    errors_pb2.TIER_REASON_DUPLICATE_IN_BATCH: Reason.DUPLICATE_IN_BATCH,
    errors_pb2.TIER_REASON_POLICY_REQUIRED: Reason.POLICY_REQUIRED,
    errors_pb2.TIER_REASON_MEMBER_UNKNOWN: Reason.MEMBER_UNKNOWN,
    errors_pb2.TIER_REASON_PROPERTY_UNKNOWN: Reason.PROPERTY_UNKNOWN,
    errors_pb2.TIER_REASON_AMOUNT_MUST_NOT_BE_NEGATIVE: Reason.AMOUNT_MUST_NOT_BE_NEGATIVE,
    errors_pb2.TIER_REASON_AMOUNT_ABOVE_LIMIT: Reason.AMOUNT_ABOVE_LIMIT,
    errors_pb2.TIER_REASON_DATE_MUST_BE_VALID: Reason.OCCURRED_AT_MUST_BE_VALID,
    errors_pb2.TIER_REASON_DATE_MUST_NOT_BE_IN_FUTURE: Reason.OCCURRED_AT_MUST_NOT_BE_IN_FUTURE,
    errors_pb2.TIER_REASON_DATE_BEFORE_ENROLMENT: Reason.OCCURRED_BEFORE_ENROLMENT,
    errors_pb2.TIER_REASON_TRANSACTION_ID_REUSED: Reason.TRANSACTION_ID_REUSED,
    errors_pb2.TIER_REASON_MEMBER_MERGED: Reason.MEMBER_MERGED,
    errors_pb2.TIER_REASON_MEMBER_ERASED: Reason.MEMBER_ERASED,
}


class TierClient:
    """A client of the Tier service over several connections, for its processes share the port by connection."""

    def __init__(
        self, address: str, timeout_seconds: float, max_message_bytes: int, connections: int = 4
    ) -> None:
        self._timeout_seconds = timeout_seconds
        self._channels = [_channel(address, number, max_message_bytes) for number in range(connections)]
        self._stubs = itertools.cycle(
            [tier_service_pb2_grpc.TierServiceStub(channel) for channel in self._channels]
        )

    async def price(self, pending: Pending) -> Priced:
        """Prices and records purchases; one answer each, in order. Raises PricingFailed."""
        request = tier_service_pb2.RecordActivitiesRequest(activities=_activities(pending))
        try:
            response = await next(self._stubs).RecordActivities(request, timeout=self._timeout_seconds)
        except grpc.aio.AioRpcError as error:
            text = f"{error.code().name}: {error.details()}"
            raise PricingFailed(text, away=error.code() in _AWAY) from error
        return _priced(response.results)

    async def read_moves(self, cursor: str) -> tuple[list[FollowedMove], str]:
        """The moves after the cursor in feed order, and where the reader stands after them."""
        request = tier_service_pb2.ReadMoveFeedRequest(cursor=cursor)
        response = await next(self._stubs).ReadMoveFeed(request, timeout=self._timeout_seconds)
        moves = [
            FollowedMove(move.member_id, move.reason == move_pb2.MOVE_REASON_ENROLLED)
            for move in response.moves
        ]
        return moves, response.next_cursor

    async def close(self) -> None:
        """Gives all connections back."""
        for channel in self._channels:
            await channel.close()


def _channel(address: str, number: int, max_message_bytes: int) -> grpc.aio.Channel:
    return grpc.aio.insecure_channel(
        address,
        options=[
            # An argument of its own keeps a channel from sharing another's connection.
            ("carat.connection", number),
            ("grpc.max_receive_message_length", max_message_bytes),
            ("grpc.max_send_message_length", max_message_bytes),
            ("grpc.initial_reconnect_backoff_ms", 100),
            ("grpc.min_reconnect_backoff_ms", 100),
            ("grpc.max_reconnect_backoff_ms", 1_000),
        ],
    )


def _activities(pending: Pending) -> list[tier_service_pb2.ActivityItem]:
    days = {day: day_to_proto(day_date(day)) for day in set(pending.occurred_on.tolist())}
    return [
        tier_service_pb2.ActivityItem(
            transaction_id=transaction_id,
            member_id=member_id,
            property_id=property_id,
            occurred_on=days[day],
            base_micropoints=base_micropoints,
            qualifying_spend_minor=spend,
            visits=visits,
        )
        for transaction_id, member_id, property_id, day, base_micropoints, spend, visits in zip(
            pending.transaction_id,
            pending.member_id,
            pending.property_id,
            pending.occurred_on.tolist(),
            pending.base_micropoints.tolist(),
            pending.qualifying_spend_minor.tolist(),
            pending.treatments.tolist(),
            strict=True,
        )
    ]


def _priced(results: Sequence[tier_service_pb2.ActivityResult]) -> Priced:
    return Priced(
        reason=np.array([_REASONS[result.reason] for result in results], dtype=np.int16),
        points=np.array([result.points for result in results], dtype=np.int64),
        level_multiplier_bp=np.array([result.level_multiplier_bp for result in results], dtype=np.int32),
        property_multiplier_bp=np.array(
            [result.property_multiplier_bp for result in results], dtype=np.int32
        ),
        level=np.array([result.level for result in results], dtype=object),
        treatment_ordinal=np.array([result.treatment_ordinal for result in results], dtype=np.int64),
        level_after=np.array([result.level_after for result in results], dtype=object),
        move_reason=np.array([result.move_reason for result in results], dtype=np.int16),
        tier_revision=np.array([result.revision for result in results], dtype=np.int32),
    )
