"""The call on a member's times of grace."""

from carat.tier.v1 import history_pb2
from services.runtime.database import Connection
from services.tier.policy import Policy
from services.tier.recording.graces import list_graces
from services.tier.refusals import Reason
from services.tier.servicer.calls import Calls, Context, printable, refused
from services.tier.servicer.grace_messages import grace_record


class GraceCalls(Calls):
    """ListGraces."""

    async def ListGraces(
        self, request: history_pb2.ListGracesRequest, context: Context
    ) -> history_pb2.ListGracesResponse:
        """A member's times of grace with their touchpoints, newest first."""
        member_id = printable(request.member_id)

        def work(connection: Connection, policy: Policy, today: int) -> history_pb2.ListGracesResponse:
            times = list_graces(connection, member_id)
            if isinstance(times, Reason):
                raise refused(times, member_id=member_id)
            return history_pb2.ListGracesResponse(graces=[grace_record(time, policy) for time in times])

        return await self.with_policy(work)
