"""Calls on the performance of the program (Engage, Tier Performance Reporting; LuxeSpa, Business Objectives)."""

from carat.tier.v1 import report_pb2
from services.runtime.database import Connection
from services.tier.policy import Policy
from services.tier.recording.objectives import compute_objectives, first_of_year_until
from services.tier.refusals import Reason
from services.tier.rules.reporting import refuse_days, refuse_names, system_reported_on
from services.tier.servicer import report_messages
from services.tier.servicer.calls import Calls, Context, refused
from services.tier.servicer.messages import day_message, day_of
from services.tier.store.compositions import read_compositions, read_latest_day
from services.tier.store.graces import count_in_grace


class ReportCalls(Calls):
    """GetComposition, GetRisk, GetGraceReport, GetObjectives."""

    async def GetComposition(
        self, request: report_pb2.GetCompositionRequest, context: Context
    ) -> report_pb2.GetCompositionResponse:
        """Members by level on every day of a range that has a snapshot."""
        first, last = day_of(request.first), day_of(request.last)
        systems, levels = list(request.tier_systems), list(request.levels)

        def work(connection: Connection, policy: Policy, today: int) -> report_pb2.GetCompositionResponse:
            named, dated = refuse_names(systems, levels, policy), refuse_days(first, last, today)
            for reason in sorted({named, dated} - {Reason.UNSPECIFIED}):
                raise refused(reason)
            return report_pb2.GetCompositionResponse(
                compositions=[
                    line
                    for day, counted in read_compositions(connection, first, last)
                    for line in report_messages.compositions(
                        day, counted, report_messages.rungs_on(day, policy, systems, levels)
                    )
                ]
            )

        return await self.with_policy(work)

    async def GetRisk(
        self, request: report_pb2.GetRiskRequest, context: Context
    ) -> report_pb2.GetRiskResponse:
        """Who is at risk and who is safe, on the day of the latest snapshot."""
        systems = _systems(request.tier_system)

        def work(connection: Connection, policy: Policy, today: int) -> report_pb2.GetRiskResponse:
            _insist_on_known(systems, policy)
            day = read_latest_day(connection)
            if day is None:
                raise refused(Reason.SNAPSHOT_REQUIRED)
            rungs = report_messages.rungs_on(day, policy, systems, [])
            [(_, counted)] = read_compositions(connection, day, day)
            return report_pb2.GetRiskResponse(
                day=day_message(day), risks=report_messages.risks(counted, rungs)
            )

        return await self.with_policy(work)

    async def GetGraceReport(
        self, request: report_pb2.GetGraceReportRequest, context: Context
    ) -> report_pb2.GetGraceReportResponse:
        """Members in grace now, by days left."""
        systems = _systems(request.tier_system)

        def work(connection: Connection, policy: Policy, today: int) -> report_pb2.GetGraceReportResponse:
            _insist_on_known(systems, policy)
            rungs = report_messages.rungs_on(today, policy, systems, [])
            return report_pb2.GetGraceReportResponse(
                counts=report_messages.grace_counts(count_in_grace(connection), rungs, today)
            )

        return await self.with_policy(work)

    async def GetObjectives(
        self, request: report_pb2.GetObjectivesRequest, context: Context
    ) -> report_pb2.GetObjectivesResponse:
        """The figures of twelve months by which the program is judged."""
        asked = day_of(request.last) if request.HasField("last") else None

        def work(connection: Connection, policy: Policy, today: int) -> report_pb2.GetObjectivesResponse:
            last = today - 1 if asked is None else asked
            system = system_reported_on(request.tier_system, min(last, today), policy)
            if system is None:
                raise refused(Reason.TIER_SYSTEM_UNKNOWN, tier_system=request.tier_system)
            reason = refuse_days(first_of_year_until(min(last, today)), last, today)
            if reason:
                raise refused(reason)
            figures = compute_objectives(connection, policy, system, last)
            return report_messages.objectives_response(figures, policy, system)

        return await self.with_policy(work)


def _systems(external_id: str) -> list[str]:
    return [external_id] if external_id else []


def _insist_on_known(systems: list[str], policy: Policy) -> None:
    if refuse_names(systems, [], policy):
        raise refused(Reason.TIER_SYSTEM_UNKNOWN, tier_system=systems[0])
