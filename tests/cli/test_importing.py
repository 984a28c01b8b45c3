"""`carat import`: every row is sent once, in order, as it was meant."""

from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.cli.fake_services import FakePoints, FakeTier
from tests.cli.importing_trial import (
    HEADER,
    carat_import,
    counts,
    orders_by_member,
    purchases,
    written,
)


def test_a_repeated_import_records_nothing(fake_points: FakePoints, tmp_path: Path):
    path = written(tmp_path / "purchases.csv", purchases(50))
    carat_import(path)
    assert counts(carat_import(path)) == {"read": 50, "already recorded": 50}


@pytest.mark.usefixtures("small_batches")
def test_the_purchases_of_a_member_arrive_in_the_order_of_the_file(fake_points: FakePoints, tmp_path: Path):
    rows = purchases(500, members=23)
    carat_import(written(tmp_path / "purchases.csv", rows))
    expected = defaultdict(list)
    for transaction_id, member_id, *_ in rows:
        expected[member_id].append(transaction_id)
    assert orders_by_member(fake_points) == expected
    assert max(fake_points.batches) == 10


def test_a_pending_purchase_counts_as_accepted(fake_points: FakePoints, tmp_path: Path):
    fake_points.pending = True
    assert counts(carat_import(written(tmp_path / "purchases.csv", purchases(3)))) == {
        "read": 3,
        "pending": 3,
    }


def test_columns_constants_conditions_and_units_are_as_told(fake_points: FakePoints, tmp_path: Path):
    header = ("no", "customer", "occurred_at", "price", "kind")
    rows = [
        ("1", "M1", "2011-07-10T08:00:00", "12.50", "sale"),
        ("2", "M1", "2011-07-10T09:00:00", "5", "refund"),
    ]
    path = written(tmp_path / "export.csv", rows, header)
    maps = ("transaction_id=no", "member_id=customer", "product_minor=price")
    options = [option for pair in maps for option in ("--map", pair)]
    options += [
        "--as",
        "purchases",
        "--set",
        "treatments=1",
        "--set",
        "service_minor=1",
        "--where",
        "kind=sale",
    ]
    options += ["--amount-unit", "major", "--time-zone", "Asia/Kuala_Lumpur"]
    assert counts(carat_import(path, *options)) == {"read": 2, "recorded": 1, "left aside": 1}
    [purchase] = fake_points.order
    assert (purchase.transaction_id, purchase.member_id, purchase.treatments) == ("1", "M1", 1)
    assert (purchase.amounts.product_minor, purchase.amounts.service_minor) == (1250, 100)
    assert purchase.occurred_at.ToJsonString() == "2011-07-10T00:00:00Z"


def test_local_times_are_of_the_programs_zone(fake_points: FakePoints, tmp_path: Path):
    carat_import(written(tmp_path / "purchases.csv", [("1", "M1", "2011-07-10T08:00:00", 100)]))
    assert fake_points.order[0].occurred_at.ToJsonString() == "2011-07-10T07:00:00Z"


def test_parquet_and_csv_say_the_same(fake_points: FakePoints, tmp_path: Path):
    rows = purchases(20)
    carat_import(written(tmp_path / "purchases.csv", rows))
    path = tmp_path / "purchases.parquet"
    columns: dict[str, Any] = dict(zip(HEADER, zip(*rows, strict=True), strict=True))
    columns["service_minor"] = [Decimal(amount) / 100 for amount in columns["service_minor"]]
    pq.write_table(pa.table(columns), path)
    assert counts(carat_import(path, "--amount-unit", "major")) == {"read": 20, "already recorded": 20}


def test_the_same_row_twice_is_recorded_once(fake_points: FakePoints, tmp_path: Path):
    [row] = purchases(1)
    path = written(tmp_path / "purchases.csv", [row, row])
    assert counts(carat_import(path)) == {"read": 2, "recorded": 1, "already recorded": 1}


def test_members_are_enrolled_once(fake_tier: FakeTier, tmp_path: Path):
    header = ("member_id", "joined", "birthday", "beta")
    rows = [
        ("M1", "2011-01-01", "1970-02-28", "blue"),
        ("M2", "2011-01-02", "", ""),
        ("M3", "2011-02-30", "", ""),
        ("M1", "2011-01-05", "", ""),
        ("M4", "", "", ""),
    ]
    path = written(tmp_path / "members.csv", rows, header)
    options = ["--map", "enrolled_on=joined", "--map", "tier_system=beta"]
    rejected = {"rejected": 3, "DATE_MUST_BE_VALID": 2, "MEMBER_ALREADY_ENROLLED": 1}
    assert counts(carat_import(path, *options)) == {"read": 5, "recorded": 2} | rejected
    assert counts(carat_import(path, *options)) == {"read": 5, "already recorded": 2} | rejected
    assert fake_tier.members["M1"].birthday.day == 28
    assert fake_tier.members["M1"].tier_system == "blue"
    assert not fake_tier.members["M2"].HasField("birthday")


def test_members_need_a_day_of_enrolment(fake_tier: FakeTier, tmp_path: Path):
    path = written(tmp_path / "members.csv", [("M1",)], ("member_id",))
    assert "no column fills enrolled_on" in carat_import(path).stderr
    assert counts(carat_import(path, "--set", "enrolled_on=2011-01-01")) == {"read": 1, "recorded": 1}
