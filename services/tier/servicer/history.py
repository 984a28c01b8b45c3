"""The call that tells why a member stands there."""

from carat.tier.v1 import history_pb2
from services.runtime.database import Connection
from services.tier.policy import Policy
from services.tier.recording.explaining import explain_standing
from services.tier.refusals import Reason
from services.tier.servicer.calls import Calls, Context, as_of_day, printable, refused
from services.tier.servicer.history_messages import explanation_message


class HistoryCalls(Calls):
    """ExplainStanding."""

    async def ExplainStanding(
        self, request: history_pb2.ExplainStandingRequest, context: Context
    ) -> history_pb2.ExplainStandingResponse:
        """The rule, the revision and the numbers behind a standing, and what is missing by when."""
        member_id = printable(request.member_id)

        def work(connection: Connection, policy: Policy, today: int) -> history_pb2.ExplainStandingResponse:
            as_of = as_of_day(request, today)
            explanation = explain_standing(connection, policy, member_id, as_of)
            if isinstance(explanation, Reason):
                raise refused(explanation, member_id=member_id)
            return explanation_message(explanation, as_of, policy)

        return await self.with_policy(work)
