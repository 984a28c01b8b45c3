"""The calls that read the ledger."""

from collections.abc import AsyncIterator
from datetime import datetime
from functools import partial

from carat.points.v1 import points_service_pb2 as pb
from services.points.policy import Policy
from services.points.recording.balances import spendable
from services.points.refusals import Reason
from services.points.servicer.balance_messages import balance_to_proto
from services.points.servicer.calls import Calls, Context, page_size, printable
from services.points.servicer.entry_messages import entry_of_token, entry_to_proto, page_token
from services.points.servicer.requirements import refusal
from services.points.store.awards import count_waiting
from services.points.store.feeds import read_feed_positions
from services.points.store.pending import count_pending
from services.points.store.promises import PROMISES
from services.points.store.reversals import count_reversals
from services.points.store.statement import read_entries
from services.points.store.verification import check, read_sums_by_shard
from services.runtime.database import Connection


class LedgerCalls(Calls):
    """GetBalance, ListEntries, CountPending, GetFeedPosition, VerifyLedger."""

    async def GetBalance(self, request: pb.GetBalanceRequest, context: Context) -> pb.GetBalanceResponse:
        """A member's balance, and what of it can be spent; writes nothing."""
        member_id = printable(request.member_id)

        def work(connection: Connection, policy: Policy, today: int, now: datetime) -> pb.GetBalanceResponse:
            found = spendable(connection, policy, member_id, today, now)
            if found is None:
                raise refusal(Reason.MEMBER_UNKNOWN, {"member_id": member_id})
            return balance_to_proto(found)

        return await self.at_one_moment(work)

    async def ListEntries(self, request: pb.ListEntriesRequest, context: Context) -> pb.ListEntriesResponse:
        """A member's ledger entries, newest first."""
        member_id = printable(request.member_id)
        before_entry = entry_of_token(request.page_token) if request.page_token else None
        if request.page_token and before_entry is None:
            raise refusal(Reason.PAGE_TOKEN_INVALID, {"page_token": request.page_token})
        size = page_size(request.page_size)
        entries = await self.transact(
            lambda connection: read_entries(connection, member_id, before_entry, size + 1)
        )
        if entries is None:
            raise refusal(Reason.MEMBER_UNKNOWN, {"member_id": member_id})
        more = len(entries) > size
        return pb.ListEntriesResponse(
            entries=[entry_to_proto(entry) for entry in entries[:size]],
            next_page_token=page_token(entries[size - 1].entry_id) if more else "",
        )

    async def CountPending(
        self, request: pb.CountPendingRequest, context: Context
    ) -> pb.CountPendingResponse:
        """How many purchases, reversals and awards are still to be posted, and how many came to nothing."""
        counts, reversals, awards = await self.transact(
            lambda connection: (
                count_pending(connection), count_reversals(connection), count_waiting(connection),
            )
        )  # fmt: skip
        return pb.CountPendingResponse(
            pending=counts.pending,
            refused=counts.refused + reversals.refused,
            pending_reversals=reversals.pending,
            waiting_awards=awards,
        )

    async def GetFeedPosition(
        self, request: pb.GetFeedPositionRequest, context: Context
    ) -> pb.GetFeedPositionResponse:
        """Where this service stands in the feeds that it follows."""
        positions = await self.transact(read_feed_positions)
        return pb.GetFeedPositionResponse(moves_cursor=positions.moves, awards_cursor=positions.awards)

    async def VerifyLedger(
        self, request: pb.VerifyLedgerRequest, context: Context
    ) -> AsyncIterator[pb.VerifyLedgerResponse]:
        """Checks this service's promises on live data, one answer a promise; the last tells sums by shard."""
        last = list(PROMISES)[-1]
        for promise in PROMISES:
            finding = await self.transact(partial(check, promise=promise))
            response = pb.VerifyLedgerResponse(
                promise=finding.promise,
                checked=finding.checked,
                breaches=finding.breaches,
                members=finding.members,
            )
            if promise == last:
                sums = await self.transact(read_sums_by_shard)
                response.points_by_shard.extend(sums.points.tolist())
                response.spend_by_shard.extend(sums.spend.tolist())
                response.visits_by_shard.extend(sums.visits.tolist())
            yield response
