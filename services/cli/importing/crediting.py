"""Files that hold credit notes among the purchases: each row is what it is, and each member's keep their order."""

from collections.abc import Callable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from carat.points.v1.points_service_pb2_grpc import PointsServiceStub
from carat.points.v1.purchase_pb2 import PURCHASE_STATE_PENDING, Purchase
from carat.points.v1.reversal_pb2 import BatchRecordCreditNotesRequest, CreditNote
from services.cli.importing.building import credit_note_builder, purchase_builder
from services.cli.importing.layouts import Columns
from services.cli.importing.sending import Outcome, State, points_reason, purchase_sender
from services.cli.importing.values import AmountUnit
from services.cli.patience import Patience

Sale = Purchase | CreditNote


class SaleBuilder:
    """Makes a purchase or a credit note of a row, as its columns say."""

    def __init__(self, columns: Columns, unit: AmountUnit, zone: ZoneInfo) -> None:
        self._columns = columns
        self._purchases = purchase_builder(columns, unit, zone)
        self._notes = credit_note_builder(columns, unit, zone)

    def key(self, sale: Sale) -> str:
        """The id: purchases and credit notes share none."""
        return sale.transaction_id if isinstance(sale, Purchase) else sale.credit_note_id

    def moment(self, sale: Sale) -> int:
        """When it happened."""
        return sale.occurred_at.seconds

    def build(self, values: Sequence[str]) -> Sale:
        """The message of one row; raises BadRow, which names the field."""
        is_note = self._columns.are_a_credit_note(values)
        return self._notes.build(values) if is_note else self._purchases.build(values)


def sale_sender(stub: PointsServiceStub, patience: Patience) -> Callable[[Sequence[Sale]], list[Outcome]]:
    """Sends purchases and credit notes to the Points service, those of one member in their order."""
    send_purchases = purchase_sender(stub, patience)

    def send_notes(notes: Sequence[CreditNote]) -> list[Outcome]:
        request = BatchRecordCreditNotesRequest(credit_notes=notes)
        results = patience.call(stub.BatchRecordCreditNotes, request).results
        return [_note_outcome(result) for result in results]

    def send(sales: Sequence[Sale]) -> list[Outcome]:
        outcomes: dict[int, Outcome] = {}
        for rows in turns(sales):
            purchases = [sale for row in rows if isinstance(sale := sales[row], Purchase)]
            notes = [sale for row in rows if isinstance(sale := sales[row], CreditNote)]
            answers = send_purchases(purchases) if purchases else send_notes(notes)
            outcomes |= zip(rows, answers, strict=True)
        return [outcomes[row] for row in range(len(sales))]

    return send


def turns(sales: Sequence[Sale]) -> list[list[int]]:
    """Rows that can go at once: purchases and credit notes in turn, as few turns as the members' order allows."""
    rows: list[list[int]] = []
    turn_of: dict[str, int] = {}
    for row, sale in enumerate(sales):
        turn = turn_of.get(sale.member_id, 0)
        turn += turn % 2 != isinstance(sale, CreditNote)
        turn_of[sale.member_id] = turn
        rows.extend([] for _ in range(turn + 1 - len(rows)))
        rows[turn].append(row)
    return [each for each in rows if each]


def _note_outcome(result: Any) -> Outcome:
    if result.reason:
        return Outcome(State.REFUSED, points_reason(result.reason))
    if all(receipt.replayed for receipt in result.receipts):
        return Outcome(State.ALREADY_RECORDED)
    pending = any(receipt.state == PURCHASE_STATE_PENDING for receipt in result.receipts)
    return Outcome(State.PENDING if pending else State.CREDITED)
