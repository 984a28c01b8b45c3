"""The calls that pay with points."""

from datetime import datetime

from carat.points.v1 import redemption_pb2 as pb
from services.points.policy import Policy
from services.points.recording.denial import Denial
from services.points.recording.redemption_reversals import give_back
from services.points.recording.redemptions import Payment, Redeemed, cancel, capture, redeem
from services.points.refusals import Reason
from services.points.servicer.calls import Calls, Context, granted, printable, printable_id, printable_pool
from services.points.servicer.redemption_messages import redemption_to_proto
from services.points.servicer.requirements import refusal
from services.points.store.redemptions import read_redemption
from services.runtime.database import Connection

_Answer = tuple[pb.Redemption, bool]


class RedemptionCalls(Calls):
    """AuthoriseRedemption, CaptureRedemption, CancelRedemption, RedeemPoints, ReverseRedemption, GetRedemption."""

    async def AuthoriseRedemption(
        self, request: pb.AuthoriseRedemptionRequest, context: Context
    ) -> pb.AuthoriseRedemptionResponse:
        """Holds points for a payment, until it is captured or cancelled, or the hold expires by itself."""
        redemption, replayed = await self._paid(request, at_once=False)
        return pb.AuthoriseRedemptionResponse(redemption=redemption, replayed=replayed)

    async def RedeemPoints(
        self, request: pb.RedeemPointsRequest, context: Context
    ) -> pb.RedeemPointsResponse:
        """Takes points for a payment at once."""
        redemption, replayed = await self._paid(request, at_once=True)
        return pb.RedeemPointsResponse(redemption=redemption, replayed=replayed)

    async def CaptureRedemption(
        self, request: pb.CaptureRedemptionRequest, context: Context
    ) -> pb.CaptureRedemptionResponse:
        """Takes the points that a hold stands for, or fewer; what is not taken is free again."""
        redemption_id = printable_id(request.redemption_id)

        def work(connection: Connection, policy: Policy, today: int, now: datetime) -> _Answer:
            captured = capture(connection, policy, redemption_id, request.points, today, now)
            return _answer(captured, now, redemption_id=redemption_id)

        redemption, replayed = await self.with_policy(work)
        return pb.CaptureRedemptionResponse(redemption=redemption, replayed=replayed)

    async def CancelRedemption(
        self, request: pb.CancelRedemptionRequest, context: Context
    ) -> pb.CancelRedemptionResponse:
        """Gives up a hold."""
        redemption_id = printable_id(request.redemption_id)

        def work(connection: Connection, policy: Policy, today: int, now: datetime) -> _Answer:
            return _answer(cancel(connection, redemption_id, now), now, redemption_id=redemption_id)

        redemption, replayed = await self.with_policy(work)
        return pb.CancelRedemptionResponse(redemption=redemption, replayed=replayed)

    async def ReverseRedemption(
        self, request: pb.ReverseRedemptionRequest, context: Context
    ) -> pb.ReverseRedemptionResponse:
        """Gives back points that were redeemed, or a part of them."""
        reversal_id, redemption_id = printable_id(request.reversal_id), printable_id(request.redemption_id)

        def work(
            connection: Connection, policy: Policy, today: int, now: datetime
        ) -> pb.ReverseRedemptionResponse:
            outcome = give_back(connection, policy, reversal_id, redemption_id, request.points, today, now)
            back = granted(outcome, reversal_id=reversal_id, redemption_id=redemption_id)
            return pb.ReverseRedemptionResponse(
                redemption=redemption_to_proto(back.redemption, now),
                points=back.points,
                replayed=back.replayed,
            )

        return await self.with_policy(work)

    async def GetRedemption(
        self, request: pb.GetRedemptionRequest, context: Context
    ) -> pb.GetRedemptionResponse:
        """One redemption."""
        redemption_id = printable_id(request.redemption_id)
        found = await self.transact(lambda connection: read_redemption(connection, redemption_id))
        if not len(found):
            raise refusal(Reason.REDEMPTION_UNKNOWN, {"redemption_id": redemption_id})
        return pb.GetRedemptionResponse(redemption=redemption_to_proto(found, self.now()))

    async def _paid(
        self, request: pb.AuthoriseRedemptionRequest | pb.RedeemPointsRequest, *, at_once: bool
    ) -> _Answer:
        payment = Payment(
            printable_id(request.redemption_id),
            printable(request.member_id),
            printable_pool(request.pool_id) if request.pool_id else "",
            request.points,
        )
        about = {"redemption_id": payment.redemption_id, "member_id": payment.member_id}
        if payment.pool_id:
            about["pool_id"] = payment.pool_id

        def work(connection: Connection, policy: Policy, today: int, now: datetime) -> _Answer:
            return _answer(redeem(connection, policy, payment, today, now, at_once=at_once), now, **about)

        return await self.with_policy(work)


def _answer(outcome: Redeemed | Denial, now: datetime, **about: str) -> _Answer:
    done = granted(outcome, **about)
    return redemption_to_proto(done.redemption, now), done.replayed
