"""`carat member update, merge, unmerge, erase`: what is asked of the Tier service, and what is shown."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from google.type.date_pb2 import Date
from typer.testing import CliRunner, Result

from carat.tier.v1 import member_pb2, staff_pb2
from carat.tier.v1.standing_pb2 import Standing
from services.cli.app import app
from tests.cli.fake_services import Unbuilt, served_tier

BORN = Date(year=1990, month=1, day=31)
BY_CLERK = ("--actor", "clerk", "--note", "as agreed", "--request-id", "R1")
CLERK = {"request_id": "R1", "actor": staff_pb2.Actor(id="clerk"), "note": "as agreed"}
ERASED = member_pb2.Member(member_id="[b]M1", erased_on=Date(year=2025, month=6, day=1))


def standing(member_id: str) -> Standing:
    """Crystal since a day."""
    since = Date(year=2025, month=6, day=1)
    member = member_pb2.Member(member_id=member_id)
    return Standing(member=member, tier_system="spa", level="crystal", level_since=since)


ANSWERS = {
    "UpdateMember": staff_pb2.UpdateMemberResponse(standing=standing("M1")),
    "MergeMembers": staff_pb2.MergeMembersResponse(standing=standing("M2")),
    "UndoMerge": staff_pb2.UndoMergeResponse(source=standing("M1"), target=standing("M2")),
    "EraseMember": staff_pb2.EraseMemberResponse(member=ERASED),
}
SHOWN = "{}: crystal of spa since 2025-06-01; next review none\n"


class RecordingTier(Unbuilt):
    """Answers what staff ask about records, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    def __getattr__(self, call: str) -> Any:
        if call not in ANSWERS:
            return super().__getattr__(call)

        def answer(request: Any, context: object) -> Any:
            self.asked.append(request)
            return ANSWERS[call]

        return answer


@pytest.fixture
def tier(monkeypatch: pytest.MonkeyPatch) -> Iterator[RecordingTier]:
    service = RecordingTier()
    with served_tier(service) as address:
        monkeypatch.setenv("CARAT_TIER_ADDRESS", address)
        yield service


def carat(*words: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(app, ("member", *words), env={"COLUMNS": "200"}, input=typed)


@pytest.mark.parametrize(
    ("words", "paths", "member"),
    [
        (("--tier-system", "game"), ["tier_system"], {"tier_system": "game"}),
        (("--tier-system", ""), ["tier_system"], {}),
        (("--birthday", "1990-01-31"), ["birthday"], {"birthday": BORN}),
        (("--no-birthday",), ["birthday"], {}),
        (
            ("--tier-system", "game", "--birthday", "1990-01-31"),
            ["tier_system", "birthday"],
            {"tier_system": "game", "birthday": BORN},
        ),
        ((), [], {}),
    ],
)
def test_an_update_names_what_is_to_change(
    tier: RecordingTier, words: tuple[str, ...], paths: list[str], member: dict[str, Any]
):
    result = carat("update", "M1", *words, *BY_CLERK)
    expected = staff_pb2.UpdateMemberRequest(
        member=member_pb2.Member(member_id="M1", **member), update_mask=FieldMask(paths=paths), **CLERK
    )
    assert (result.exit_code, tier.asked) == (0, [expected])
    assert result.stdout == SHOWN.format("M1")


def test_a_birthday_is_given_or_forgotten_not_both(tier: RecordingTier):
    result = carat("update", "M1", "--birthday", "1990-01-31", "--no-birthday", *BY_CLERK)
    assert (result.exit_code, tier.asked) == (2, [])


def test_a_merge_shows_the_record_that_remains(tier: RecordingTier):
    result = carat("merge", "M1", "M2", *BY_CLERK)
    expected = staff_pb2.MergeMembersRequest(source_member_id="M1", target_member_id="M2", **CLERK)
    assert (result.exit_code, tier.asked) == (0, [expected])
    assert result.stdout == SHOWN.format("M2")


def test_a_merge_without_a_request_id_tells_the_one_by_which_to_undo_it(tier: RecordingTier):
    result = carat("merge", "M1", "M2", *BY_CLERK[:4])
    assert result.stderr == f"request id {tier.asked[0].request_id}\n"


def test_undoing_a_merge_shows_both_records(tier: RecordingTier):
    result = carat("unmerge", "merge-1", *BY_CLERK)
    expected = staff_pb2.UndoMergeRequest(merge_request_id="merge-1", **CLERK)
    assert (result.exit_code, tier.asked) == (0, [expected])
    assert result.stdout == SHOWN.format("M1") + SHOWN.format("M2")
    told = json.loads(carat("unmerge", "merge-1", *BY_CLERK, "--json").stdout)
    assert set(told) == {"request_id", "source", "target"}


def test_an_erasure_is_asked_about_first(tier: RecordingTier):
    declined = carat("erase", "M1", *BY_CLERK, typed="n\n")
    assert (declined.exit_code, tier.asked) == (1, [])
    result = carat("erase", "M1", *BY_CLERK, typed="y\n")
    assert (result.exit_code, tier.asked) == (0, [staff_pb2.EraseMemberRequest(member_id="M1", **CLERK)])
    assert result.stdout.endswith("[b]M1: erased on 2025-06-01; in no tier system any more\n")


def test_an_erasure_for_machines_is_not_asked_about(tier: RecordingTier):
    told = json.loads(carat("erase", "M1", *BY_CLERK, "--yes", "--json").stdout)
    assert told["request_id"] == "R1"
    assert told["member"]["erased_on"] == "2025-06-01"
