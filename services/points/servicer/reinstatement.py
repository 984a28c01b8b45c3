"""The call that gives expired points back."""

from datetime import datetime

from carat.points.v1 import adjustment_pb2 as pb
from services.points.policy import Policy
from services.points.recording.denial import Denial
from services.points.recording.reinstatement import Reinstated, Reinstatement, reinstate
from services.points.servicer.calls import Calls, Context, printable, printable_id
from services.points.servicer.entry_messages import entry_to_proto
from services.points.servicer.requirements import refusal
from services.runtime.database import Connection


class ReinstatementCalls(Calls):
    """ReinstatePoints."""

    async def ReinstatePoints(
        self, request: pb.ReinstatePointsRequest, context: Context
    ) -> pb.ReinstatePointsResponse:
        """Gives expired points back by decision of staff."""
        asked = Reinstatement(
            printable_id(request.reinstatement_id),
            printable(request.member_id),
            request.points,
            request.actor_id,
            request.note,
        )

        def work(connection: Connection, policy: Policy, today: int, now: datetime) -> Reinstated:
            done = reinstate(connection, policy, asked, today, now)
            if isinstance(done, Denial):
                told = {"reinstatement_id": asked.reinstatement_id, "member_id": asked.member_id}
                raise refusal(done.reason, told | dict(done.metadata))
            return done

        done = await self.with_policy(work)
        return pb.ReinstatePointsResponse(entry=entry_to_proto(done.entry), replayed=done.replayed)
