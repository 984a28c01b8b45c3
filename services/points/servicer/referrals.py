"""The calls on who brought whom."""

from datetime import datetime
from typing import Final

from carat.points.v1 import referral_pb2 as pb
from services.points.policy import Policy
from services.points.recording.denial import Denial
from services.points.recording.referring import Referred, refer
from services.points.servicer.calls import Calls, Context, printable
from services.points.servicer.requirements import refusal
from services.points.store.referrals import Referral, read_referrals_of
from services.runtime.database import Connection
from services.runtime.program_messages import day_to_proto

_LISTED: Final = 1_000


class ReferralCalls(Calls):
    """RecordReferral, ListReferrals."""

    async def RecordReferral(
        self, request: pb.RecordReferralRequest, context: Context
    ) -> pb.RecordReferralResponse:
        """Notes who brought a member, before that member's first treatment."""
        friend_id, referrer_id = printable(request.friend_id), printable(request.referrer_id)

        def work(connection: Connection, policy: Policy, today: int, now: datetime) -> Referred | Denial:
            return refer(connection, friend_id, referrer_id, today)

        done = await self.with_policy(work)
        if isinstance(done, Denial):
            raise refusal(done.reason, {"friend_id": friend_id, "referrer_id": referrer_id})
        return pb.RecordReferralResponse(referral=_message(done.referral), replayed=done.replayed)

    async def ListReferrals(
        self, request: pb.ListReferralsRequest, context: Context
    ) -> pb.ListReferralsResponse:
        """Whom a member brought; nobody, for who brought none."""
        referrer_id = printable(request.referrer_id)
        found = await self.transact(lambda connection: read_referrals_of(connection, referrer_id, _LISTED))
        return pb.ListReferralsResponse(referrals=[_message(each) for each in found])


def _message(referral: Referral) -> pb.Referral:
    return pb.Referral(
        friend_id=referral.friend_id,
        referrer_id=referral.referrer_id,
        recorded_on=day_to_proto(referral.recorded_on),
        paid_by=referral.paid_by,
        points=referral.points,
    )
