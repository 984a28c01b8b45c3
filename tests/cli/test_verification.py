"""`carat verify`: what the services say of themselves, and whether they agree."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from carat.benefits.v1 import benefits_service_pb2 as benefits
from carat.benefits.v1.award_pb2 import ReadAwardFeedResponse
from carat.benefits.v1.benefits_service_pb2_grpc import add_BenefitsServiceServicer_to_server
from carat.points.v1 import points_service_pb2 as points
from carat.points.v1.points_service_pb2_grpc import add_PointsServiceServicer_to_server
from carat.tier.v1 import tier_service_pb2 as tier
from carat.tier.v1.tier_service_pb2_grpc import add_TierServiceServicer_to_server
from services.cli.app import app
from tests.cli.fake_services import Unbuilt, served

SHARDS = 4096
Change = Callable[[int], int]


class House(Unbuilt):
    """Three services in one; each number is given by how often it was asked for before."""

    def __init__(self) -> None:
        self.granted: Change = lambda _: 100
        self.posted: Change = lambda _: 100
        self.known_to_benefits: Change = lambda _: 7
        self.pending: Change = lambda _: 0
        self.refunds: Change = lambda _: 0
        self.spent: Change = lambda _: 300
        self.visited: Change = lambda _: 2
        self.is_old = False
        self.behind: Change = lambda _: 0
        self.points_behind: Change = lambda _: 0
        self.unposted: Change = lambda _: 0
        self.broken_members: list[str] = []
        self.off_the_ladder = 0
        self._asked: dict[str, int] = {}

    def VerifyStandings(self, request: Any, context: Any) -> Iterator[tier.VerifyStandingsResponse]:
        yield tier.VerifyStandingsResponse(
            promise="A member moves once",
            checked=9,
            breaches=len(self.broken_members),
            members=self.broken_members,
        )
        yield tier.VerifyStandingsResponse(
            promise="Sums are right.",
            checked=9,
            points_by_shard=self._shards("granted"),
            spend_by_shard=self._only(300),
            visits_by_shard=self._only(2),
        )

    def VerifyLedger(self, request: Any, context: Any) -> Iterator[points.VerifyLedgerResponse]:
        yield points.VerifyLedgerResponse(
            promise="A balance is the sum of entries.",
            checked=20,
            points_by_shard=self._shards("posted"),
            spend_by_shard=[] if self.is_old else self._shards("spent"),
            visits_by_shard=[] if self.is_old else self._shards("visited"),
        )

    def VerifyAllowances(self, request: Any, context: Any) -> Iterator[benefits.VerifyAllowancesResponse]:
        holders = [
            benefits.HolderCount(
                tier_system="engage", level="gold", members=self._number("known_to_benefits")
            ),
            benefits.HolderCount(tier_system="engage", level="", members=self.off_the_ladder),
        ]
        yield benefits.VerifyAllowancesResponse(promise="Opened once.", checked=3, holders=holders)

    def CountMembers(self, request: Any, context: Any) -> tier.CountMembersResponse:
        gold = tier.LevelCount(tier_system="engage", level="gold", rank=1, members=7)
        blue = tier.LevelCount(tier_system="engage", level="blue", rank=0, members=0)
        return tier.CountMembersResponse(counts=[blue, gold])

    def CountPending(self, request: Any, context: Any) -> points.CountPendingResponse:
        return points.CountPendingResponse(
            pending=self._number("pending"), pending_reversals=self._number("refunds"), waiting_awards=1
        )

    def GetFeedPosition(self, request: Any, context: Any) -> Any:
        if isinstance(request, points.GetFeedPositionRequest):
            return points.GetFeedPositionResponse(moves_cursor="5.4", awards_cursor="2.2")
        return benefits.GetFeedPositionResponse(cursor="5.5")

    def ReadMoveFeed(self, request: Any, context: Any) -> tier.ReadMoveFeedResponse:
        follower = {"5.4": "points_behind", "5.5": "behind"}[request.cursor]
        response = tier.ReadMoveFeedResponse(next_cursor="5.6")
        if self._number(follower):
            response.moves.add(cursor="5.6")
        return response

    def ReadAwardFeed(self, request: Any, context: Any) -> ReadAwardFeedResponse:
        assert request.cursor == "2.2"
        response = ReadAwardFeedResponse(next_cursor="2.3")
        if self._number("unposted"):
            response.awards.add(cursor="2.3")
        return response

    def _shards(self, name: str) -> list[int]:
        return self._only(self._number(name))

    def _only(self, number: int) -> list[int]:
        return [0] * 17 + [number] + [0] * (SHARDS - 18)

    def _number(self, name: str) -> int:
        asked = self._asked.get(name, 0)
        self._asked[name] = asked + 1
        change: Change = getattr(self, name)
        return change(asked)


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    service = House()
    with ExitStack() as stack:
        registers: dict[str, Any] = {
            "TIER": add_TierServiceServicer_to_server,
            "POINTS": add_PointsServiceServicer_to_server,
            "BENEFITS": add_BenefitsServiceServicer_to_server,
        }
        for name, register in registers.items():
            address = stack.enter_context(served(partial(register, service)))
            monkeypatch.setenv(f"CARAT_{name}_ADDRESS", address)
        yield service


def verify(*options: str) -> Result:
    return CliRunner().invoke(app, ["verify", *options], env={"COLUMNS": "200"})


def test_promises_that_hold_are_told_with_what_was_checked(house: House):
    result = verify()
    assert result.exit_code == 0, result.output
    for promise in ("A member moves once", "A balance is the sum of entries", "Opened once"):
        assert promise in result.stdout
    assert "4,096" in result.stdout
    assert "Broken" not in result.stdout


def test_a_broken_promise_names_the_members_and_ends_with_1(house: House):
    house.broken_members = ["M1", "M2"]
    result = verify()
    assert result.exit_code == 1
    assert "Broken: A member moves once\n  M1\n  M2" in result.stdout


def test_points_that_never_reached_the_ledger_are_a_breach(house: House):
    house.posted = lambda _: 60
    result = verify()
    assert result.exit_code == 1
    assert "shard 17: tier has 100, points has 60" in result.stdout


def test_spend_that_does_not_count_in_tier_is_a_breach(house: House):
    house.spent = lambda _: 301
    result = verify()
    assert result.exit_code == 1
    assert "shard 17: tier has 300, points has 301" in result.stdout
    assert "What qualifies of the ledger's purchases counts in Tier" in result.stdout


def test_treatments_that_do_not_count_in_tier_are_a_breach(house: House):
    house.visited = lambda _: 1
    result = verify()
    assert result.exit_code == 1
    assert "shard 17: tier has 2, points has 1" in result.stdout


def test_a_purchase_between_two_looks_moves_all_three_sums_and_is_no_breach(house: House):
    house.posted = lambda asked: 60 if asked == 0 else 100
    house.spent = lambda asked: 100 if asked == 0 else 300
    house.visited = lambda asked: 1 if asked == 0 else 2
    assert verify().exit_code == 0


def test_what_a_service_of_an_earlier_version_does_not_tell_is_no_breach(house: House):
    house.is_old = True
    result = verify()
    assert result.exit_code == 0, result.output
    assert "What Tier granted is in the ledger" in result.stdout
    assert "counts in Tier" not in result.stdout


def test_members_that_benefits_does_not_know_are_a_breach(house: House):
    house.known_to_benefits = lambda _: 6
    result = verify()
    assert result.exit_code == 1
    assert "engage gold: tier has 7, benefits has 6" in result.stdout


def test_members_who_were_erased_or_merged_away_are_no_breach(house: House):
    house.off_the_ladder = 2
    assert verify().exit_code == 0


def test_points_posted_between_two_looks_are_no_breach(house: House):
    house.posted = lambda asked: 60 if asked == 0 else 100
    assert verify().exit_code == 0


def test_sums_that_keep_moving_are_told_as_such(house: House):
    house.granted = lambda asked: 1000 + asked
    house.posted = lambda asked: 500 + 2 * asked
    result = verify()
    assert result.exit_code == 3
    assert "quieter hour" in result.stderr.replace("\n", " ")


def test_what_is_under_way_is_waited_for(house: House):
    house.pending = lambda asked: 2 - asked if asked < 2 else 0
    house.behind = lambda asked: int(asked < 3)
    assert verify().exit_code == 0


@pytest.mark.parametrize(
    ("feed", "told"),
    [
        ("points_behind", "Points has not yet followed every move"),
        ("unposted", "Points has not yet followed every award"),
        ("behind", "Benefits has not yet followed every move"),
    ],
)
def test_what_a_service_has_not_followed_is_waited_for_and_told(house: House, feed: str, told: str):
    setattr(house, feed, lambda _: 1)
    result = verify("--wait", "0.5")
    assert result.exit_code == 3
    assert told in result.stderr.replace("\n", " ")


def test_refunds_under_way_are_waited_for(house: House):
    house.refunds = lambda _: 3
    result = verify("--wait", "0.5")
    assert result.exit_code == 3
    assert "3 refunds are accepted and not yet posted" in result.stderr.replace("\n", " ")
    house.refunds = lambda asked: 3 - asked if asked < 3 else 0
    house.posted = lambda _: 60
    assert verify().exit_code == 1


def test_what_does_not_settle_is_told_and_nothing_compared(house: House):
    house.pending = lambda _: 5
    house.posted = lambda _: 60
    result = verify("--wait", "0.5")
    assert result.exit_code == 3
    assert "5 purchases are accepted and not yet posted" in result.stderr.replace("\n", " ")


def test_a_verification_is_told_to_machines(house: House):
    house.broken_members = ["M1"]
    told = json.loads(verify("--json").stdout)
    assert told["breaches"] == 1
    assert told["checks"][0] == {
        "checked_by": "tier",
        "promise": "A member moves once",
        "checked": 9,
        "breaches": 1,
        "offenders": ["M1"],
    }
