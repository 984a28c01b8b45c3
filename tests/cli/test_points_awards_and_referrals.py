"""`carat points award, refer, referrals`: what is asked, and what is shown."""

import json
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from google.type.date_pb2 import Date
from typer.testing import CliRunner, Result

from carat.benefits.v1.award_pb2 import Award, GrantAwardResponse
from carat.benefits.v1.benefits_service_pb2_grpc import add_BenefitsServiceServicer_to_server
from carat.points.v1.referral_pb2 import (
    ListReferralsRequest,
    ListReferralsResponse,
    RecordReferralRequest,
    RecordReferralResponse,
    Referral,
)
from services.cli.app import app
from services.points.refusals import Reason
from tests.cli.fake_services import Unbuilt, refused, served, served_points

JULY = Date(year=2026, month=7, day=15)
OPEN = Referral(friend_id="[b]F1", referrer_id="R1", recorded_on=JULY)
PAID = Referral(friend_id="F2", referrer_id="R1", recorded_on=JULY, paid_by="T1", points=1_500)


class Points(Unbuilt):
    """Answers what referrals ask, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.refusing = False

    def RecordReferral(self, request: Any, context: grpc.ServicerContext) -> RecordReferralResponse:
        if self.refusing:
            refused(context, Reason.REFERRAL_TOO_LATE, "a referral is recorded before the first treatment")
        self.asked.append(request)
        known = request.friend_id == "F2"
        return RecordReferralResponse(referral=PAID if known else OPEN, replayed=known)

    def ListReferrals(self, request: Any, context: grpc.ServicerContext) -> ListReferralsResponse:
        self.asked.append(request)
        return ListReferralsResponse(referrals=[OPEN, PAID])


class Benefits(Unbuilt):
    """Grants awards of 15 July, and keeps them."""

    def __init__(self) -> None:
        self.asked: list[Award] = []

    def GrantAward(self, request: Any, context: grpc.ServicerContext) -> GrantAwardResponse:
        self.asked.append(request.award)
        award = Award(awarded_on=JULY)
        award.MergeFrom(request.award)
        return GrantAwardResponse(award=award, replayed=len(self.asked) > 1)


@pytest.fixture
def points(monkeypatch: pytest.MonkeyPatch) -> Iterator[Points]:
    service = Points()
    with served_points(service) as address:
        monkeypatch.setenv("CARAT_POINTS_ADDRESS", address)
        yield service


@pytest.fixture
def benefits(monkeypatch: pytest.MonkeyPatch) -> Iterator[Benefits]:
    service = Benefits()
    with served(lambda server: add_BenefitsServiceServicer_to_server(service, server)) as address:  # type: ignore[arg-type]
        monkeypatch.setenv("CARAT_BENEFITS_ADDRESS", address)
        yield service


def carat_points(*words: str) -> Result:
    return CliRunner().invoke(app, ("points", *words), env={"COLUMNS": "200"})


@pytest.mark.parametrize(
    ("friend", "shown"),
    [
        ("[b]F1", "[b]F1 was brought by R1: the bonus comes with the first treatment\n"),
        ("F2", "F2 was brought by R1, as recorded before: T1 has paid 1,500 points\n"),
    ],
)
def test_a_referral_is_recorded_and_told(points: Points, friend: str, shown: str) -> None:
    assert carat_points("refer", friend, "--by", "R1").output == shown
    assert points.asked == [RecordReferralRequest(friend_id=friend, referrer_id="R1")]


def test_a_refused_referral_says_why(points: Points) -> None:
    points.refusing = True
    result = carat_points("refer", "F1", "--by", "R1")
    assert result.exit_code == 1
    assert "REFERRAL_TOO_LATE" in result.output


def test_whom_a_member_brought_is_listed(points: Points) -> None:
    lines = [line.split() for line in carat_points("referrals", "R1").output.splitlines()]
    assert ["[b]F1", "2026-07-15"] in lines
    assert ["F2", "2026-07-15", "1,500", "T1"] in lines
    assert points.asked == [ListReferralsRequest(referrer_id="R1")]


def test_referrals_are_told_to_machines(points: Points) -> None:
    told = json.loads(carat_points("referrals", "R1", "--json").output)["referrals"]
    assert [(each["friend_id"], each["paid_by"], each["points"]) for each in told] == [
        ("[b]F1", "", 0), ("F2", "T1", 1_500),
    ]  # fmt: skip


def test_an_award_is_granted_once_and_told(benefits: Benefits) -> None:
    words = ("award", "M1", "100", "--code", "wedding", "--actor", "anna", "--request-id", "A1")
    assert carat_points(*words).output == "M1 is awarded 100 points for wedding on 2026-07-15\n"
    assert carat_points(*words).output.endswith("on 2026-07-15, as granted before\n")
    asked = Award(award_id="A1", member_id="M1", code="wedding", points=100, actor_id="anna")
    assert benefits.asked == [asked, asked]


def test_an_award_of_another_day_with_a_note(benefits: Benefits) -> None:
    words = ("award", "M1", "100", "--code", "wedding", "--actor", "anna", "--request-id", "A1")
    result = carat_points(*words, "--on", "2026-07-01", "--note", "so sorry", "--json")
    assert json.loads(result.output)["award"]["note"] == "so sorry"
    assert benefits.asked[0].awarded_on == Date(year=2026, month=7, day=1)


def test_a_request_without_an_id_is_given_one_that_is_told(benefits: Benefits) -> None:
    result = carat_points("award", "M1", "1", "--code", "wedding", "--actor", "anna")
    assert f"request id {benefits.asked[0].award_id}" in result.output


@pytest.mark.parametrize("points_asked", ["0", "-1", "many"])
def test_points_that_cannot_be_are_not_even_asked_for(benefits: Benefits, points_asked: str) -> None:
    assert carat_points("award", "M1", points_asked, "--code", "c", "--actor", "a").exit_code == 2
    assert benefits.asked == []
