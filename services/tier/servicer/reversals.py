"""The call by which Points takes back what was bought."""

from carat.tier.v1 import reversal_pb2
from services.runtime.database import Connection
from services.tier.policy import Policy
from services.tier.recording.reversals import reverse_activities
from services.tier.refusals import Reason
from services.tier.servicer.activities import CLOCK_SKEW
from services.tier.servicer.calls import Calls, Context, refused
from services.tier.servicer.reversal_messages import reversal_results, reversals_of

REVERSAL_LIMIT = 1_000


class ReversalCalls(Calls):
    """ReverseActivities."""

    async def ReverseActivities(
        self, request: reversal_pb2.ReverseActivitiesRequest, context: Context
    ) -> reversal_pb2.ReverseActivitiesResponse:
        """Takes back up to 1,000 purchases or parts of them, each once for ever; each has its own result."""
        if len(request.reversals) > REVERSAL_LIMIT:
            raise refused(Reason.BATCH_TOO_LARGE, limit=str(REVERSAL_LIMIT))

        def work(
            connection: Connection, policy: Policy, today: int
        ) -> reversal_pb2.ReverseActivitiesResponse:
            answers = reverse_activities(connection, policy, reversals_of(request.reversals), today)
            return reversal_pb2.ReverseActivitiesResponse(results=reversal_results(answers, policy))

        return await self.with_policy(work, CLOCK_SKEW)
