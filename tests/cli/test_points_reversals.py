"""`carat points reverse`: what is asked, and what is shown."""

from collections.abc import Iterator
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from typer.testing import CliRunner, Result

from carat.points.v1 import points_service_pb2, purchase_pb2, reversal_pb2
from carat.tier.v1.program_pb2 import Program
from services.cli.app import app
from tests.cli.fake_services import Unbuilt, served_points

PROGRAM = Program(currency="MYR", time_zone="Asia/Kuala_Lumpur")
POSTED, PENDING = purchase_pb2.PURCHASE_STATE_POSTED, purchase_pb2.PURCHASE_STATE_PENDING
MIDNIGHT_OF_15_JULY = Timestamp(seconds=1_784_044_800)


class Till(Unbuilt):
    """Takes refunds back as it is told to, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[reversal_pb2.PurchaseReversal] = []
        self.receipt = reversal_pb2.ReversalReceipt(state=POSTED, transaction_id="[b]T1", points=1_200)

    def GetPolicy(self, _request: Any, _context: Any) -> points_service_pb2.GetPolicyResponse:
        return points_service_pb2.GetPolicyResponse(program=PROGRAM)

    def ReversePurchase(self, request: Any, _context: Any) -> reversal_pb2.ReversePurchaseResponse:
        self.asked.append(request.reversal)
        return reversal_pb2.ReversePurchaseResponse(receipt=self.receipt)


@pytest.fixture
def till(monkeypatch: pytest.MonkeyPatch) -> Iterator[Till]:
    service = Till()
    with served_points(service) as address:
        monkeypatch.setenv("CARAT_POINTS_ADDRESS", address)
        monkeypatch.setenv("CARAT_FIXED_NOW", "2026-07-15T04:00:00Z")
        yield service


def carat(*words: str) -> Result:
    return CliRunner().invoke(app, ("points", "reverse", *words), env={"COLUMNS": "200"})


def test_all_of_a_purchase_is_refunded_today(till: Till) -> None:
    assert carat("T1", "--everything", "--request-id", "V1").stdout == "[b]T1: 1,200 points taken back\n"
    assert till.asked == [
        reversal_pb2.PurchaseReversal(
            reversal_id="V1",
            transaction_id="T1",
            everything=True,
            occurred_at=MIDNIGHT_OF_15_JULY,
            amounts=purchase_pb2.Amounts(),
        )
    ]


def test_a_part_is_named_in_units_of_the_currency_and_in_treatments(till: Till) -> None:
    carat("T1", "--service", "12.50", "--package", "100", "--treatments", "2", "--on", "2026-07-14")
    [asked] = till.asked
    assert asked.amounts == purchase_pb2.Amounts(service_minor=1_250, package_minor=10_000)
    assert (asked.treatments, asked.everything) == (2, False)
    assert asked.occurred_at.seconds == MIDNIGHT_OF_15_JULY.seconds - 86_400


def test_what_else_a_refund_took_is_told(till: Till) -> None:
    till.receipt.MergeFrom(
        reversal_pb2.ReversalReceipt(
            treatment_bonus=200,
            referral_bonus=3_000,
            level_after="crystal",
            move_reason="PROMOTION_UNDONE",
            replayed=True,
        )
    )
    assert carat("T1", "--everything").stdout == (
        "[b]T1: 1,200 points taken back, 200 of them for treatments, and 3,000 from who brought the member; "
        "crystal now: promotion undone by a reversal, as recorded before\n"
    )


def test_a_refund_that_waits_for_tier_says_so(till: Till) -> None:
    till.receipt.state = PENDING
    assert (
        "the refund is accepted; its points are taken back by themselves"
        in carat("T1", "--everything").stdout
    )


@pytest.mark.parametrize("amount", ["ten", "1.234", "1,50"])
def test_an_amount_that_is_none_is_a_mistake_in_the_arguments(till: Till, amount: str) -> None:
    assert carat("T1", "--service", amount).exit_code == 2
    assert till.asked == []
