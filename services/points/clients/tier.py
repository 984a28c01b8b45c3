"""The Tier service as Points sees it: purchases priced by RecordActivities, the feed of moves followed."""

import itertools
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import grpc
import numpy as np
from google.protobuf.message import Message
from numpy.typing import NDArray

from carat.tier.v1 import errors_pb2, reversal_pb2, tier_service_pb2, tier_service_pb2_grpc
from services.kernel.calendar import day_date
from services.points.clients.feeds import move_of
from services.points.columns import Pending, Priced
from services.points.followed import FollowedMove
from services.points.pricing import PricingFailed
from services.points.refusals import Reason
from services.points.reversal_columns import Reversals, Reversed
from services.runtime.channels import channel_to
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
    errors_pb2.TIER_REASON_ACTIVITY_UNKNOWN: Reason.PURCHASE_UNKNOWN,
    errors_pb2.TIER_REASON_REVERSAL_ABOVE_ORIGINAL: Reason.REVERSAL_ABOVE_ORIGINAL,
    errors_pb2.TIER_REASON_REVERSAL_MUST_TAKE_SOMETHING: Reason.REVERSAL_MUST_TAKE_SOMETHING,
    errors_pb2.TIER_REASON_REVERSAL_BEFORE_ACTIVITY: Reason.REVERSAL_BEFORE_ORIGINAL,
}


class TierClient:
    """A client of the Tier service over several connections, for its processes share the port by connection."""

    def __init__(
        self, address: str, timeout_seconds: float, max_message_bytes: int, connections: int = 4
    ) -> None:
        self._timeout_seconds = timeout_seconds
        self._channels = [
            # An argument of its own keeps a channel from sharing another's connection.
            channel_to(address, max_message_bytes, ("carat.connection", number))
            for number in range(connections)
        ]
        self._stubs = itertools.cycle(
            [tier_service_pb2_grpc.TierServiceStub(channel) for channel in self._channels]
        )

    async def price(self, pending: Pending) -> Priced:
        """Prices and records purchases; one answer each, in order. Raises PricingFailed."""
        request = tier_service_pb2.RecordActivitiesRequest(activities=_activities(pending))
        return _priced((await self._asked(next(self._stubs).RecordActivities, request)).results)

    async def quote(self, pending: Pending) -> Priced:
        """What `price` would answer to each of the purchases alone; records nothing. Raises PricingFailed."""
        request = tier_service_pb2.QuoteActivitiesRequest(activities=_activities(pending))
        return _priced((await self._asked(next(self._stubs).QuoteActivities, request)).results)

    async def reverse(self, reversals: Reversals) -> Reversed:
        """Takes back what purchases counted; one answer each, in order. Raises PricingFailed."""
        request = reversal_pb2.ReverseActivitiesRequest(reversals=_reversal_items(reversals))
        return _reversed((await self._asked(next(self._stubs).ReverseActivities, request)).results)

    async def _asked(self, call: Callable[..., Awaitable[Any]], request: Message) -> Any:
        try:
            return await call(request, timeout=self._timeout_seconds)
        except grpc.aio.AioRpcError as error:
            text = f"{error.code().name}: {error.details()}"
            raise PricingFailed(text, away=error.code() in _AWAY) from error

    async def read_moves(self, cursor: str) -> tuple[list[FollowedMove], str]:
        """The moves after the cursor in feed order, and where the reader stands after them."""
        request = tier_service_pb2.ReadMoveFeedRequest(cursor=cursor)
        response = await next(self._stubs).ReadMoveFeed(request, timeout=self._timeout_seconds)
        return [move_of(move) for move in response.moves], response.next_cursor

    async def close(self) -> None:
        """Gives all connections back."""
        for channel in self._channels:
            await channel.close()


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
            package_micropoints=package_micropoints,
        )
        for transaction_id, member_id, property_id, day, base_micropoints, spend, visits, package_micropoints in zip(
            pending.transaction_id,
            pending.member_id,
            pending.property_id,
            pending.occurred_on.tolist(),
            pending.base_micropoints.tolist(),
            pending.qualifying_spend_minor.tolist(),
            pending.treatments.tolist(),
            pending.package_micropoints.tolist(),
            strict=True,
        )
    ]


def _priced(results: Sequence[tier_service_pb2.ActivityResult]) -> Priced:
    """What Tier answers; fixed bonuses are no matter of its."""

    def told(name: str, dtype: type[Any]) -> NDArray[Any]:
        return np.array([getattr(result, name) for result in results], dtype=dtype)

    points = told("points", np.int64)
    nothing = np.zeros(len(points), dtype=np.int64)
    return Priced(
        reason=_reasons(results),
        points=points,
        multiplied_points=points,
        level_multiplier_bp=told("level_multiplier_bp", np.int32),
        birthday_multiplier_bp=told("birthday_multiplier_bp", np.int32),
        property_multiplier_bp=told("property_multiplier_bp", np.int32),
        package_bonus_bp=told("package_bonus_bp", np.int32),
        treatment_every=nothing.astype(np.int32),
        treatment_points=nothing,
        treatment_bonus=nothing,
        referral_bonus=nothing,
        tier_system=told("tier_system", object),
        level=told("level", object),
        treatment_ordinal=told("treatment_ordinal", np.int64),
        level_after=told("level_after", object),
        move_reason=told("move_reason", np.int16),
        tier_revision=told("revision", np.int32),
    )


def _reasons(results: Sequence[Any]) -> NDArray[np.int16]:
    """Why Tier refused what; a reason that this service does not know is no answer. Raises PricingFailed."""
    try:
        return np.array([_REASONS[result.reason] for result in results], dtype=np.int16)
    except KeyError as unknown:
        raise PricingFailed(f"reason {unknown} of tier is not known here", away=False) from unknown


def _reversal_items(reversals: Reversals) -> list[reversal_pb2.ReversalItem]:
    """Amounts are always named, so that the order in which reversals of a purchase arrive makes no difference."""
    return [
        reversal_pb2.ReversalItem(
            reversal_id=reversal_id,
            transaction_id=transaction_id,
            occurred_on=day_to_proto(day_date(day)),
            base_micropoints=base_micropoints,
            qualifying_spend_minor=spend,
            visits=visits,
            package_micropoints=package_micropoints,
        )
        for reversal_id, transaction_id, day, base_micropoints, spend, visits, package_micropoints in zip(
            reversals.reversal_id,
            reversals.transaction_id,
            reversals.occurred_on.tolist(),
            reversals.base_micropoints.tolist(),
            reversals.qualifying_spend_minor.tolist(),
            reversals.treatments.tolist(),
            reversals.package_micropoints.tolist(),
            strict=True,
        )
    ]


def _reversed(results: Sequence[reversal_pb2.ReversalResult]) -> Reversed:
    return Reversed(
        reason=_reasons(results),
        points=np.array([result.points for result in results], dtype=np.int64),
        level_after=np.array([result.level_after for result in results], dtype=object),
        move_reason=np.array([result.move_reason for result in results], dtype=np.int16),
    )
