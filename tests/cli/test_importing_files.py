"""Files of an import: CSV and Parquet give the same rows, and a broken row spoils no other."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from services.cli.importing.csv_file import CsvFile
from services.cli.importing.findings import BadFile
from services.cli.importing.layouts import LAYOUTS, Kind, Request, kind_of, resolve_columns
from services.cli.importing.parquet_file import ParquetFile

PURCHASES = LAYOUTS[Kind.PURCHASES]


def csv_rows(tmp_path: Path, content: bytes) -> list[tuple[int, list[str], str]]:
    path = tmp_path / "rows.csv"
    path.write_bytes(content)
    return [(row.line, row.values, row.flaw.reason if row.flaw else "") for row in CsvFile(path).rows()]


def mistakes_of(
    header: list[str], inexact: frozenset[str] = frozenset(), **request: dict[str, str]
) -> list[str]:
    full: dict[str, dict[str, str]] = {"columns": {}, "constants": {}, "conditions": {}} | request
    with pytest.raises(BadFile) as bad:
        resolve_columns(PURCHASES, header, inexact, Request(**full))
    return bad.value.mistakes


def test_a_row_is_known_by_the_line_on_which_it_begins(tmp_path: Path):
    content = b'\xef\xbb\xbfa,b\r\n1,"two\nlines"\r\n\r\n3,4\r\n5,6'
    assert csv_rows(tmp_path, content) == [
        (2, ["1", "two\nlines"], ""),
        (5, ["3", "4"], ""),
        (6, ["5", "6"], ""),
    ]


def test_a_row_that_does_not_fit_the_header_is_flawed_alone(tmp_path: Path):
    assert csv_rows(tmp_path, b"a,b\n1\n2,3,4\n5,6\n") == [
        (2, ["1"], "ROW_MUST_FIT_HEADER"),
        (3, ["2", "3", "4"], "ROW_MUST_FIT_HEADER"),
        (4, ["5", "6"], ""),
    ]


def test_a_row_with_a_stray_quote_is_flawed_and_keeps_its_text(tmp_path: Path):
    assert csv_rows(tmp_path, b'a,b\n"x"y,1\n2,3\n"open,4\n') == [
        (2, ['"x"y,1'], "QUOTES_MUST_BE_CLOSED"),
        (3, ["2", "3"], ""),
        (4, ['"open,4'], "QUOTES_MUST_BE_CLOSED"),
    ]


def test_bytes_that_are_no_utf_8_spoil_only_their_own_value(tmp_path: Path):
    [(_, values, flaw), *_] = csv_rows(tmp_path, b"a,b\n\xff,1\n")
    assert (values, flaw) == (["\udcff", "1"], "")


@pytest.mark.parametrize("content", [b"", b"\n1,2\n"])
def test_a_file_without_a_header_is_refused(content: bytes, tmp_path: Path):
    with pytest.raises(BadFile, match="no header"):
        csv_rows(tmp_path, content)


def test_a_missing_file_is_refused(tmp_path: Path):
    for kind in (CsvFile, ParquetFile):
        with pytest.raises(BadFile, match="cannot be read"):
            kind(tmp_path / "nothing")


def test_what_is_no_parquet_is_refused(tmp_path: Path):
    path = tmp_path / "rows.parquet"
    path.write_text("a,b\n")
    with pytest.raises(BadFile, match="cannot be read as Parquet"):
        ParquetFile(path)


def test_a_parquet_value_is_read_as_its_text(tmp_path: Path):
    path = tmp_path / "rows.parquet"
    table = pa.table(
        {
            "whole": pa.array([12, None], pa.int64()),
            "exact": pa.array([Decimal("12.50"), Decimal("1000000.00")], pa.decimal128(20, 2)),
            "local": pa.array([datetime(2011, 7, 10, 8, 26), None], pa.timestamp("ns")),  # noqa: DTZ001
            "instant": pa.array([datetime(2011, 7, 10, 8, 26, tzinfo=UTC)] * 2, pa.timestamp("ms", tz="UTC")),
            "day": pa.array([date(2011, 7, 10)] * 2),
            "list": pa.array([[1], []]),
            "choice": pa.array(["x", "y"]).dictionary_encode(),
        }
    )
    pq.write_table(table, path)
    file = ParquetFile(path)
    assert [(row.line, row.values) for row in file.rows()] == [
        (
            1,
            [
                "12",
                "12.50",
                "2011-07-10 08:26:00.000000000",
                "2011-07-10 08:26:00.000Z",
                "2011-07-10",
                "[1]",
                "x",
            ],
        ),
        (2, ["", "1000000.00", "", "2011-07-10 08:26:00.000Z", "2011-07-10", "[]", "y"]),
    ]
    assert file.lines == 2


def test_floating_point_columns_are_known(tmp_path: Path):
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"a": [1.5], "b": [1]}), path)
    assert ParquetFile(path).inexact == {"a"}


def test_columns_are_found_by_name_by_map_and_by_constant():
    header = ["transaction_id", "customer", "occurred_at", "pence", "kind"]
    columns = resolve_columns(
        PURCHASES,
        header,
        frozenset(),
        Request({"member_id": "customer", "service_minor": "pence"}, {"treatments": "1"}, {"kind": "sale"}),
    )
    assert columns.fields == {"transaction_id": 0, "occurred_at": 2, "member_id": 1, "service_minor": 3}
    assert [columns.counts(["", "", "", "", kind]) for kind in ("sale", "refund")] == [True, False]


def test_every_mistake_about_columns_is_told_at_once():
    mistakes = mistakes_of(
        ["transaction_id", "member_id", "member_id", "price"],
        frozenset(["price"]),
        columns={"service_minor": "price", "colour": "price", "occurred_at": "when"},
        constants={"service_minor": "5"},
        conditions={"state": "paid"},
    )
    told = "\n".join(mistakes)
    assert "'colour' is no field" in told
    assert "'service_minor' is both mapped and set" in told
    assert "no column 'when'" in told
    assert "no column 'state'" in told
    assert "'member_id' more than once" in told
    assert "'price' holds floating-point numbers" in told


def test_a_field_that_nothing_fills_is_told():
    assert mistakes_of(["transaction_id", "occurred_at"]) == [
        "no column fills member_id: name one by --map member_id=COLUMN",
        "no column fills service_minor or addon_minor or product_minor or package_minor: "
        "name one by --map service_minor=COLUMN",
    ]


def test_the_kind_is_told_by_the_name_of_the_file():
    assert kind_of(Path("in/Members_2026.csv")) is Kind.MEMBERS
    assert kind_of(Path("purchases.parquet")) is Kind.PURCHASES
    with pytest.raises(BadFile, match="--as members or --as purchases"):
        kind_of(Path("export.csv"))
