"""Files through the real services: imported, broken off, repeated, verified, looked at."""

import json
import random
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from carat.points.v1.points_service_pb2 import GetBalanceRequest
from services.cli.connections import connect
from services.runtime.boot import database_name
from services.runtime.postgres import EmbeddedPostgres
from tests.cli.importing_trial import Cells, counts_said, rejects_of, written
from tests.cli.launching import COMMAND, Launched, folder_for_postgres
from tests.cli.waiting import environment_for_children, eventually
from tests.faults.gates import Gate, no_changes_to

PROGRAM = Path(__file__).parents[2] / "deploy" / "programs" / "engage.yaml"
HEADER = ("transaction_id", "member_id", "occurred_at", "kind", "pence", "place")
MEMBERS = 300


@pytest.fixture(scope="module")
def carat() -> Iterator[Launched]:
    with folder_for_postgres() as folder:
        launched = Launched(folder / "data")
        applied = launched.carat("apply", str(PROGRAM))
        assert applied.returncode == 0, applied.stderr
        yield launched
        launched.stop()


def sales(prefix: str, count: int) -> list[Cells]:
    """A year of sales with a few credit notes, by time; the same for every prefix."""
    chance = random.Random(7)
    begin = datetime(2025, 1, 1, tzinfo=UTC)
    minutes = sorted(chance.randrange(365 * 1440) for _ in range(count))
    return [
        (
            f"{prefix}-{number}",
            f"{prefix}-{chance.randrange(MEMBERS)}",
            f"{begin + timedelta(minutes=minute):%Y-%m-%dT%H:%M:00}",
            "credit_note" if chance.random() < 0.05 else "purchase",
            chance.randrange(100, 2_000),
            chance.choice(["", "app", "web"]),
        )
        for number, minute in enumerate(minutes)
    ]


def words(path: Path) -> list[str]:
    maps = ["--map", "service_minor=pence", "--map", "property_id=place"]
    return ["import", str(path), "--as", "purchases", *maps, "--where", "kind=purchase"]


def imported(carat: Launched, path: Path) -> dict[str, int]:
    result = carat.carat(*words(path))
    assert result.returncode == 0, result.stderr
    return counts_said(result.stdout)


def balances(carat: Launched, prefix: str) -> list[int]:
    with connect(carat.settings) as connections:
        return [
            connections.points.GetBalance(GetBalanceRequest(member_id=f"{prefix}-{number}")).balance
            for number in range(MEMBERS)
        ]


def ledger(carat: Launched) -> psycopg.Connection:
    url = EmbeddedPostgres(carat.data_dir).start().libpq_url(database_name("points"))
    return psycopg.connect(url, autocommit=True)


def purchases_recorded(carat: Launched, prefix: str) -> int:
    with ledger(carat) as connection:
        found = connection.execute("SELECT count(*) FROM entry WHERE member_id LIKE %s", [f"{prefix}-%"])
        return int(found.fetchall()[0][0])


@contextmanager
def nothing_posted_for(carat: Launched, member_id: str) -> Iterator[Gate]:
    """Keeps a member's account as it is for a while: whoever brings purchases of the member waits."""
    url = EmbeddedPostgres(carat.data_dir).start().url(database_name("points"))
    account = f"SELECT 1 FROM account WHERE member_id = '{member_id}'"
    with no_changes_to(sa.create_engine(url, poolclass=sa.NullPool), account) as gate:
        yield gate


@contextmanager
def tampered(carat: Launched, change: str, undo: str) -> Iterator[None]:
    """The ledger's database with something wrong in it, for a while."""
    with ledger(carat) as connection:
        connection.execute(change.encode())
        try:
            yield
        finally:
            connection.execute(undo.encode())


def test_a_year_of_sales_runs_through_and_every_promise_holds(carat: Launched, tmp_path: Path):
    rows = sales("year", 3_000)
    path = written(tmp_path / "export.csv", rows, HEADER)
    notes = sum(row[3] == "credit_note" for row in rows)
    assert imported(carat, path) == {"read": 3_000, "recorded": 3_000 - notes, "left aside": notes}
    assert imported(carat, path) == {"read": 3_000, "already recorded": 3_000 - notes, "left aside": notes}
    verified = carat.carat("verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr


def test_an_import_killed_halfway_and_repeated_ends_like_its_undisturbed_twin(
    carat: Launched, tmp_path: Path
):
    rows = sales("killed", 8_000)
    path = written(tmp_path / "killed.csv", rows, HEADER)
    first, member_id = rows[0], str(rows[0][1])
    assert imported(carat, written(tmp_path / "first.csv", [first], HEADER))["recorded"] == 1
    with nothing_posted_for(carat, member_id) as gate:
        process = subprocess.Popen(
            [*COMMAND, *words(path)],
            env=environment_for_children() | carat.variables,
            stderr=subprocess.DEVNULL,
        )
        gate.wait_for(1)
        eventually(lambda: purchases_recorded(carat, "killed") > 1)
        process.kill()
        process.wait()
    again = imported(carat, path)
    assert again["already recorded"] > 1
    assert again["recorded"] > 0
    imported(carat, written(tmp_path / "twin.csv", sales("twin", 8_000), HEADER))
    assert carat.carat("verify").returncode == 0
    assert balances(carat, "killed") == balances(carat, "twin")


def test_opening_balances_are_posted_once_and_count_beside_what_was_bought(carat: Launched, tmp_path: Path):
    bought: list[Cells] = [("brought-0", "brought", "2025-03-01T12:00:00", "purchase", "500", "")]
    imported(carat, written(tmp_path / "export.csv", bought, HEADER))
    rows: list[Cells] = [
        ("brought-1", "brought", 300, "2024-12-31"),
        ("brought-2", "brought", 40, ""),
        ("brought-3", "who-never-came", 1, ""),
    ]
    path = written(tmp_path / "balances.csv", rows, ("transaction_id", "member_id", "points", "earned_on"))
    said = [counts_said(carat.carat("import", str(path)).stdout) for _ in range(2)]
    assert (said[0]["recorded"], said[1]["already recorded"]) == (2, 2)
    assert [row[:2] for row in rejects_of(path)] == [["4", "MEMBER_UNKNOWN"]]
    with connect(carat.settings) as connections:
        balance = connections.points.GetBalance(GetBalanceRequest(member_id="brought"))
    assert balance.balance == balance.lifetime_earned + 340
    assert carat.carat("verify").returncode == 0


def test_each_kind_of_bad_row_is_rejected_for_its_own_reason(carat: Launched, tmp_path: Path):
    late = f"{datetime.now(UTC) + timedelta(days=2):%Y-%m-%dT%H:%M:%S}"
    good = ("bad-0", "bad-member", "2025-03-01T12:00:00", "purchase", "500", "app")
    changes: list[tuple[dict[int, str], str]] = [
        ({4: "five"}, "AMOUNT_MUST_BE_A_PLAIN_NUMBER"),
        ({4: "5.00"}, "DECIMALS_ABOVE_LIMIT"),
        ({4: "-500"}, "AMOUNT_MUST_NOT_BE_NEGATIVE"),
        ({4: "0"}, "AMOUNT_MUST_BE_POSITIVE"),
        ({4: ""}, "AMOUNT_MUST_BE_POSITIVE"),
        ({4: "1000000000001"}, "AMOUNT_ABOVE_LIMIT"),
        ({0: ""}, "TRANSACTION_ID_MUST_BE_PRINTABLE"),
        ({1: ""}, "MEMBER_ID_MUST_BE_PRINTABLE"),
        ({1: "two words"}, "MEMBER_ID_MUST_BE_PRINTABLE"),
        ({2: "1 March"}, "TIME_MUST_BE_VALID"),
        ({2: ""}, "TIME_MUST_BE_VALID"),
        ({2: late}, "OCCURRED_AT_MUST_NOT_BE_IN_FUTURE"),
        ({2: "2025-02-28T12:00:00"}, "OCCURRED_BEFORE_ENROLMENT"),
        ({5: "kiosk"}, "PROPERTY_UNKNOWN"),
        ({0: "bad-0"}, "TRANSACTION_ID_REUSED"),
    ]
    rows: list[Cells] = [good]
    for number, (change, _) in enumerate(changes, start=1):
        row = (f"bad-{number}", *good[1:4], str(500 + number), good[5])
        rows.append(tuple(change.get(place, cell) for place, cell in enumerate(row)))
    rows.append(("bad-last", *good[1:]))
    path = written(tmp_path / "export.csv", rows, HEADER)
    said = imported(carat, path)
    assert (said["recorded"], said["rejected"]) == (2, len(changes))
    assert [row[:2] for row in rejects_of(path)] == [
        [str(line), reason] for line, (_, reason) in enumerate(changes, start=3)
    ]


def test_a_member_is_shown_with_reasons(carat: Launched, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COLUMNS", "200")
    bought: list[Cells] = [
        ("shown-1", "shown", "2025-03-03T10:00:00", "purchase", "6000", ""),
        ("shown-2", "shown", "2025-03-04T10:00:00", "purchase", "1500", "app"),
    ]
    imported(carat, written(tmp_path / "export.csv", bought, HEADER))
    shown = carat.carat("member", "show", "shown", "--as-of", "2025-03-05")
    assert shown.returncode == 0, shown.stderr
    said = " ".join(shown.stdout.split())
    for text in (
        "Member shown as of 2025-03-05",
        "Bronze of engage, since 2025-03-03",
        "Earns ×1.5 points",
        "GBP 75.00, 105 points",
        "25 points (reached)",
        "150 points (45 missing)",
        "Next review 2025-03-31",
        "105 ENGAGE-POINTS",
        "Blue to Bronze",
        "15 ×1.5 Bronze ×2 property",
    ):
        assert text in said


def test_a_member_is_shown_to_machines(carat: Launched, tmp_path: Path):
    bought: list[Cells] = [("machine-1", "machine", "2025-03-03T10:00:00", "purchase", "6000", "")]
    imported(carat, written(tmp_path / "export.csv", bought, HEADER))
    told: dict[str, Any] = json.loads(
        carat.carat("member", "show", "machine", "--as-of", "2025-03-05", "--json").stdout
    )
    assert told["standing"]["level"] == "bronze"
    assert [move["reason"] for move in told["standing"]["latest_moves"]] == ["THRESHOLD_REACHED", "ENROLLED"]
    assert told["balance"]["balance"] == told["entries"][0]["points"] == 60
    assert told["entries"][0]["receipt"]["state"] == "POSTED"


def test_an_unknown_member_is_told_in_one_line(carat: Launched):
    shown = carat.carat("member", "show", "nobody")
    assert shown.returncode == 1
    assert "MEMBER_UNKNOWN" in shown.stderr


def test_a_balance_that_was_tampered_with_is_found_with_its_member(carat: Launched, tmp_path: Path):
    bought: list[Cells] = [("tamper-1", "tampered", "2025-03-03T10:00:00", "purchase", "6000", "")]
    imported(carat, written(tmp_path / "export.csv", bought, HEADER))
    update = "UPDATE account SET balance = balance {} 1 WHERE member_id = 'tampered'"
    with tampered(carat, update.format("+"), update.format("-")):
        verified = carat.carat("verify")
    assert verified.returncode == 1
    assert "Broken: A balance is the sum of the member's entries\n  tampered" in verified.stdout


def test_an_entry_that_vanished_is_found_by_comparing_services(carat: Launched, tmp_path: Path):
    bought: list[Cells] = [("vanish-1", "vanished", "2025-03-03T10:00:00", "purchase", "6000", "")]
    imported(carat, written(tmp_path / "export.csv", bought, HEADER))
    update = "UPDATE entry SET multiplied_points = multiplied_points {} 1 WHERE member_id = 'vanished'"
    with tampered(carat, update.format("-"), update.format("+")):
        verified = carat.carat("verify")
    assert verified.returncode == 1
    assert "Broken: What Tier granted is in the ledger, shard by shard" in verified.stdout
