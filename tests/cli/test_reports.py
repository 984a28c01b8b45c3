"""`carat report` and `carat member graces`: what the services tell, as tables, documents and files."""

import csv
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from google.type.date_pb2 import Date
from typer.testing import CliRunner, Result

from carat.tier.v1 import history_pb2, move_pb2, policy_pb2, report_pb2
from carat.tier.v1 import tier_service_pb2 as tier
from services.cli.app import app
from services.cli.reports.charts import bar, percent, sparkline
from tests.cli.fake_services import LONDON, Unbuilt, served_tier

DAY = Date(year=2026, month=3, day=31)


class ReportingTier(Unbuilt):
    """Tells of two levels of one system and one of another, on three days."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.has_snapshots = True
        self.systems = ["spa"]

    def GetPolicy(self, request: Any, context: Any) -> tier.GetPolicyResponse:
        systems = [policy_pb2.TierSystem(external_id=name) for name in self.systems]
        return tier.GetPolicyResponse(program=LONDON, policy=policy_pb2.TierPolicy(systems=systems))

    def GetComposition(self, request: Any, context: Any) -> report_pb2.GetCompositionResponse:
        self.asked.append(request)
        days = (1, 2, 31) if self.has_snapshots else ()
        return report_pb2.GetCompositionResponse(
            compositions=[
                report_pb2.Composition(
                    day=Date(year=2026, month=3, day=day),
                    tier_system=system,
                    level=level,
                    members=members * day,
                    in_grace=in_grace,
                    at_risk=2,
                    inactive=3,
                )
                for day in days
                for system, level, members, in_grace in (
                    ("spa", "crystal", 30, 0),
                    ("spa", "sapphire", 10, 1),
                    ("game", "bronze", 10, 0),
                )
            ]
        )

    def GetRisk(self, request: Any, context: Any) -> report_pb2.GetRiskResponse:
        self.asked.append(request)
        risk = report_pb2.Risk(tier_system="spa", level="sapphire", at_risk=1, safe=3)
        return report_pb2.GetRiskResponse(day=DAY, risks=[risk])

    def GetGraceReport(self, request: Any, context: Any) -> report_pb2.GetGraceReportResponse:
        self.asked.append(request)
        counts = [
            report_pb2.GraceCount(tier_system="spa", level="sapphire", days_left=left, members=members)
            for left, members in ((-1, 2), (30, 1_000))
        ]
        return report_pb2.GetGraceReportResponse(counts=counts)

    def GetObjectives(self, request: Any, context: Any) -> report_pb2.GetObjectivesResponse:
        self.asked.append(request)
        return report_pb2.GetObjectivesResponse(
            first=Date(year=2025, month=4, day=1),
            last=DAY,
            retentions=[
                report_pb2.Retention(level="crystal", members=4, retained=1),
                report_pb2.Retention(level="diamond"),
            ],
            members_before=50,
            churned=9,
            spend_minor=1_000_000,
            top_two_spend_minor=400_000,
            active_members=40,
            visits=232,
        )

    def ListGraces(self, request: Any, context: Any) -> history_pb2.ListGracesResponse:
        self.asked.append(request)
        if request.member_id == "M0":
            return history_pb2.ListGracesResponse()
        records = [
            history_pb2.TouchpointRecord(
                touchpoint=policy_pb2.Touchpoint(month=month, code=f"month-{month}", text="Come back"),
                due_on=Date(year=2026, month=month, day=10),
                state=state,
            )
            for month, state in (
                (2, history_pb2.TOUCHPOINT_STATE_FIRED),
                (3, history_pb2.TOUCHPOINT_STATE_CANCELLED),
            )
        ]
        ended = history_pb2.GraceRecord(
            tier_system="spa",
            level="sapphire",
            entered_on=Date(year=2026, month=1, day=10),
            until=Date(year=2026, month=4, day=10),
            ended_on=Date(year=2026, month=2, day=20),
            ended_by=move_pb2.MOVE_REASON_RECOVERED,
            touchpoints=records,
        )
        goes_on = history_pb2.GraceRecord(
            tier_system="spa",
            level="gold",
            entered_on=Date(year=2026, month=3, day=1),
            until=Date(year=2026, month=6, day=1),
        )
        return history_pb2.ListGracesResponse(graces=[goes_on, ended])


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[ReportingTier]:
    fake = ReportingTier()
    with served_tier(fake) as address:
        monkeypatch.setenv("CARAT_TIER_ADDRESS", address)
        yield fake


def carat(*words: str) -> Result:
    result = CliRunner().invoke(app, words, env={"COLUMNS": "220"})
    assert result.exit_code == 0, result.output
    return result


def said(*words: str) -> str:
    return " ".join(carat(*words).stdout.split())


def days_asked(service: ReportingTier) -> tuple[date, date]:
    request = service.asked[-1]
    return tuple(date(day.year, day.month, day.day) for day in (request.first, request.last))  # type: ignore[return-value]


def test_growth_shows_first_and_last_day_and_the_course_between(service: ReportingTier):
    shown = said("report", "growth", "--to", "2026-03-31")
    assert "Growth, 2026-03-01 to 2026-03-31" in shown
    assert "spa crystal 30 930 +900 0 2 3 spa sapphire 10 310 +300 1 2 3" in shown
    assert "spa crystal ▁▁█ 60.0 % spa sapphire ▁▁█ 20.0 %" in shown
    assert days_asked(service) == (date(2025, 9, 30), date(2026, 3, 31))


def test_growth_until_today_goes_by_the_clock_of_the_settings(
    service: ReportingTier, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("CARAT_FIXED_NOW", "2021-07-31T12:00:00Z")
    carat("report", "growth", "--months", "1")
    assert days_asked(service) == (date(2021, 6, 30), date(2021, 7, 31))


def test_every_line_of_growth_fits_a_terminal_of_80_columns(service: ReportingTier):
    shown = CliRunner().invoke(app, ["report", "growth", "--to", "2026-03-31"], env={"COLUMNS": "80"}).stdout
    assert max(map(len, shown.splitlines())) <= 80


def test_growth_asks_for_the_systems_levels_and_days_named(service: ReportingTier):
    words = (
        "--system",
        "spa",
        "--level",
        "crystal",
        "--level",
        "sapphire",
        "--from",
        "2026-03-01",
        "--to",
        "2026-03-31",
    )
    carat("report", "growth", *words)
    assert list(service.asked[-1].tier_systems) == ["spa"]
    assert list(service.asked[-1].levels) == ["crystal", "sapphire"]
    assert days_asked(service)[0] == date(2026, 3, 1)


def test_systems_are_compared_by_the_sums_of_their_levels_over_three_months(service: ReportingTier):
    shown = said("report", "systems", "--to", "2026-03-31")
    assert "spa 40 1,240 +1,200 1 4 6 game 10 310 +300 0 2 3" in shown
    assert "spa ▁▁█ 80.0 % game ▁▁█ 20.0 %" in shown
    assert days_asked(service) == (date(2025, 12, 31), date(2026, 3, 31))


def test_reports_over_time_are_written_to_a_file_and_told_to_machines(service: ReportingTier, tmp_path: Path):
    path = tmp_path / "growth.csv"
    told = carat("report", "growth", "--to", "2026-03-31", "--csv", str(path), "--json")
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 9
    assert rows[1] == {
        "day": "2026-03-01",
        "tier_system": "spa",
        "level": "sapphire",
        "members": "10",
        "in_grace": "1",
        "at_risk": "2",
        "inactive": "3",
    }
    assert [{name: str(value) for name, value in line.items()} for line in json.loads(told.stdout)] == rows


def test_without_snapshots_it_says_how_to_take_one(service: ReportingTier):
    service.has_snapshots = False
    assert "carat run composition-snapshot --as-of DATE" in said("report", "growth")
    assert json.loads(carat("report", "systems", "--json").stdout) == []


def test_a_file_that_cannot_be_written_is_told_in_one_line(service: ReportingTier, tmp_path: Path):
    words = ("report", "growth", "--to", "2026-03-31", "--csv", str(tmp_path / "nowhere" / "growth.csv"))
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 1
    assert "cannot be written to" in result.stderr


def test_risk_is_shown_with_its_share(service: ReportingTier):
    shown = said("report", "risk", "--system", "spa")
    assert "At risk as of 2026-03-31" in shown
    assert "spa sapphire 1 3 █████░░░░░░░░░░░░░░░ 25.0 %" in shown
    assert service.asked[-1].tier_system == "spa"
    assert json.loads(carat("report", "risk", "--json").stdout)["day"] == "2026-03-31"


def test_grace_is_shown_by_days_left(service: ReportingTier):
    shown = said("report", "grace")
    assert "-1 (overdue) spa sapphire 2 30 spa sapphire 1,000" in shown
    assert "1,002 members in grace" in shown
    assert json.loads(carat("report", "grace", "--json").stdout)["counts"][1]["days_left"] == 30


def test_objectives_are_shown_as_shares(service: ReportingTier):
    shown = said("report", "objectives", "--to", "2026-03-31")
    assert "Retention, 2025-04-01 to 2026-03-31" in shown
    assert "crystal 4 1 █████░░░░░░░░░░░░░░░ 25.0 %" in shown
    assert "diamond 0 0 ░░░░░░░░░░░░░░░░░░░░ –" in shown
    assert "Churn: 18.0 % (9 of 50 who bought in the twelve months before)" in shown
    assert "Revenue from the two highest levels: 40.0 % (GBP 4,000.00 of GBP 10,000.00)" in shown
    assert "Visits a year of an active member: 5.8 (232 visits of 40 members)" in shown
    assert service.asked[-1].last == DAY
    assert json.loads(carat("report", "objectives", "--json").stdout)["visits"] == 232
    assert not service.asked[-1].HasField("last")


def test_objectives_of_a_split_membership_are_of_the_system_named(service: ReportingTier):
    service.systems = ["spa", "game"]
    unnamed = CliRunner().invoke(app, ["report", "objectives"], env={"COLUMNS": "200"})
    assert unnamed.exit_code == 2
    assert "give --system spa or game" in unnamed.stderr
    carat("report", "objectives", "--system", "game")
    assert [request.tier_system for request in service.asked] == ["game"]


def test_times_of_grace_are_shown_with_their_touchpoints(service: ReportingTier):
    shown = said("member", "graces", "M1")
    assert "gold of spa, 2026-03-01 to 2026-06-01, goes on" in shown
    assert "sapphire of spa, 2026-01-10 to 2026-04-10, ended on 2026-02-20: met the thresholds" in shown
    assert "2026-02-10 fired month-2 Come back 2026-03-10 cancelled month-3 Come back" in shown
    [_, ended] = json.loads(carat("member", "graces", "M1", "--json").stdout)
    assert (ended["ended_by"], ended["touchpoints"][1]["state"]) == ("RECOVERED", "CANCELLED")


def test_who_was_never_in_grace_is_told_so(service: ReportingTier):
    assert said("member", "graces", "M0") == "M0 was never in grace"


@pytest.mark.parametrize(
    ("values", "line"),
    [([], ""), ([0, 0], "▁▁"), ([5], "█"), ([0, 4, 8], "▁▄█"), (list(range(80)), None)],
)
def test_a_sparkline_runs_from_nothing_to_the_highest(values: list[int], line: str | None):
    drawn = sparkline(values)
    assert drawn == line or (line is None and len(drawn) == 40 and drawn[-1] == "█")


def test_shares_of_nothing_are_a_dash():
    assert percent(0, 0) == "–"
    assert bar(1, 2) == "██████████░░░░░░░░░░ 50.0 %"
