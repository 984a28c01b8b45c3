"""What staff may not do is refused with its reason, the first that applies, and leaves everything as it was."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from google.type import date_pb2

from carat.tier.v1 import invitation_pb2, staff_pb2
from services.kernel.shards import shard_of
from services.tier.tables import MEMBER
from tests.tier.calls import asked
from tests.tier.policies import with_spa
from tests.tier.staff_world import (
    LEVELS,
    STAFFED,
    TODAY,
    accept,
    acts,
    approve,
    decline,
    gift,
    held_for_life,
    lock,
    move,
    propose,
    refusal_of,
    staffed,
)
from tests.tier.world import TierWorld

TOMORROW = date(2025, 6, 2)
NOBODY = staff_pb2.Actor()
BLANK = staff_pb2.Actor(id="a clerk")
NO_DAY = date_pb2.Date(year=2025, month=2, day=30)


@pytest.fixture
def spa(tier_world: TierWorld) -> TierWorld:
    """M1 and M2 at Crystal, M3 at Diamond for life; M9 in the game."""
    world = staffed(tier_world, "M1", "M2", "M3")
    held_for_life(world, "M3")
    return world


MISASKED: list[tuple[str, dict[str, Any]]] = [
    ("ACTOR_REQUIRED", {"actor": NOBODY}),
    ("ACTOR_REQUIRED", {"actor": BLANK}),
    ("NOTE_REQUIRED", {"note": "\n"}),
    ("NOTE_REQUIRED", {"note": "x" * 201}),
    ("REQUEST_ID_MUST_BE_PRINTABLE", {"request_id": ""}),
    ("REQUEST_ID_MUST_BE_PRINTABLE", {"request_id": "R 1"}),
    ("REQUEST_ID_MUST_BE_PRINTABLE", {"request_id": "R\x001"}),
    ("REQUEST_ID_REUSED", {"request_id": "for-life-M3"}),
]
UNSAID = ("NOTE_REQUIRED", {"note": ""})


@pytest.mark.parametrize(
    ("reason", "wrong"),
    [
        *MISASKED,
        UNSAID,
        ("MEMBER_ID_MUST_BE_PRINTABLE", {"member_id": "M\x001"}),
        ("MEMBER_UNKNOWN", {"member_id": "nobody"}),
        ("MEMBER_UNKNOWN", {"member_id": "nobody", "level": "gold", "actor": NOBODY, "locked_until": NO_DAY}),
        ("DATE_MUST_BE_VALID", {"locked_until": NO_DAY, "level": "gold"}),
        ("LEVEL_UNKNOWN", {"level": "gold"}),
        ("LEVEL_UNKNOWN", {"level": "", "actor": NOBODY}),
        ("LEVEL_UNKNOWN", {"level": "silver"}),
        ("LEVEL_MUST_BE_ANOTHER", {"level": "crystal", "locked_until": TODAY}),
        ("LOCK_MUST_END_LATER", {"locked_until": TODAY}),
        ("LOCK_MUST_END_LATER", {"locked_until": date(1969, 1, 1)}),
        ("LIFETIME_MUST_NOT_END", {"member_id": "M3", "locked_until": TOMORROW}),
    ],
)
def test_a_move_is_refused(spa: TierWorld, reason: str, wrong: dict[str, Any]) -> None:
    assert refusal_of(spa, lambda: move(spa, **{"level": "platinum", **wrong})) == reason


@pytest.mark.parametrize(
    ("reason", "wrong"),
    [
        *MISASKED,
        UNSAID,
        ("MEMBER_ID_MUST_BE_PRINTABLE", {"member_id": ""}),
        ("MEMBER_UNKNOWN", {"member_id": "nobody"}),
        ("DATE_MUST_BE_VALID", {"locked_until": NO_DAY}),
        ("LOCK_MUST_END_LATER", {"locked_until": TODAY}),
    ],
)
def test_a_lock_is_refused(spa: TierWorld, reason: str, wrong: dict[str, Any]) -> None:
    assert refusal_of(spa, lambda: lock(spa, **wrong)) == reason


@pytest.mark.parametrize(
    ("reason", "wrong"),
    [
        *MISASKED,
        UNSAID,
        ("MEMBER_ID_MUST_BE_PRINTABLE", {"member_id": "M 1"}),
        ("MEMBER_UNKNOWN", {"member_id": "nobody", "level": "gold"}),
        ("LEVEL_UNKNOWN", {"level": "gold", "note": ""}),
        ("LEVEL_MUST_BE_ANOTHER", {"level": "crystal"}),
        ("LEVEL_MUST_BE_ANOTHER", {"member_id": "M3"}),
        ("LEVEL_NOT_BY_INVITATION", {"level": "platinum"}),
        ("INVITATION_ALREADY_OPEN", {"member_id": "M2"}),
    ],
)
def test_a_proposal_is_refused(spa: TierWorld, reason: str, wrong: dict[str, Any]) -> None:
    propose(spa, "M2", request_id="I2")
    assert refusal_of(spa, lambda: propose(spa, **wrong)) == reason


@pytest.mark.parametrize(
    ("reason", "wrong"),
    [
        *MISASKED,
        ("INVITATION_UNKNOWN", {"invitation_id": "I9"}),
        ("INVITATION_UNKNOWN", {"invitation_id": "I\x009", "request_id": "R2"}),
        ("REQUEST_ID_REUSED", {"invitation_id": "I9", "request_id": "I1"}),
        ("APPROVER_MUST_BE_GENERAL_MANAGER", {"actor": staff_pb2.Actor(id="clerk")}),
        ("APPROVER_MUST_NOT_BE_PROPOSER", {"actor": staff_pb2.Actor(id="clerk", roles=["general-manager"])}),
    ],
)
def test_an_approval_is_refused(spa: TierWorld, reason: str, wrong: dict[str, Any]) -> None:
    propose(spa)
    assert refusal_of(spa, lambda: approve(spa, **wrong)) == reason


def test_only_a_proposed_invitation_is_approved(spa: TierWorld) -> None:
    propose(spa)
    approve(spa)
    again = refusal_of(spa, lambda: approve(spa, request_id="R2", actor=staff_pb2.Actor(id="clerk")))
    assert again == "INVITATION_MUST_BE_PROPOSED"


@pytest.mark.parametrize(("reason", "wrong"), [case for case in MISASKED if case[0] != "NOTE_REQUIRED"])
def test_an_acceptance_is_refused(spa: TierWorld, reason: str, wrong: dict[str, Any]) -> None:
    propose(spa)
    approve(spa)
    assert refusal_of(spa, lambda: accept(spa, **wrong)) == reason


def test_only_an_approved_invitation_is_accepted(spa: TierWorld) -> None:
    propose(spa)
    assert refusal_of(spa, lambda: accept(spa)) == "INVITATION_MUST_BE_APPROVED"
    assert refusal_of(spa, lambda: accept(spa, "I9")) == "INVITATION_UNKNOWN"
    approve(spa)
    accept(spa)
    assert refusal_of(spa, lambda: accept(spa, request_id="R2")) == "INVITATION_MUST_BE_APPROVED"


def test_an_invitation_to_a_level_reached_meanwhile_is_not_accepted(spa: TierWorld) -> None:
    propose(spa)
    approve(spa)
    move(spa, "diamond")
    assert refusal_of(spa, lambda: accept(spa)) == "LEVEL_MUST_BE_ANOTHER"


@pytest.mark.parametrize(("reason", "wrong"), MISASKED)
def test_a_decline_is_refused(spa: TierWorld, reason: str, wrong: dict[str, Any]) -> None:
    propose(spa)
    assert refusal_of(spa, lambda: decline(spa, **wrong)) == reason


def test_only_an_open_invitation_is_declined(spa: TierWorld) -> None:
    propose(spa)
    decline(spa)
    assert refusal_of(spa, lambda: decline(spa, request_id="R2")) == "INVITATION_MUST_BE_OPEN"
    assert refusal_of(spa, lambda: decline(spa, "I9")) == "INVITATION_UNKNOWN"


def test_an_invitation_whose_days_are_over_takes_no_answer(spa: TierWorld) -> None:
    propose(spa)
    spa.today = date(2025, 7, 2)
    calls: list[Callable[[], object]] = [lambda: approve(spa), lambda: accept(spa), lambda: decline(spa)]
    assert [refusal_of(spa, call) for call in calls] == ["INVITATION_EXPIRED"] * 3


@pytest.mark.parametrize(
    ("reason", "giver", "recipient", "wrong"),
    [
        *[(reason, "M3", "M1", wrong) for reason, wrong in (*MISASKED, UNSAID)],
        ("MEMBER_ID_MUST_BE_PRINTABLE", "", "M1", {}),
        ("MEMBER_ID_MUST_BE_PRINTABLE", "M3", "M 1", {}),
        ("MEMBER_UNKNOWN", "nobody", "M1", {}),
        ("MEMBER_UNKNOWN", "M3", "nobody", {"note": ""}),
        ("GIVER_MUST_BE_LIFETIME", "M1", "M2", {}),
        ("GIVER_MUST_BE_LIFETIME", "M1", "M1", {}),
        ("RECIPIENT_MUST_BE_ANOTHER", "M3", "M3", {}),
        ("RECIPIENT_MUST_SHARE_SYSTEM", "M3", "M9", {}),
    ],
)
def test_a_gift_is_refused(
    spa: TierWorld, reason: str, giver: str, recipient: str, wrong: dict[str, Any]
) -> None:
    assert refusal_of(spa, lambda: gift(spa, giver, recipient, **wrong)) == reason


def test_a_gift_to_who_holds_the_level_is_refused(spa: TierWorld) -> None:
    move(spa, "diamond", "M2")
    assert refusal_of(spa, lambda: gift(spa, "M3", "M2", request_id="R2")) == "LEVEL_MUST_BE_ANOTHER"


def every_act_on(world: TierWorld, member_id: str) -> list[Callable[[], object]]:
    """All that staff may try to do to a member who has an approved invitation, I1."""
    return [
        lambda: move(world, "platinum", member_id, request_id="R2"),
        lambda: lock(world, member_id, request_id="R2", locked_until=TOMORROW),
        lambda: propose(world, member_id, request_id="R2"),
        lambda: approve(world, request_id="R2"),
        lambda: accept(world, request_id="R2"),
        lambda: decline(world, request_id="R2"),
        lambda: gift(world, "M3", member_id, request_id="R2"),
    ]


@pytest.mark.parametrize(
    ("reason", "record"),
    [("MEMBER_MERGED", {"merged_into": "M2"}), ("MEMBER_ERASED", {"erased_on": TODAY})],
)
def test_nothing_is_done_to_a_record_that_was_given_up(
    spa: TierWorld, reason: str, record: dict[str, Any]
) -> None:
    propose(spa)
    approve(spa)
    of_m1 = (MEMBER.c.shard == int(shard_of(["M1"])[0]), MEMBER.c.member_id == "M1")
    spa.database.transact(
        lambda connection: connection.execute(sa.update(MEMBER).where(*of_m1).values(record))
    )
    calls = every_act_on(spa, "M1")
    assert [refusal_of(spa, call) for call in calls] == [reason] * len(calls)


def test_nobody_moves_in_an_inactive_system(spa: TierWorld) -> None:
    propose(spa)
    approve(spa)
    assert spa.apply(with_spa(levels=LEVELS, active=False)) == []
    _, lock_m1, propose_m1, _, accept_m1, _, gift_m1 = every_act_on(spa, "M1")
    calls = [lambda: move(spa, "platinum"), accept_m1, gift_m1, lambda: propose(spa, "M2", request_id="I2")]
    assert [refusal_of(spa, call) for call in calls] == ["TIER_SYSTEM_INACTIVE"] * 4
    assert refusal_of(spa, propose_m1) == "TIER_SYSTEM_INACTIVE"
    lock_m1()
    assert acts(spa, "M1")[0].kind == staff_pb2.STAFF_ACT_KIND_LOCKED


def test_who_is_in_no_system_has_no_level_to_move_from(tier_world: TierWorld) -> None:
    world = staffed(tier_world, "M1", policy=replace(STAFFED, default_system=""))
    calls: list[Callable[[], object]] = [
        lambda: move(world, "gold"),
        lambda: lock(world),
        lambda: propose(world),
        lambda: gift(world, "M1", "M9"),
        lambda: gift(world, "M9", "M1"),
    ]
    assert [refusal_of(world, call) for call in calls] == ["MEMBER_IN_NO_SYSTEM"] * 5


@pytest.mark.parametrize(
    ("reason", "asking"),
    [
        ("MEMBER_UNKNOWN", {"member_id": "nobody"}),
        ("MEMBER_ID_MUST_BE_PRINTABLE", {"member_id": "M 1"}),
        ("PAGE_TOKEN_INVALID", {"page_token": "garbage"}),
    ],
)
def test_a_list_is_refused(spa: TierWorld, reason: str, asking: dict[str, Any]) -> None:
    listed = staff_pb2.ListStaffActsRequest(**asking)
    assert refusal_of(spa, lambda: asked(spa, "ListStaffActs", listed)) == reason
    invited = invitation_pb2.ListInvitationsRequest(**asking)
    assert refusal_of(spa, lambda: asked(spa, "ListInvitations", invited)) == reason
