"""Invitations: proposed by one, approved by another, answered by the member, each within its days."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta

import pytest

from carat.tier.v1 import invitation_pb2, member_pb2, staff_pb2
from services.kernel.calendar import day_number
from services.runtime.program_messages import day_from_proto
from services.runtime.refusal import Refused
from services.tier.columns import MoveReason
from tests.tier.calls import asked
from tests.tier.staff_world import (
    CLERK,
    STAFFED,
    TODAY,
    accept,
    acts,
    approve,
    decline,
    propose,
    refusal_of,
    staffed,
)
from tests.tier.test_jobs import story
from tests.tier.world import ALL_SHARDS, TierWorld, purchase
from workers.jobs.invitation_expiration import INVITATION_EXPIRATION

LAST_DAY = TODAY + timedelta(30)
DAY_AFTER = TODAY + timedelta(31)


@pytest.fixture
def spa(tier_world: TierWorld) -> TierWorld:
    return staffed(tier_world, "M1", "M2", "M3")


def listed(world: TierWorld, member_id: str = "", state: str = "UNSPECIFIED") -> list[tuple[str, str]]:
    """Invitations, newest first, each with its state."""
    request = invitation_pb2.ListInvitationsRequest(member_id=member_id, state=f"INVITATION_STATE_{state}")
    return [
        (found.invitation_id, state_of(found))
        for found in asked(world, "ListInvitations", request).invitations
    ]


def state_of(invitation: invitation_pb2.Invitation) -> str:
    return invitation_pb2.InvitationState.Name(invitation.state).removeprefix("INVITATION_STATE_")


def test_an_invitation_is_proposed_approved_and_accepted(spa: TierWorld) -> None:
    proposed = propose(spa)
    assert (state_of(proposed), proposed.proposed_by, proposed.approved_by) == ("PROPOSED", "clerk", "")
    assert (proposed.tier_system, proposed.level, proposed.member_id) == ("spa", "diamond", "M1")
    assert day_from_proto(proposed.expires_on) == LAST_DAY
    spa.today = LAST_DAY
    approved = approve(spa)
    assert (state_of(approved), approved.approved_by) == ("APPROVED", "boss")
    assert day_from_proto(approved.expires_on) == LAST_DAY + timedelta(30)
    spa.today = LAST_DAY + timedelta(30)
    answer = accept(spa)
    assert (state_of(answer.invitation), answer.standing.level) == ("ACCEPTED", "diamond")
    assert story(spa.moves("M1"))[1:] == [(spa.today, "INVITED", "diamond")]
    assert spa.moves("M1")[-1].transaction_id == "accept-I1"
    assert [staff_pb2.StaffActKind.Name(act.kind).rpartition("_")[2] for act in acts(spa, "M1")] == [
        "ACCEPTED",
        "APPROVED",
        "PROPOSED",
    ]
    assert spa.broken_promises() == []


def test_the_days_for_an_answer_are_those_of_the_proposal(spa: TierWorld) -> None:
    propose(spa)
    assert spa.apply(replace(STAFFED, invitation_days=5)) == []
    assert day_from_proto(approve(spa).expires_on) == LAST_DAY
    assert day_from_proto(propose(spa, "M2", request_id="I2").expires_on) == TODAY + timedelta(5)


def test_what_was_due_is_settled_before_the_member_enters_the_level(spa: TierWorld) -> None:
    spa.record(purchase("T1", "M1", date(2024, 1, 10), spend_minor=300_000))
    propose(spa)
    approve(spa)
    accept(spa)
    told = spa.moves("M1")[-3:]
    assert [(move.from_level, move.to_level, MoveReason(move.reason).name) for move in told] == [
        ("sapphire", "sapphire", "GRACE_ENTERED"),
        ("sapphire", "crystal", "GRACE_EXPIRED"),
        ("crystal", "diamond", "INVITED"),
    ]


def test_who_declines_may_be_invited_again(spa: TierWorld) -> None:
    propose(spa)
    approve(spa)
    assert state_of(decline(spa)) == "DECLINED"
    assert state_of(propose(spa, request_id="I2")) == "PROPOSED"
    assert listed(spa, "M1") == [("I2", "PROPOSED"), ("I1", "DECLINED")]


@pytest.mark.parametrize("answer", [propose, approve, accept, decline])
def test_an_answer_given_again_changes_nothing(spa: TierWorld, answer: Callable[[TierWorld], object]) -> None:
    steps: list[Callable[[TierWorld], object]] = [propose, approve, accept]
    for earlier in steps:
        if answer is not decline or earlier is propose:
            earlier(spa)
    answer(spa)
    before = spa.snapshot()
    answer(spa)
    assert spa.snapshot() == before


def test_a_member_who_left_the_system_cannot_enter_its_level(spa: TierWorld) -> None:
    propose(spa)
    approve(spa)
    joins = staff_pb2.UpdateMemberRequest(
        request_id="R1",
        member=member_pb2.Member(member_id="M1", tier_system="game"),
        update_mask={"paths": ["tier_system"]},
        actor=CLERK,
        note="plays",
    )
    asked(spa, "UpdateMember", joins)
    assert refusal_of(spa, lambda: accept(spa)) == "LEVEL_UNKNOWN"


def test_an_invitation_is_told_as_expired_as_soon_as_its_days_are_over(spa: TierWorld) -> None:
    propose(spa)
    propose(spa, "M2", request_id="I2")
    approve(spa, "I2")
    decline(spa, "I2")
    assert listed(spa, state="PROPOSED") == [("I1", "PROPOSED")]
    spa.today = DAY_AFTER
    assert listed(spa) == [("I2", "DECLINED"), ("I1", "EXPIRED")]
    assert listed(spa, state="EXPIRED") == [("I1", "EXPIRED")]
    assert listed(spa, state="PROPOSED") == []


def test_invitations_are_listed_in_pages(spa: TierWorld) -> None:
    for number in (1, 2, 3):
        propose(spa, f"M{number}", request_id=f"I{number}")
    first = asked(spa, "ListInvitations", invitation_pb2.ListInvitationsRequest(page_size=2))
    assert [found.invitation_id for found in first.invitations] == ["I3", "I2"]
    request = invitation_pb2.ListInvitationsRequest(page_size=2, page_token=first.next_page_token)
    last = asked(spa, "ListInvitations", request)
    assert ([found.invitation_id for found in last.invitations], last.next_page_token) == (["I1"], "")


def test_an_expired_invitation_is_closed_by_the_next_proposal(spa: TierWorld) -> None:
    propose(spa)
    spa.today = DAY_AFTER
    assert state_of(propose(spa, request_id="I2")) == "PROPOSED"
    assert listed(spa) == [("I2", "PROPOSED"), ("I1", "EXPIRED")]
    expired = acts(spa, "M1")[0]
    assert (expired.kind, expired.actor_id) == (staff_pb2.STAFF_ACT_KIND_INVITATION_EXPIRED, "carat")
    assert spa.run(INVITATION_EXPIRATION, DAY_AFTER) == []


def test_the_job_closes_what_nobody_answered_and_writes_it_down_once(spa: TierWorld) -> None:
    propose(spa)
    propose(spa, "M2", request_id="I2")
    approve(spa, "I2")
    propose(spa, "M3", request_id="I3")
    decline(spa, "I3")
    spa.today = DAY_AFTER
    before = spa.snapshot()
    spa.run(INVITATION_EXPIRATION, LAST_DAY)
    assert spa.snapshot() == before
    spa.run(INVITATION_EXPIRATION, DAY_AFTER)
    assert {act.member_id for act in acts(spa)[:2]} == {"M1", "M2"}
    expired = acts(spa, "M1")[0]
    assert (expired.actor_id, day_from_proto(expired.effective_on)) == ("carat", DAY_AFTER)
    assert expired.details == '{"run_id": "run-2", "invitation_id": "I1"}'
    assert refusal_of(spa, lambda: approve(spa)) == "INVITATION_EXPIRED"
    after = spa.snapshot()
    spa.run(INVITATION_EXPIRATION, DAY_AFTER)
    assert spa.snapshot() == after


def test_the_job_leaves_what_was_closed_since_it_looked(spa: TierWorld) -> None:
    propose(spa)
    propose(spa, "M2", request_id="I2")
    spa.today, day = DAY_AFTER, day_number(DAY_AFTER)
    rows = INVITATION_EXPIRATION.read(spa.database.fetch_arrow, ALL_SHARDS, day, {})
    assert INVITATION_EXPIRATION.members_read(rows) == 2
    assert INVITATION_EXPIRATION.weigh(spa.database.fetch_arrow, day, {}).sum() == 2
    propose(spa, request_id="I3")
    applied = spa.database.transact(
        lambda connection: INVITATION_EXPIRATION.record(connection, rows, "run-1")
    )
    changes = INVITATION_EXPIRATION.changes(rows)
    assert dict(zip(changes.member_id, applied.tolist(), strict=True)) == {"M1": False, "M2": True}
    recorded = INVITATION_EXPIRATION.recorded(spa.database.fetch_arrow, "run-1", ALL_SHARDS)
    assert recorded.member_id.tolist() == ["M2"]
    assert (recorded.before[0], recorded.after[0], recorded.effective_on[0]) == ("diamond", "", day)


def test_of_two_proposals_at_once_one_is_made(spa: TierWorld) -> None:
    outcomes = at_once(lambda number: propose(spa, request_id=f"I{number}"))
    assert outcomes == ["INVITATION_ALREADY_OPEN", "made"]
    assert len(listed(spa)) == 1


def test_of_two_acceptances_at_once_one_is_made(spa: TierWorld) -> None:
    propose(spa)
    approve(spa)
    outcomes = at_once(lambda number: accept(spa, request_id=f"R{number}"))
    assert outcomes == ["INVITATION_MUST_BE_APPROVED", "made"]
    assert [name for _, name, _ in story(spa.moves("M1"))] == ["ENROLLED", "INVITED"]


def test_one_acceptance_asked_twice_at_once_is_made_once_and_answered_twice(spa: TierWorld) -> None:
    propose(spa)
    approve(spa)
    assert at_once(lambda _: accept(spa)) == ["made", "made"]
    assert [name for _, name, _ in story(spa.moves("M1"))] == ["ENROLLED", "INVITED"]


def at_once(call: Callable[[int], object]) -> list[str]:
    """What becomes of two calls made at the same time."""

    def outcome(number: int) -> str:
        try:
            call(number)
        except Refused as refused:
            return refused.reason.name
        return "made"

    with ThreadPoolExecutor(2) as pool:
        return sorted(pool.map(outcome, [1, 2]))
