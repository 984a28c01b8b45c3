"""The calls by which Points records what was bought, and asks what a purchase would earn."""

from datetime import timedelta

from carat.tier.v1 import tier_service_pb2
from services.kernel.clock_skew import CLOCK_SKEW_SECONDS
from services.runtime.database import Connection
from services.tier.policy import Policy
from services.tier.recording.activities import record_activities
from services.tier.recording.quoting import quote_activities
from services.tier.refusals import Reason
from services.tier.servicer import messages
from services.tier.servicer.calls import Calls, Context, refused

ACTIVITY_LIMIT = 1_000

CLOCK_SKEW = timedelta(seconds=CLOCK_SKEW_SECONDS)
"""How far the clock of Points may run ahead of ours."""


class ActivityCalls(Calls):
    """RecordActivities, QuoteActivities."""

    async def RecordActivities(
        self, request: tier_service_pb2.RecordActivitiesRequest, context: Context
    ) -> tier_service_pb2.RecordActivitiesResponse:
        """Prices and counts up to 1,000 purchases, each once for ever; each has its own result."""
        if len(request.activities) > ACTIVITY_LIMIT:
            raise refused(Reason.BATCH_TOO_LARGE, limit=str(ACTIVITY_LIMIT))

        def work(
            connection: Connection, policy: Policy, today: int
        ) -> tier_service_pb2.RecordActivitiesResponse:
            activities = messages.activities_of(request.activities, policy)
            answers = record_activities(connection, policy, activities, today)
            return tier_service_pb2.RecordActivitiesResponse(
                results=messages.activity_results(answers, policy)
            )

        return await self.with_policy(work, CLOCK_SKEW)

    async def QuoteActivities(
        self, request: tier_service_pb2.QuoteActivitiesRequest, context: Context
    ) -> tier_service_pb2.QuoteActivitiesResponse:
        """What recording each of up to 1,000 purchases alone would answer now; records nothing."""
        if len(request.activities) > ACTIVITY_LIMIT:
            raise refused(Reason.BATCH_TOO_LARGE, limit=str(ACTIVITY_LIMIT))

        def work(
            connection: Connection, policy: Policy, today: int
        ) -> tier_service_pb2.QuoteActivitiesResponse:
            activities = messages.activities_of(request.activities, policy)
            answers = quote_activities(connection, policy, activities, today)
            return tier_service_pb2.QuoteActivitiesResponse(
                results=messages.activity_results(answers, policy)
            )

        return await self.with_policy(work, CLOCK_SKEW, reading=True)
