"""`carat points`: balances and payments by points; what is asked, and what is shown."""

import json
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date
from typer.testing import CliRunner, Result

from carat.points.v1 import points_service_pb2 as points
from carat.points.v1 import redemption_pb2
from carat.tier.v1.program_pb2 import Program
from services.cli.app import app
from services.cli.points.balances import balance_lines
from services.points.refusals import Reason
from tests.cli.fake_services import Unbuilt, refused, served_points

PROGRAM = Program(code="LUXE", currency="MYR", time_zone="Asia/Kuala_Lumpur", points_currency="LUXE-POINTS")
HELD_UNTIL = Timestamp(seconds=1_784_090_400)
HELD = redemption_pb2.Redemption(
    redemption_id="[b]R1",
    member_id="M1",
    points=200,
    value_minor=2_000,
    state="REDEMPTION_STATE_AUTHORISED",
    expires_at=HELD_UNTIL,
)
TAKEN = redemption_pb2.Redemption(
    redemption_id="R1",
    member_id="M1",
    pool_id="smiths",
    points=200,
    value_minor=2_000,
    state="REDEMPTION_STATE_CAPTURED",
    expires_at=HELD_UNTIL,
    captured_points=100,
    captured_value_minor=1_000,
    reversed_points=1,
)
BALANCE = points.GetBalanceResponse(
    balance=1_500,
    lifetime_earned=2_000,
    pending_purchases=1,
    available=1_000,
    held=200,
    maturing=300,
    next_expiry_on=Date(year=2027, month=1, day=31),
    next_expiry_points=50,
    available_value_minor=10_000,
)
ANSWERS = {
    "GetPolicy": points.GetPolicyResponse(program=PROGRAM),
    "GetBalance": BALANCE,
    "RedeemPoints": redemption_pb2.RedeemPointsResponse(redemption=TAKEN),
    "AuthoriseRedemption": redemption_pb2.AuthoriseRedemptionResponse(redemption=HELD),
    "CaptureRedemption": redemption_pb2.CaptureRedemptionResponse(redemption=TAKEN),
    "CancelRedemption": redemption_pb2.CancelRedemptionResponse(redemption=TAKEN, replayed=True),
    "ReverseRedemption": redemption_pb2.ReverseRedemptionResponse(redemption=TAKEN, points=1),
    "GetRedemption": redemption_pb2.GetRedemptionResponse(redemption=HELD),
}
TAKEN_TEXT = (
    "R1: M1 from pool smiths, 200 points worth MYR 20.00, captured with 100 points worth MYR 10.00, "
    "1 point given back"
)
HELD_TEXT = "[b]R1: M1, 200 points worth MYR 20.00, authorised until 2026-07-15T04:40:00Z"


class RedeemingPoints(Unbuilt):
    """Answers what payments ask, and keeps what it was asked; `refusing` refuses everything."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.refusing = False

    def __getattr__(self, call: str) -> Any:
        if call not in ANSWERS:
            return super().__getattr__(call)

        def answer(request: Any, context: grpc.ServicerContext) -> Any:
            if self.refusing:
                refused(context, Reason.BALANCE_TOO_LOW, "fewer points are available")
            if call != "GetPolicy":
                self.asked.append(request)
            return ANSWERS[call]

        return answer


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[RedeemingPoints]:
    service = RedeemingPoints()
    with served_points(service) as address:
        monkeypatch.setenv("CARAT_POINTS_ADDRESS", address)
        yield service


def carat_points(*words: str) -> Result:
    return CliRunner().invoke(app, ("points", *words), env={"COLUMNS": "200"})


@pytest.mark.parametrize(
    ("words", "request_made", "shown"),
    [
        (
            ("redeem", "M1", "200", "--pool", "smiths", "--id", "R1"),
            redemption_pb2.RedeemPointsRequest(
                redemption_id="R1", member_id="M1", pool_id="smiths", points=200
            ),
            TAKEN_TEXT,
        ),
        (
            ("authorise", "M1", "200", "--id", "R1"),
            redemption_pb2.AuthoriseRedemptionRequest(redemption_id="R1", member_id="M1", points=200),
            HELD_TEXT,
        ),
        (("capture", "R1"), redemption_pb2.CaptureRedemptionRequest(redemption_id="R1"), TAKEN_TEXT),
        (
            ("capture", "R1", "--points", "100"),
            redemption_pb2.CaptureRedemptionRequest(redemption_id="R1", points=100),
            TAKEN_TEXT,
        ),
        (
            ("cancel", "R1"),
            redemption_pb2.CancelRedemptionRequest(redemption_id="R1"),
            f"{TAKEN_TEXT} (it had been recorded before)",
        ),
        (
            ("refund", "R1", "--points", "1", "--id", "V1"),
            redemption_pb2.ReverseRedemptionRequest(reversal_id="V1", redemption_id="R1", points=1),
            TAKEN_TEXT,
        ),
        (("redemption", "R1"), redemption_pb2.GetRedemptionRequest(redemption_id="R1"), HELD_TEXT),
    ],
)
def test_a_payment_is_asked_for_and_told_in_one_line(
    service: RedeemingPoints, words: tuple[str, ...], request_made: Any, shown: str
) -> None:
    result = carat_points(*words)
    assert (result.exit_code, service.asked) == (0, [request_made])
    assert result.stdout == f"{shown}\n"


def test_a_payment_without_an_id_is_given_one_that_is_told_at_once(service: RedeemingPoints) -> None:
    result = carat_points("redeem", "M1", "200")
    [asked] = service.asked
    assert f"request id {asked.redemption_id}" in result.stderr


def test_a_payment_for_machines_is_the_whole_answer(service: RedeemingPoints) -> None:
    told = json.loads(carat_points("refund", "R1", "--id", "V1", "--json").stdout)
    assert (told["points"], told["replayed"], told["redemption"]["state"]) == (1, False, "CAPTURED")


def test_a_refused_payment_is_told_with_its_reason(service: RedeemingPoints) -> None:
    service.refusing = True
    result = carat_points("redeem", "M1", "200", "--id", "R1")
    assert result.exit_code == 1
    assert "points refuses (BALANCE_TOO_LOW): fewer points are available" in result.stderr


@pytest.mark.parametrize("points_asked", ["0", "-100", "many"])
def test_no_less_than_a_point_is_asked_for(service: RedeemingPoints, points_asked: str) -> None:
    assert carat_points("redeem", "M1", "--id", "R1", "--", points_asked).exit_code == 2
    assert service.asked == []


def test_a_balance_tells_what_can_be_spent_and_what_cannot(service: RedeemingPoints) -> None:
    result = carat_points("balance", "M1")
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert lines == [
        "Balance 1,500 LUXE-POINTS (and 1 purchase still to be posted)",
        "Can be spent 1,000 LUXE-POINTS, worth MYR 100.00",
        "Held for payments 200 LUXE-POINTS",
        "Not to be spent yet 300 LUXE-POINTS",
        "Expires next 50 LUXE-POINTS on 2027-01-31",
        "Earned ever 2,000 LUXE-POINTS",
    ]
    assert json.loads(carat_points("balance", "M1", "--json").stdout)["available_value_minor"] == 10_000


def test_points_that_expired_and_are_not_taken_off_yet_explain_what_cannot_be_spent() -> None:
    balance = points.GetBalanceResponse(balance=1_000, available=100, held=50, maturing=50)
    lines = dict(balance_lines(balance, PROGRAM))
    assert lines["Expired"] == "800 LUXE-POINTS, taken off by the next points-expiration run or act"
    assert "Expired" not in dict(balance_lines(BALANCE, PROGRAM))
