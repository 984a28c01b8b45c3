"""A file of purchases and credit notes through the real services: imported, repeated, verified."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from carat.points.v1.points_service_pb2 import CountPendingRequest, GetBalanceRequest, ListEntriesRequest
from services.cli.connections import connect
from tests.cli.importing_trial import Cells, counts_said, rejects_of, written
from tests.cli.launching import Launched, folder_for_postgres

PROGRAM = Path(__file__).parents[2] / "deploy" / "programs" / "engage.yaml"
HEADER = ("transaction_id", "member_id", "occurred_at", "kind", "amount_pence")
ROWS = 1_500
MEMBERS = 60


@pytest.fixture(scope="module")
def carat() -> Iterator[Launched]:
    with folder_for_postgres() as folder:
        launched = Launched(folder / "data")
        applied = launched.carat("apply", str(PROGRAM))
        assert applied.returncode == 0, applied.stderr
        yield launched
        launched.stop()


def a_year() -> list[Cells]:
    """Purchases and credit notes of a year by time, some over more than was bought, some of who never bought."""
    chance = random.Random(31)
    begin = datetime(2025, 1, 1, tzinfo=UTC)
    return [
        (
            f"I{number}",
            f"year-{chance.randrange(MEMBERS)}",
            f"{begin + timedelta(hours=5 * number):%Y-%m-%dT%H:%M:00}",
            "credit_note" if chance.random() < 0.2 else "purchase",
            chance.randrange(100, 5_000),
        )
        for number in range(ROWS)
    ]


def refused(rows: list[Cells]) -> list[tuple[int, str]]:
    """The lines of credit notes that are refused, by one sum a member."""
    left: Counter[str] = Counter()
    known: set[str] = set()
    lines = []
    for line, (_, member, _, kind, pence) in enumerate(rows, start=2):
        if kind == "purchase":
            known.add(str(member))
            left[str(member)] += int(pence)
        elif member not in known:
            lines.append((line, "MEMBER_UNKNOWN"))
        elif int(pence) > left[str(member)]:
            lines.append((line, "CREDIT_ABOVE_PURCHASES"))
        else:
            left[str(member)] -= int(pence)
    return lines


def imported(carat: Launched, path: Path) -> dict[str, int]:
    options = ["--map", "service_minor=amount_pence", "--credit-notes", "kind=credit_note"]
    result = carat.carat("import", str(path), "--as", "purchases", *options)
    assert result.returncode == 0, result.stderr
    return counts_said(result.stdout)


def test_a_year_with_credit_notes_runs_through_and_every_promise_holds(carat: Launched, tmp_path: Path):
    rows = a_year()
    path = written(tmp_path / "export.csv", rows, HEADER)
    expected = refused(rows)
    notes = sum(row[3] == "credit_note" for row in rows)
    first = imported(carat, path)
    assert (first["recorded"], first["credited"]) == (ROWS - notes, notes - len(expected))
    assert [(int(row[0]), row[1]) for row in rejects_of(path)] == expected
    again = imported(carat, path)
    assert again["already recorded"] == ROWS - len(expected)
    assert not {"recorded", "credited", "pending"} & again.keys()
    verified = carat.carat("verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    entries_add_up(carat)


def entries_add_up(carat: Launched) -> None:
    """Each member's entries are the balance, and no purchase gave back more than it gave."""
    with connect(carat.settings) as connections:
        counts = connections.points.CountPending(CountPendingRequest())
        assert (counts.pending, counts.pending_reversals, counts.refused) == (0, 0, 0)
        for number in range(MEMBERS):
            member_id = f"year-{number}"
            entries = connections.points.ListEntries(
                ListEntriesRequest(member_id=member_id, page_size=1_000)
            ).entries
            by_purchase: dict[str, int] = defaultdict(int)
            for entry in entries:
                by_purchase[entry.related_id or entry.transaction_id] += entry.points
            assert min(by_purchase.values()) >= 0
            balance = connections.points.GetBalance(GetBalanceRequest(member_id=member_id)).balance
            assert balance == sum(entry.points for entry in entries) == sum(by_purchase.values())
