"""The calls that report: statements, months, and what the program owes its members."""

import asyncio
from calendar import monthrange
from collections.abc import AsyncIterator
from datetime import date
from functools import partial
from typing import Final

from google.type import date_pb2

from carat.points.v1 import report_pb2
from services.kernel.calendar import day_date, day_number
from services.points.policy import Policy
from services.points.recording.reports import liability, month_of
from services.points.refusals import Reason
from services.points.rules.months import Month
from services.points.servicer.calls import Calls, Context, day_of, day_until, printable
from services.points.servicer.entry_messages import entry_to_proto
from services.points.servicer.report_messages import exceeds_limits, liability_to_proto, month_to_proto
from services.points.servicer.requirements import refusal
from services.points.store.statement import Opening, Place, read_opening, read_page
from services.runtime.database import Connection

PAGE: Final = 5_000
"""Entries of a statement in memory at a time. No connection is held while they are sent."""

_YEARS: Final = range(1970, 10_000)
_MONTHS: Final = range(1, 13)


class ReportCalls(Calls):
    """StreamStatement, GetMonthStatement, GetLiability."""

    async def StreamStatement(
        self, request: report_pb2.StreamStatementRequest, context: Context
    ) -> AsyncIterator[report_pb2.StreamStatementResponse]:
        """A member's entries by the day on which they count, with the balance after each.

        Entries recorded after the statement was asked for are not in it.
        """
        member_id = printable(request.member_id)
        first = _day(getattr(request, "from")) if request.HasField("from") else date.min
        last = _day(request.until) if request.HasField("until") else None
        opening, today = await self.with_policy(
            lambda connection, _, today, __: (read_opening(connection, member_id, first), day_date(today))
        )
        until = last or today
        if opening is None:
            raise refusal(Reason.MEMBER_UNKNOWN, {"member_id": member_id})
        if first > until:
            raise refusal(Reason.DATE_RANGE_INVALID, {"from": str(first), "until": str(until)})
        async for line in self._lines(member_id, opening, first, until):
            yield line

    async def GetMonthStatement(
        self, request: report_pb2.GetMonthStatementRequest, context: Context
    ) -> report_pb2.GetMonthStatementResponse:
        """What came and went in one month of a member, and what is left."""
        member_id = printable(request.member_id)
        if request.year not in _YEARS or request.month not in _MONTHS:
            raise refusal(Reason.MONTH_OUT_OF_RANGE, {"year": str(request.year), "month": str(request.month)})
        first = date(request.year, request.month, 1)
        last = first.replace(day=monthrange(first.year, first.month)[1])

        def work(connection: Connection, policy: Policy, today: int, _: object) -> Month | None:
            if day_number(first) > today:
                raise refusal(Reason.DATE_MUST_NOT_BE_IN_FUTURE, {"date": str(first)})
            return month_of(connection, policy, member_id, first, min(last, day_date(today)))

        month = await self.with_policy(work)
        if month is None:
            raise refusal(Reason.MEMBER_UNKNOWN, {"member_id": member_id})
        return month_to_proto(month)

    async def GetLiability(
        self, request: report_pb2.GetLiabilityRequest, context: Context
    ) -> report_pb2.GetLiabilityResponse:
        """What the program owed its members at the end of a day, as of one moment of the ledger."""
        policy, today = await self.with_policy(lambda _, policy, today, __: (policy, today))
        day = day_until(request.as_of, today) if request.HasField("as_of") else today
        tally = await asyncio.to_thread(liability, self._database, day)
        redeeming = policy.document_on(day).redeeming
        if exceeds_limits(tally, redeeming):
            raise refusal(Reason.POINTS_ABOVE_LIMIT, {"points": str(tally.whole.points)})
        return liability_to_proto(tally, redeeming)

    async def _lines(
        self, member_id: str, opening: Opening, first: date, until: date
    ) -> AsyncIterator[report_pb2.StreamStatementResponse]:
        balance, after = opening.balance, Place(first, 0)
        while True:
            page = await self.transact(
                partial(
                    read_page,
                    member_id=member_id,
                    after=after,
                    until=until,
                    newest_entry=opening.newest_entry,
                    limit=PAGE,
                )
            )
            for row in page:
                balance += row.points
                yield report_pb2.StreamStatementResponse(entry=entry_to_proto(row), balance=balance)
            if len(page) < PAGE:
                return
            after = Place(page[-1].occurred_on, page[-1].entry_id)


def _day(message: date_pb2.Date) -> date:
    return day_date(day_of(message))
