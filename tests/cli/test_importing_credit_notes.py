"""`carat import --credit-notes`: rows are sent as what they are, those of a member in their order."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from carat.points.v1 import points_service_pb2 as points
from carat.points.v1 import reversal_pb2
from carat.points.v1.purchase_pb2 import PURCHASE_STATE_PENDING, PURCHASE_STATE_POSTED, Purchase
from services.cli.importing.crediting import turns
from tests.cli.fake_services import FakePoints, served_points
from tests.cli.importing_trial import Cells, carat_import, counts, rejects_of, written

HEADER = ("transaction_id", "member_id", "occurred_at", "kind", "service_minor", "place")
OPTIONS = ("--credit-notes", "kind=credit_note", "--map", "property_id=place")


class CreditingPoints(FakePoints):
    """Takes credit notes of RM10 at most, and remembers what came in which order."""

    def __init__(self) -> None:
        super().__init__()
        self.notes: dict[str, reversal_pb2.CreditNote] = {}
        self.acts: dict[str, list[str]] = defaultdict(list)

    def BatchRecordPurchases(self, request: Any, context: Any) -> points.BatchRecordPurchasesResponse:
        for purchase in request.purchases:
            self.acts[purchase.member_id].append(purchase.transaction_id)
        return super().BatchRecordPurchases(request, context)

    def BatchRecordCreditNotes(
        self, request: Any, context: Any
    ) -> reversal_pb2.BatchRecordCreditNotesResponse:
        return reversal_pb2.BatchRecordCreditNotesResponse(
            results=[self._credit(note) for note in request.credit_notes]
        )

    def _credit(self, note: reversal_pb2.CreditNote) -> reversal_pb2.CreditNoteResult:
        self.acts[note.member_id].append(note.credit_note_id)
        if note.amounts.service_minor > 1_000:
            return reversal_pb2.CreditNoteResult(reason="POINTS_REASON_CREDIT_ABOVE_PURCHASES")
        replayed = note.credit_note_id in self.notes
        self.notes[note.credit_note_id] = note
        state = PURCHASE_STATE_PENDING if self.pending else PURCHASE_STATE_POSTED
        parts = [reversal_pb2.ReversalReceipt(state=state, replayed=replayed)] * 2
        return reversal_pb2.CreditNoteResult(receipts=parts)


@pytest.fixture
def crediting(monkeypatch: pytest.MonkeyPatch) -> Iterator[CreditingPoints]:
    service = CreditingPoints()
    with served_points(service) as address:
        monkeypatch.setenv("CARAT_POINTS_ADDRESS", address)
        yield service


def sale(number: int, member_id: str = "M1", kind: str = "purchase", minor: int = 100) -> Cells:
    return (f"T{number}", member_id, f"2011-01-01T00:{number % 60:02}:00", kind, minor, "app")


@pytest.mark.usefixtures("small_batches")
def test_purchases_and_credit_notes_of_a_member_arrive_in_the_order_of_the_file(
    crediting: CreditingPoints, tmp_path: Path
):
    rows = [
        sale(number, f"M{number % 7}", "credit_note" if number % 3 == 0 else "purchase")
        for number in range(300)
    ]
    told = counts(carat_import(written(tmp_path / "purchases.csv", rows, HEADER), *OPTIONS))
    assert told == {"read": 300, "recorded": 200, "credited": 100}
    expected = defaultdict(list)
    for transaction_id, member_id, *_ in rows:
        expected[member_id].append(transaction_id)
    assert crediting.acts == expected


def test_a_credit_note_says_what_a_purchase_would(crediting: CreditingPoints, tmp_path: Path):
    path = written(tmp_path / "purchases.csv", [sale(1), sale(2, kind="credit_note", minor=70)], HEADER)
    carat_import(path, *OPTIONS, "--set", "treatments=2")
    [note] = crediting.notes.values()
    assert (note.credit_note_id, note.member_id, note.treatments) == ("T2", "M1", 2)
    assert note.amounts.service_minor == 70
    assert note.occurred_at.ToJsonString() == "2011-01-01T00:02:00Z"


def test_a_repeated_import_credits_nothing(crediting: CreditingPoints, tmp_path: Path):
    path = written(tmp_path / "purchases.csv", [sale(1), sale(2, kind="credit_note")], HEADER)
    carat_import(path, *OPTIONS)
    assert counts(carat_import(path, *OPTIONS)) == {"read": 2, "already recorded": 2}


def test_a_pending_credit_note_counts_as_accepted(crediting: CreditingPoints, tmp_path: Path):
    crediting.pending = True
    path = written(tmp_path / "purchases.csv", [sale(1), sale(2, kind="credit_note")], HEADER)
    assert counts(carat_import(path, *OPTIONS)) == {"read": 2, "pending": 2}


def test_refused_credit_notes_are_told_with_line_and_reason(crediting: CreditingPoints, tmp_path: Path):
    rows = [sale(1), sale(2, kind="credit_note", minor=1_001), sale(3, kind="credit_note", minor=1_000)]
    path = written(tmp_path / "purchases.csv", rows, HEADER)
    assert counts(carat_import(path, *OPTIONS)) == {
        "read": 3,
        "recorded": 1,
        "credited": 1,
        "rejected": 1,
        "CREDIT_ABOVE_PURCHASES": 1,
    }
    assert [row[:3] for row in rejects_of(path)] == [
        [
            "3",
            "CREDIT_ABOVE_PURCHASES",
            "the credit note exceeds what is left of the member's purchases before it",
        ]
    ]


def test_without_the_option_no_row_is_a_credit_note(crediting: CreditingPoints, tmp_path: Path):
    path = written(tmp_path / "purchases.csv", [sale(1), sale(2, kind="credit_note")], HEADER)
    assert counts(carat_import(path)) == {"read": 2, "recorded": 2}


def test_only_files_of_purchases_have_credit_notes(crediting: CreditingPoints, tmp_path: Path):
    path = written(
        tmp_path / "members.csv", [("M1", "2011-01-01", "x")], ("member_id", "enrolled_on", "kind")
    )
    result = carat_import(path, "--credit-notes", "kind=x")
    assert result.exit_code != 0
    assert "--credit-notes tells which rows of a file of purchases are credit notes" in result.stderr


def test_the_column_that_marks_credit_notes_must_be_there(crediting: CreditingPoints, tmp_path: Path):
    path = written(tmp_path / "purchases.csv", [sale(1)], HEADER)
    assert "no column 'sort'" in carat_import(path, "--credit-notes", "sort=x").stderr


def test_a_batch_goes_in_as_few_turns_as_its_members_allow():
    def act(member_id: str, kind: str) -> Any:
        if kind == "note":
            return reversal_pb2.CreditNote(member_id=member_id)
        return Purchase(member_id=member_id)

    batch = [("A", "buy"), ("B", "note"), ("A", "note"), ("B", "buy"), ("C", "buy"), ("A", "buy")]
    assert turns([act(*each) for each in batch]) == [[0, 4], [1, 2], [3, 5]]
