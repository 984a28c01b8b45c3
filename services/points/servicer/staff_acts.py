"""The calls by which staff add points, take them, or give expired ones back."""

from collections.abc import Callable
from datetime import datetime

from carat.points.v1 import adjustment_pb2 as pb
from services.points.policy import Policy
from services.points.recording.adjustments import adjust
from services.points.recording.denial import Denial
from services.points.recording.reinstatement import reinstate
from services.points.recording.staff_acts import Done, StaffAct
from services.points.servicer.calls import Calls, Context, granted, printable, printable_id
from services.points.servicer.entry_messages import entry_to_proto
from services.runtime.database import Connection

Act = Callable[[Connection, Policy, StaffAct, int, datetime], Done | Denial]


class StaffActCalls(Calls):
    """AdjustPoints, ReinstatePoints."""

    async def AdjustPoints(
        self, request: pb.AdjustPointsRequest, context: Context
    ) -> pb.AdjustPointsResponse:
        """Adds or takes points by decision of staff."""
        done = await self._done(adjust, request.adjustment_id, request, "adjustment_id")
        return pb.AdjustPointsResponse(entry=entry_to_proto(done.entry), replayed=done.replayed)

    async def ReinstatePoints(
        self, request: pb.ReinstatePointsRequest, context: Context
    ) -> pb.ReinstatePointsResponse:
        """Gives expired points back by decision of staff."""
        done = await self._done(reinstate, request.reinstatement_id, request, "reinstatement_id")
        return pb.ReinstatePointsResponse(entry=entry_to_proto(done.entry), replayed=done.replayed)

    async def _done(
        self,
        act: Act,
        act_id: str,
        request: pb.AdjustPointsRequest | pb.ReinstatePointsRequest,
        name: str,
    ) -> Done:
        asked = StaffAct(
            printable_id(act_id), printable(request.member_id), request.points, request.actor_id, request.note
        )

        def work(connection: Connection, policy: Policy, today: int, now: datetime) -> Done:
            told = {name: asked.act_id, "member_id": asked.member_id}
            return granted(act(connection, policy, asked, today, now), **told)

        return await self.with_policy(work)
