"""`carat points statement, month` and `carat report liability`: what is asked, shown and written."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.type.date_pb2 import Date
from typer.testing import CliRunner, Result

from carat.points.v1 import entry_pb2, report_pb2
from carat.points.v1 import points_service_pb2 as points
from carat.tier.v1.program_pb2 import Program
from services.cli.app import app
from services.points.refusals import Reason
from tests.cli.fake_services import Unbuilt, refused, served_points

DAY = Date(year=2026, month=7, day=1)
PROGRAM = Program(code="LUXE", currency="MYR", time_zone="Asia/Kuala_Lumpur", points_currency="LUXE-POINTS")
LIABILITY = report_pb2.GetLiabilityResponse(
    points=1_000,
    value_minor=12_000,
    points_owed=-200,
    accounts=3,
    levels=[
        report_pb2.LiabilityByLevel(accounts=1, points=-200),
        report_pb2.LiabilityByLevel(
            tier_system="spa", level="gold", accounts=2, points=1_200, value_minor=12_000
        ),
    ],
    ages=[
        report_pb2.LiabilityByAge(months_from=0, months_until=3, points=300),
        report_pb2.LiabilityByAge(months_from=24, points=900),
    ],
)
MONTH = report_pb2.GetMonthStatementResponse(
    opening_balance=1_000,
    totals=[report_pb2.KindTotal(kind=entry_pb2.ENTRY_KIND_PURCHASE_REVERSAL, entries=2, points=-30)],
    closing_balance=970,
    next_expiry_on=DAY,
    next_expiry_points=20,
)


class ReportingPoints(Unbuilt):
    """Tells of one adjustment as often as it is told to; `refusing` refuses statements."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.lines = 1
        self.refusing = False

    def GetPolicy(self, request: Any, context: Any) -> points.GetPolicyResponse:
        return points.GetPolicyResponse(program=PROGRAM)

    def StreamStatement(
        self, request: Any, context: grpc.ServicerContext
    ) -> Iterator[report_pb2.StreamStatementResponse]:
        self.asked.append(request)
        if self.refusing:
            refused(context, Reason.MEMBER_UNKNOWN, "the member must be enrolled first")
        for number in range(1, self.lines + 1):
            entry = entry_pb2.Entry(
                kind=entry_pb2.ENTRY_KIND_ADJUSTMENT,
                transaction_id=f"A{number}",
                points=1_500,
                occurred_on=DAY,
                actor_id="ana",
                note="sorry",
            )
            yield report_pb2.StreamStatementResponse(entry=entry, balance=1_500 * number)

    def GetMonthStatement(self, request: Any, context: Any) -> report_pb2.GetMonthStatementResponse:
        self.asked.append(request)
        return MONTH

    def GetLiability(self, request: Any, context: Any) -> report_pb2.GetLiabilityResponse:
        self.asked.append(request)
        return LIABILITY


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[ReportingPoints]:
    fake = ReportingPoints()
    with served_points(fake) as address:
        monkeypatch.setenv("CARAT_POINTS_ADDRESS", address)
        yield fake


def carat(*words: str, exit_code: int = 0) -> Result:
    result = CliRunner().invoke(app, words, env={"COLUMNS": "200"})
    assert result.exit_code == exit_code, result.output
    return result


def said(*words: str) -> str:
    return " ".join(carat(*words).stdout.split())


def test_a_statement_is_shown_line_by_line_with_the_balance(service: ReportingPoints) -> None:
    service.lines = 2
    shown = said("points", "statement", "M1")
    assert "2026-07-01 adjustment +1,500 1,500 A1 by ana: sorry" in shown
    assert "2026-07-01 adjustment +1,500 3,000 A2 by ana: sorry" in shown
    assert service.asked == [report_pb2.StreamStatementRequest(member_id="M1")]


def test_a_statement_asks_for_the_days_named(service: ReportingPoints) -> None:
    carat("points", "statement", "M1", "--from", "2026-07-01", "--until", "2026-07-02")
    [request] = service.asked
    assert (getattr(request, "from"), request.until) == (DAY, Date(year=2026, month=7, day=2))


def test_a_statement_is_written_to_a_file(service: ReportingPoints, tmp_path: Path) -> None:
    service.lines = 3
    path = tmp_path / "statement.csv"
    assert "3 lines written to" in carat("points", "statement", "M1", "--csv", str(path)).stderr
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["balance"] for row in rows] == ["1500", "3000", "4500"]
    assert rows[0] == {
        "occurred_on": "2026-07-01",
        "kind": "adjustment",
        "points": "1500",
        "balance": "1500",
        "transaction_id": "A1",
        "related_id": "",
        "earned_on": "",
        "actor_id": "ana",
        "note": "sorry",
    }


def test_an_empty_statement_is_a_file_with_its_columns(service: ReportingPoints, tmp_path: Path) -> None:
    service.lines = 0
    path = tmp_path / "statement.csv"
    carat("points", "statement", "M1", "--csv", str(path))
    assert path.read_text().startswith("occurred_on,kind,points,balance")


def test_a_refused_statement_leaves_the_file_alone(service: ReportingPoints, tmp_path: Path) -> None:
    service.refusing = True
    path = tmp_path / "statement.csv"
    path.write_text("of last month")
    told = carat("points", "statement", "M9", "--csv", str(path), exit_code=1)
    assert "MEMBER_UNKNOWN" in told.stderr
    assert path.read_text() == "of last month"


@pytest.mark.parametrize("command", [("points", "statement", "M1"), ("report", "liability")])
def test_a_file_that_cannot_be_written_is_told_in_one_line(
    service: ReportingPoints, command: tuple[str, ...], tmp_path: Path
) -> None:
    told = carat(*command, "--csv", str(tmp_path / "nowhere" / "file.csv"), exit_code=1)
    assert "cannot be written to" in told.stderr


def test_a_month_is_shown_with_what_it_adds_up_to(service: ReportingPoints) -> None:
    shown = said("points", "month", "M1", "2026-07")
    assert "M1 in 2026-07, LUXE-POINTS" in shown
    assert "Opening balance 1,000 purchase reversal 2 -30 Closing balance 970" in shown
    assert "Expires next: 20 LUXE-POINTS on 2026-07-01" in shown
    assert service.asked == [report_pb2.GetMonthStatementRequest(member_id="M1", year=2026, month=7)]
    told = json.loads(carat("points", "month", "M1", "2026-07", "--json").stdout)
    assert told["totals"] == [{"kind": "PURCHASE_REVERSAL", "entries": 2, "points": -30}]


@pytest.mark.parametrize("month", ["2026-7", "July", "2026-07-01"])
def test_a_month_is_written_as_year_and_month(service: ReportingPoints, month: str) -> None:
    assert "2026-07" in carat("points", "month", "M1", month, exit_code=2).stderr
    assert service.asked == []


def test_what_is_owed_is_shown_by_level_and_by_age(service: ReportingPoints) -> None:
    shown = said("report", "liability", "--as-of", "2026-07-01")
    assert "1,000 LUXE-POINTS in 3 accounts, worth MYR 120.00" in shown
    assert "Of them -200 are balances below zero: points that members owe" in shown
    assert "By level held at the end of 2026-07-01" in shown
    assert "pools, and who left the ladders 1 -200 MYR 0.00" in shown
    assert "spa gold 2 1,200 MYR 120.00" in shown
    assert "0 to 3 300 █████░░░░░░░░░░░░░░░ 25.0 %" in shown
    assert "24 or more 900 ███████████████░░░░░ 75.0 %" in shown
    assert service.asked == [report_pb2.GetLiabilityRequest(as_of=DAY)]


def test_what_is_owed_today_is_asked_without_a_day(service: ReportingPoints) -> None:
    assert "By level held today" in said("report", "liability")
    assert service.asked == [report_pb2.GetLiabilityRequest()]
    assert json.loads(carat("report", "liability", "--json").stdout)["ages"][1]["points"] == 900


def test_what_is_owed_is_written_to_a_file(service: ReportingPoints, tmp_path: Path) -> None:
    path = tmp_path / "liability.csv"
    carat("report", "liability", "--csv", str(path))
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["by"], row["level"], row["months_from"], row["points"]) for row in rows] == [
        ("all", "", "", "1000"),
        ("owed by members", "", "", "-200"),
        ("level", "", "", "-200"),
        ("level", "gold", "", "1200"),
        ("age", "", "0", "300"),
        ("age", "", "24", "900"),
    ]
    assert [row["months_until"] for row in rows[4:]] == ["3", ""]
    assert [(row["tier_system"], row["accounts"], row["value_minor"]) for row in rows[:4]] == [
        ("", "3", "12000"),
        ("", "", ""),
        ("", "1", "0"),
        ("spa", "2", "12000"),
    ]
