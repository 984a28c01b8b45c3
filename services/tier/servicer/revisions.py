"""Calls on the revisions of the policy."""

from carat.tier.v1 import revision_pb2
from services.runtime.database import Connection
from services.tier.policy import Policy
from services.tier.recording.revisions import cancel_revision
from services.tier.refusals import Reason
from services.tier.servicer.calls import Calls, Context, refused
from services.tier.servicer.revision_messages import mistake_of, raise_mistakes, record_messages
from services.tier.store.revisions import read_kept


class RevisionCalls(Calls):
    """ListRevisions, CancelRevision."""

    async def ListRevisions(
        self, request: revision_pb2.ListRevisionsRequest, context: Context
    ) -> revision_pb2.ListRevisionsResponse:
        """All revisions, newest first, with what has become of them."""

        def work(connection: Connection, _: Policy, today: int) -> revision_pb2.ListRevisionsResponse:
            records = record_messages(read_kept(connection), today)
            return revision_pb2.ListRevisionsResponse(revisions=records[::-1])

        return await self.with_policy(work)

    async def CancelRevision(
        self, request: revision_pb2.CancelRevisionRequest, context: Context
    ) -> revision_pb2.CancelRevisionResponse:
        """Cancels a revision that has not started."""

        def work(connection: Connection, _: Policy, today: int) -> revision_pb2.CancelRevisionResponse:
            cancelled = cancel_revision(connection, request.number, today)
            raise_mistakes([mistake_of(found) for found in cancelled.violations])
            if cancelled.reason != Reason.UNSPECIFIED:
                raise refused(cancelled.reason, number=str(request.number))
            records = record_messages(read_kept(connection), today)
            return revision_pb2.CancelRevisionResponse(revision=records[request.number - 1])

        return await self.with_policy(work)
