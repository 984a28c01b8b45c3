"""What `carat member explain` asks and says."""

import json
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from google.rpc import code_pb2
from google.type.date_pb2 import Date
from typer.testing import CliRunner, Result

from carat.tier.v1 import history_pb2, move_pb2
from carat.tier.v1.member_pb2 import Member
from carat.tier.v1.standing_pb2 import Standing
from services.cli.app import app
from services.runtime.refusal import Refused, refusal_status
from services.tier.refusals import TEXTS, Reason
from tests.cli.fake_services import Unbuilt, served_tier

EXPLAINED = history_pb2.ExplainStandingResponse(
    standing=Standing(
        member=Member(member_id="[b]M1"), as_of=Date(year=2025, month=3, day=31), level="sapphire"
    ),
    decided_by=move_pb2.Move(reason=move_pb2.MOVE_REASON_THRESHOLD_REACHED, revision=2),
    keep=history_pb2.Missing(level="sapphire", visits=3, by=Date(year=2025, month=4, day=1), days_left=1),
    sentences=["[b]M1 is Sapphire.", "To keep Sapphire, 3 visits more is needed by 2025-04-01, in 1 day."],
)


class ExplainingTier(Unbuilt):
    """Explains one member; no other is known."""

    def __init__(self) -> None:
        self.asked: list[history_pb2.ExplainStandingRequest] = []

    def ExplainStanding(
        self, request: history_pb2.ExplainStandingRequest, context: grpc.ServicerContext
    ) -> history_pb2.ExplainStandingResponse:
        self.asked.append(request)
        if request.member_id != "[b]M1":
            refusal = Refused(Reason.MEMBER_UNKNOWN, TEXTS[Reason.MEMBER_UNKNOWN], code_pb2.NOT_FOUND)
            context.abort_with_status(refusal_status(refusal, "tier.carat"))
        return EXPLAINED


@pytest.fixture
def tier(monkeypatch: pytest.MonkeyPatch) -> Iterator[ExplainingTier]:
    """A Tier service that the command finds."""
    service = ExplainingTier()
    with served_tier(service) as address:
        monkeypatch.setenv("CARAT_TIER_ADDRESS", address)
        yield service


def carat(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["member", "explain", *arguments])


def test_the_sentences_are_shown_as_they_are(tier: ExplainingTier) -> None:
    told = carat("[b]M1")
    assert told.exit_code == 0
    assert told.stdout.splitlines() == ["[b]M1 as of 2025-03-31", *EXPLAINED.sentences]
    assert tier.asked == [history_pb2.ExplainStandingRequest(member_id="[b]M1")]


def test_a_past_day_is_asked_for(tier: ExplainingTier) -> None:
    assert carat("[b]M1", "--as-of", "2024-02-29").exit_code == 0
    [asked] = tier.asked
    assert asked.as_of == Date(year=2024, month=2, day=29)


def test_machines_get_every_number(tier: ExplainingTier) -> None:
    told: dict[str, Any] = json.loads(carat("[b]M1", "--json").stdout)
    assert told["keep"]["visits"] == 3
    assert told["keep"]["by"] == "2025-04-01"
    assert told["decided_by"]["reason"] == "THRESHOLD_REACHED"
    assert told["next_level"] is None


def test_a_member_who_is_not_known_is_told_with_the_reason(tier: ExplainingTier) -> None:
    told = carat("M2")
    assert told.exit_code == 1
    assert "MEMBER_UNKNOWN" in told.stderr
