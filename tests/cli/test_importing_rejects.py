"""Bad rows of an import stop nothing and are all told; a file that is not understood is not begun."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from carat.points.v1.points_service_pb2 import PurchaseResult
from carat.points.v1.purchase_pb2 import Purchase
from tests.cli.fake_services import FakePoints, served_points
from tests.cli.importing_trial import HEADER, carat_import, counts, purchases, rejects_of, written


def test_every_purchase_is_recorded_and_no_reject_file_is_left(fake_points: FakePoints, tmp_path: Path):
    path = written(tmp_path / "purchases.csv", purchases(2_500))
    assert counts(carat_import(path)) == {"read": 2_500, "recorded": 2_500}
    assert len(fake_points.recorded) == 2_500
    assert rejects_of(path) == []


@pytest.mark.usefixtures("small_batches")
def test_bad_rows_stop_nothing_and_are_listed_in_the_order_of_the_file(
    fake_points: FakePoints, tmp_path: Path
):
    rows = purchases(100)
    rows[3] = ("T3", "M1", "2011-01-01T00:00:00", "lots")
    rows[40] = ("T40", "M2", "2011-01-01T00:00:00", "-5")
    rows[41] = ("T41", "M2", "tomorrow", "5")
    rows[42] = ("T42", "M2")
    rows[43] = ("T2", "M2", "2011-01-01T00:00:00", "5")
    rows[44] = ("T44", "M" * 300, "2011-01-01T00:00:00", "5")
    path = written(tmp_path / "purchases.csv", rows)
    assert counts(carat_import(path)) == {
        "read": 100,
        "recorded": 94,
        "rejected": 6,
        "AMOUNT_MUST_BE_A_PLAIN_NUMBER": 1,
        "AMOUNT_MUST_BE_POSITIVE": 1,
        "ROW_MUST_FIT_HEADER": 1,
        "TEXT_TOO_LONG": 1,
        "TIME_MUST_BE_VALID": 1,
        "TRANSACTION_ID_REUSED": 1,
    }
    rejected = rejects_of(path)
    assert [row[:2] for row in rejected] == [
        ["5", "AMOUNT_MUST_BE_A_PLAIN_NUMBER"],
        ["42", "AMOUNT_MUST_BE_POSITIVE"],
        ["43", "TIME_MUST_BE_VALID"],
        ["44", "ROW_MUST_FIT_HEADER"],
        ["45", "TRANSACTION_ID_REUSED"],
        ["46", "TEXT_TOO_LONG"],
    ]
    assert rejected[0][2:] == [
        "service_minor: 'lots' is no plain number such as 1250 or 12.50",
        "T3",
        "M1",
        "2011-01-01T00:00:00",
        "lots",
    ]


@pytest.mark.usefixtures("small_batches")
def test_rejects_of_lanes_that_overtake_each_other_keep_the_order_of_the_file(
    fake_points: FakePoints, tmp_path: Path
):
    rows = purchases(4_000, members=97)
    bad = {number: "-5" if number % 2 else "five" for number in range(0, 4_000, 13)}
    changed = [(*row[:3], bad.get(number, row[3])) for number, row in enumerate(rows)]
    path = written(tmp_path / "purchases.csv", changed)
    assert counts(carat_import(path))["rejected"] == len(bad)
    assert [int(row[0]) for row in rejects_of(path)] == [number + 2 for number in bad]


def test_a_row_that_is_no_utf_8_is_rejected_as_it_was(fake_points: FakePoints, tmp_path: Path):
    path = tmp_path / "purchases.csv"
    path.write_bytes(b"transaction_id,member_id,occurred_at,service_minor\nT1,Zo\xeb,2011-01-01,5\n")
    assert counts(carat_import(path))["TEXT_MUST_BE_UTF_8"] == 1
    assert b"Zo\xeb" in (tmp_path / "purchases.csv.rejects.csv").read_bytes()


def test_a_corrected_reject_file_can_be_imported(fake_points: FakePoints, tmp_path: Path):
    path = written(tmp_path / "purchases.csv", [("T1", "M1", "2011-01-01", "5O")])
    carat_import(path)
    rejects = tmp_path / "purchases.csv.rejects.csv"
    corrected = tmp_path / "purchases-corrected.csv"
    corrected.write_text(rejects.read_text().replace(",5O", ",50"))
    assert counts(carat_import(corrected)) == {"read": 1, "recorded": 1}
    assert counts(carat_import(path))["rejected"] == 1


def test_rejects_of_an_earlier_import_do_not_stay(fake_points: FakePoints, tmp_path: Path):
    carat_import(written(tmp_path / "purchases.csv", [("T1", "M1", "2011-01-01", "five")]))
    path = written(tmp_path / "purchases.csv", [("T1", "M1", "2011-01-01", "5")])
    carat_import(path)
    assert rejects_of(path) == []


class PointsThatEnrols(FakePoints):
    """Refuses a purchase older than the first that arrived of its member, as the real service does for good."""

    def __init__(self) -> None:
        super().__init__()
        self.enrolled: dict[str, int] = {}

    def _record(self, purchase: Purchase) -> PurchaseResult:
        moment = purchase.occurred_at.seconds
        if moment < self.enrolled.setdefault(purchase.member_id, moment):
            return PurchaseResult(reason="POINTS_REASON_OCCURRED_BEFORE_ENROLMENT")
        return super()._record(purchase)


@pytest.fixture
def points_that_enrols(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with served_points(PointsThatEnrols()) as address:
        monkeypatch.setenv("CARAT_POINTS_ADDRESS", address)
        yield


@pytest.mark.usefixtures("points_that_enrols")
def test_a_file_sorted_newest_first_is_told_to_be_sorted(tmp_path: Path):
    result = carat_import(written(tmp_path / "purchases.csv", reversed(purchases(14))))
    assert counts(result)["OCCURRED_BEFORE_ENROLMENT"] == 7
    assert "Sort such a file by time, oldest first" in result.stdout


@pytest.mark.usefixtures("points_that_enrols")
def test_a_sorted_file_of_purchases_older_than_their_enrolment_is_not_told_to_be_sorted(tmp_path: Path):
    carat_import(written(tmp_path / "purchases.csv", purchases(14)[7:]))
    result = carat_import(written(tmp_path / "purchases-older.csv", purchases(7)))
    assert counts(result)["OCCURRED_BEFORE_ENROLMENT"] == 7
    assert "Sort" not in result.stdout


def test_a_file_that_goes_back_in_time_and_loses_nothing_is_not_told_to_be_sorted(
    fake_points: FakePoints, tmp_path: Path
):
    assert "Sort" not in carat_import(written(tmp_path / "purchases.csv", reversed(purchases(14)))).stdout


@pytest.mark.parametrize(
    ("header", "options", "mistake"),
    [
        (("transaction_id", "member_id", "occurred_at"), [], "no column fills service_minor"),
        (HEADER, ["--map", "member_id=customer"], "no column 'customer'"),
        (HEADER, ["--where", "kind=sale"], "no column 'kind'"),
        (HEADER, ["--set", "treatments=one"], "--set treatments: 'one' is no whole number"),
        (HEADER, ["--set", "treatments"], "write --set NAME=VALUE"),
        (HEADER, ["--map", "member_id=a", "--map", "member_id=b"], "--map names member_id twice"),
        (HEADER, ["--time-zone", "Mars/Olympus"], "no IANA time zone"),
        (HEADER, ["--rejects", "/proc/nowhere/rejects.csv"], "cannot be written to"),
    ],
)
def test_nothing_is_sent_of_a_file_that_is_not_understood(
    fake_points: FakePoints, tmp_path: Path, header: tuple[str, ...], options: list[str], mistake: str
):
    path = written(tmp_path / "purchases.csv", [row[: len(header)] for row in purchases(3)], header)
    result = carat_import(path, *options)
    assert result.exit_code == 1
    assert "nothing was sent" in result.stderr
    assert mistake in result.stderr.replace("\n", " ")
    assert fake_points.batches == []


def test_a_file_is_never_its_own_reject_file(fake_points: FakePoints, tmp_path: Path):
    path = written(tmp_path / "purchases.csv", purchases(3))
    assert carat_import(path, "--rejects", str(path)).exit_code == 1
    assert path.exists()
