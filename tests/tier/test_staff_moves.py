"""Moves and locks by hand: they take effect at once, are told, and reviews and promotions respect them."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest

from carat.tier.v1 import staff_pb2
from services.runtime.program_messages import day_from_proto
from services.tier.policy_document import Maintenance
from tests.tier.calls import asked
from tests.tier.policies import with_spa
from tests.tier.staff_world import JOINED, TODAY, acts, lock, move, refusal_of, staffed
from tests.tier.test_jobs import story
from tests.tier.world import TierWorld, purchase

A_YEAR_ON = date(2026, 6, 1)
LOCKED_UNTIL = date(2026, 6, 2)


@pytest.fixture
def spa(tier_world: TierWorld) -> TierWorld:
    return staffed(tier_world, "M1", "M2")


def test_a_move_up_begins_a_membership_year_today(spa: TierWorld) -> None:
    standing = move(spa, "platinum")
    assert (standing.level, standing.rank, standing.multiplier_bp) == ("platinum", 2, 15_000)
    assert day_from_proto(standing.level_since) == TODAY
    assert day_from_proto(standing.next_review) == A_YEAR_ON
    assert story(spa.moves("M1"))[1:] == [(TODAY, "MOVED_BY_STAFF", "platinum")]
    assert spa.moves("M1")[-1].transaction_id == "R1"
    assert spa.broken_promises() == []


def test_staff_may_move_to_a_level_that_is_entered_by_invitation_only(spa: TierWorld) -> None:
    assert move(spa, "diamond").level == "diamond"


def test_a_move_down_ends_grace(spa: TierWorld) -> None:
    spa.record(purchase("T1", "M1", JOINED, spend_minor=300_000))
    spa.today = date(2025, 3, 1)
    spa.run_review(date(2025, 1, 10))
    standing = move(spa, "crystal")
    assert (standing.level, standing.HasField("grace")) == ("crystal", False)
    assert spa.run_grace(date(2025, 6, 1)) == []


def test_what_was_due_is_settled_and_told_before_the_move(spa: TierWorld) -> None:
    spa.record(purchase("T1", "M1", JOINED, spend_minor=300_000))
    move(spa, "platinum")
    assert story(spa.moves("M1"))[2:] == [
        (date(2025, 1, 10), "GRACE_ENTERED", "sapphire"),
        (date(2025, 4, 10), "GRACE_EXPIRED", "crystal"),
        (TODAY, "MOVED_BY_STAFF", "platinum"),
    ]
    assert spa.moves("M1")[-1].from_level == "crystal"


def test_a_move_takes_effect_on_the_day_of_the_last_evaluation_if_that_is_later(spa: TierWorld) -> None:
    spa.record(purchase("T1", "M1", TODAY, visits=1))
    spa.today = date(2025, 5, 31)
    move(spa, "sapphire")
    assert story(spa.moves("M1"))[-1] == (TODAY, "MOVED_BY_STAFF", "sapphire")
    assert day_from_proto(acts(spa)[0].effective_on) == TODAY


def test_a_lock_that_comes_with_a_move_passes_over_the_reviews_before_its_end(spa: TierWorld) -> None:
    standing = move(spa, "sapphire", locked_until=LOCKED_UNTIL)
    assert day_from_proto(standing.locked_until) == LOCKED_UNTIL
    assert day_from_proto(standing.next_review) == date(2027, 6, 1)
    assert spa.run_review(A_YEAR_ON) == []
    assert story(spa.run_review(date(2027, 6, 1))) == [(date(2027, 6, 1), "GRACE_ENTERED", "sapphire")]


def test_the_lock_of_a_move_up_stops_no_promotion(spa: TierWorld) -> None:
    move(spa, "sapphire", locked_until=LOCKED_UNTIL)
    [result] = spa.record(purchase("T1", "M1", TODAY, spend_minor=1_000_000))
    assert result.level_after == "platinum"


def test_the_lock_of_a_move_down_stops_promotions_until_its_day(spa: TierWorld) -> None:
    move(spa, "sapphire", request_id="R0")
    move(spa, "crystal", locked_until=date(2025, 6, 3))
    spa.today = date(2025, 6, 3)
    held, free = spa.record(
        purchase("T1", "M1", date(2025, 6, 2), spend_minor=300_000),
        purchase("T2", "M1", date(2025, 6, 3), visits=1),
    )
    assert (held.level_after, free.level_after) == ("crystal", "sapphire")


def test_a_move_without_a_lock_lifts_the_one_before(spa: TierWorld) -> None:
    move(spa, "platinum", request_id="R0")
    move(spa, "crystal", request_id="R1", locked_until=LOCKED_UNTIL)
    standing = move(spa, "sapphire", request_id="R2")
    assert not standing.HasField("locked_until")
    [result] = spa.record(purchase("T1", "M1", TODAY, spend_minor=1_000_000))
    assert result.level_after == "platinum"


def test_a_lock_is_told_and_keeps_the_level(spa: TierWorld) -> None:
    move(spa, "sapphire", request_id="R0")
    standing = lock(spa, locked_until=LOCKED_UNTIL)
    assert day_from_proto(standing.locked_until) == LOCKED_UNTIL
    told = spa.moves("M1")[-1]
    assert story([told]) == [(TODAY, "LOCKED", "sapphire")]
    assert (told.from_level, day_from_proto(told.locked_until)) == ("sapphire", LOCKED_UNTIL)
    assert spa.broken_promises() == []


def test_a_lock_put_on_top_of_a_move_down_goes_on_stopping_promotions(spa: TierWorld) -> None:
    move(spa, "sapphire", request_id="R0")
    move(spa, "crystal", request_id="R1", locked_until=date(2025, 6, 3))
    lock(spa, request_id="R2", locked_until=LOCKED_UNTIL)
    [held] = spa.record(purchase("T1", "M1", TODAY, spend_minor=300_000))
    assert held.level_after == "crystal"
    lock(spa, request_id="R3")
    [free] = spa.record(purchase("T2", "M1", TODAY, visits=1))
    assert free.level_after == "sapphire"


@pytest.mark.parametrize(
    ("lifted_on", "reviewed_on"),
    [(date(2026, 5, 31), date(2026, 6, 1)), (date(2026, 7, 1), date(2027, 6, 1))],
)
def test_a_review_that_a_lock_passed_over_before_it_was_lifted_is_not_made_up_for(
    spa: TierWorld, lifted_on: date, reviewed_on: date
) -> None:
    move(spa, "sapphire", locked_until=date(2026, 8, 1))
    spa.today = lifted_on
    standing = lock(spa, request_id="R2")
    assert day_from_proto(standing.next_review) == reviewed_on
    assert spa.run_review(date.fromordinal(reviewed_on.toordinal() - 1)) == []
    assert story(spa.run_review(reviewed_on)) == [(reviewed_on, "GRACE_ENTERED", "sapphire")]


def test_grace_that_waited_for_a_lock_ends_on_the_day_the_lock_is_lifted(spa: TierWorld) -> None:
    spa.record(purchase("T1", "M1", JOINED, spend_minor=300_000))
    spa.today = date(2025, 2, 1)
    lock(spa, locked_until=LOCKED_UNTIL)
    spa.today = TODAY
    standing = lock(spa, request_id="R2")
    assert (standing.level, day_from_proto(standing.level_since)) == ("crystal", TODAY)
    assert story(spa.run_grace(TODAY)) == [(TODAY, "GRACE_EXPIRED", "crystal")]


def test_a_level_entered_by_hand_is_checked_continuously_from_a_year_on(tier_world: TierWorld) -> None:
    spa = staffed(tier_world, "M1", policy=with_spa(maintenance=Maintenance.CONTINUOUS))
    move(spa, "sapphire")
    for day, level, in_grace in [(A_YEAR_ON, "sapphire", False), (LOCKED_UNTIL, "sapphire", True)]:
        standing = spa.standing("M1", day)
        assert not isinstance(standing, str)
        assert (standing.level, standing.HasField("grace")) == (level, in_grace)


def test_a_move_asked_for_again_answers_the_present_state(spa: TierWorld) -> None:
    move(spa, "sapphire")
    [result] = spa.record(purchase("T1", "M1", TODAY, spend_minor=1_000_000))
    before = spa.snapshot()
    assert move(spa, "sapphire").level == result.level_after == "platinum"
    assert spa.snapshot() == before


def test_a_lock_asked_for_again_changes_nothing(spa: TierWorld) -> None:
    lock(spa, locked_until=LOCKED_UNTIL)
    before = spa.snapshot()
    spa.today = LOCKED_UNTIL
    assert lock(spa, locked_until=LOCKED_UNTIL).level == "crystal"
    assert spa.snapshot() == before


@pytest.mark.parametrize(
    "other",
    [
        {"level": "platinum"},
        {"member_id": "M2"},
        {"locked_until": LOCKED_UNTIL},
        {"note": "otherwise"},
        {"actor": staff_pb2.Actor(id="another")},
    ],
)
def test_a_request_id_stands_for_one_move_for_ever(spa: TierWorld, other: dict[str, Any]) -> None:
    move(spa, "sapphire")
    assert refusal_of(spa, lambda: move(spa, **{"level": "sapphire", **other})) == "REQUEST_ID_REUSED"


def test_what_staff_did_is_listed_newest_first_in_pages(spa: TierWorld) -> None:
    move(spa, "sapphire", request_id="R1", locked_until=LOCKED_UNTIL)
    move(spa, "sapphire", "M2", request_id="R2")
    lock(spa, request_id="R3", note="no more")
    assert [act.request_id for act in acts(spa)] == ["R3", "R2", "R1"]
    last, first = acts(spa, "M1")
    assert (last.kind, last.note, last.actor_id) == (staff_pb2.STAFF_ACT_KIND_LOCKED, "no more", "clerk")
    assert (last.details, first.details) == (
        '{"locked_until": null}',
        '{"level": "sapphire", "locked_until": "2026-06-02"}',
    )
    assert (day_from_proto(first.effective_on), first.HasField("recorded_at")) == (TODAY, True)
    request = staff_pb2.ListStaffActsRequest(page_size=2)
    page = asked(spa, "ListStaffActs", request)
    assert [act.request_id for act in page.acts] == ["R3", "R2"]
    rest = staff_pb2.ListStaffActsRequest(page_size=2, page_token=page.next_page_token)
    page = asked(spa, "ListStaffActs", rest)
    assert ([act.request_id for act in page.acts], page.next_page_token) == (["R1"], "")


def test_two_moves_at_once_under_one_request_id_are_one(spa: TierWorld) -> None:
    with ThreadPoolExecutor(4) as pool:
        levels = [pool.submit(lambda: move(spa, "sapphire").level) for _ in range(4)]
        assert {level.result() for level in levels} == {"sapphire"}
    assert story(spa.moves("M1"))[1:] == [(TODAY, "MOVED_BY_STAFF", "sapphire")]
