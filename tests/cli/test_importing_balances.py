"""`carat import balances.csv`: points that members bring along, sent once each with the age that they have."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from carat.points.v1 import adjustment_pb2 as pb
from services.runtime.program_messages import day_from_proto
from tests.cli.fake_services import FakePoints, served_points
from tests.cli.importing_trial import Cells, carat_import, counts, rejects_of, written

HEADER = ("transaction_id", "member_id", "points", "earned_on")
ROWS: list[Cells] = [("B1", "M1", 100, "2025-01-31"), ("B2", "M2", 2**40, ""), ("B3", "M1", 1, "2024-02-29")]


class BalancePoints(FakePoints):
    """Posts opening balances by transaction id, of all members but "nobody"."""

    def __init__(self) -> None:
        super().__init__()
        self.balances: dict[str, pb.OpeningBalance] = {}

    def BatchImportBalances(self, request: Any, context: Any) -> pb.BatchImportBalancesResponse:
        return pb.BatchImportBalancesResponse(results=[self._post(balance) for balance in request.balances])

    def _post(self, balance: pb.OpeningBalance) -> pb.OpeningBalanceResult:
        if balance.member_id == "nobody":
            return pb.OpeningBalanceResult(reason="POINTS_REASON_MEMBER_UNKNOWN")
        known = self.balances.setdefault(balance.transaction_id, balance)
        return pb.OpeningBalanceResult(replayed=known is not balance)


@pytest.fixture
def points(monkeypatch: pytest.MonkeyPatch) -> Any:
    service = BalancePoints()
    with served_points(service) as address:
        monkeypatch.setenv("CARAT_POINTS_ADDRESS", address)
        yield service


def sent(service: BalancePoints) -> list[Cells]:
    return [
        (
            each.transaction_id,
            each.member_id,
            each.points,
            str(day_from_proto(each.earned_on)) if each.HasField("earned_on") else "",
        )
        for each in sorted(service.balances.values(), key=lambda balance: balance.transaction_id)
    ]


def test_balances_are_sent_with_their_days(points: BalancePoints, tmp_path: Path):
    path = written(tmp_path / "balances.csv", ROWS, HEADER)
    assert counts(carat_import(path)) == {"read": 3, "recorded": 3}
    assert sent(points) == ROWS


def test_a_repeated_import_records_nothing(points: BalancePoints, tmp_path: Path):
    path = written(tmp_path / "balances.csv", ROWS, HEADER)
    carat_import(path)
    assert counts(carat_import(path)) == {"read": 3, "already recorded": 3}


def test_columns_may_have_other_names_and_the_file_too(points: BalancePoints, tmp_path: Path):
    path = written(tmp_path / "export.csv", [("B1", "M1", 5)], ("no", "customer", "rest"))
    maps = ("transaction_id=no", "member_id=customer", "points=rest")
    options = [option for pair in maps for option in ("--map", pair)]
    carat_import(path, "--as", "balances", *options, "--set", "earned_on=2025-12-31")
    assert sent(points) == [("B1", "M1", 5, "2025-12-31")]


def test_parquet_says_the_same(points: BalancePoints, tmp_path: Path):
    columns = dict(zip(HEADER, zip(*ROWS, strict=True), strict=True))
    path = tmp_path / "balances.parquet"
    pq.write_table(pa.table({name: list(values) for name, values in columns.items()}), path)
    assert counts(carat_import(path)) == {"read": 3, "recorded": 3}
    assert sent(points) == ROWS


def test_bad_rows_stop_nothing_and_are_told_with_their_reason(points: BalancePoints, tmp_path: Path):
    bad: list[Cells] = [
        ("X1", "nobody", 5, ""),
        ("X2", "M1", "5.5", ""),
        ("X3", "M1", "", ""),
        ("X4", "M1", 2**63, ""),
        ("X5", "M1", 5, "2025-02-30"),
    ]
    path = written(tmp_path / "balances.csv", [*ROWS, *bad], HEADER)
    assert counts(carat_import(path))["recorded"] == 3
    assert [row[1] for row in rejects_of(path)] == [
        "MEMBER_UNKNOWN",
        "NUMBER_MUST_BE_WHOLE",
        "NUMBER_MUST_BE_WHOLE",
        "NUMBER_OUT_OF_RANGE",
        "DATE_MUST_BE_VALID",
    ]
    assert sent(points) == ROWS


def test_a_file_without_points_is_no_file_of_balances(points: BalancePoints, tmp_path: Path):
    path = written(tmp_path / "balances.csv", [("B1", "M1")], ("transaction_id", "member_id"))
    result = carat_import(path)
    assert result.exit_code == 1
    assert "no column fills points" in result.stderr
    assert points.balances == {}
