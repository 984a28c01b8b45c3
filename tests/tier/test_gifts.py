"""A level held for life is given once, to a member of the same system who stands below it."""

from datetime import date

import pytest

from carat.tier.v1 import staff_pb2
from services.runtime.program_messages import day_from_proto
from tests.tier.staff_world import TODAY, acts, gift, held_for_life, refusal_of, staffed
from tests.tier.test_invitations import at_once
from tests.tier.test_jobs import story
from tests.tier.world import TierWorld

A_YEAR_ON = date(2026, 6, 1)


@pytest.fixture
def spa(tier_world: TierWorld) -> TierWorld:
    """M1 is about to hold Diamond for life; M2 and M3 stand at Crystal."""
    world = staffed(tier_world, "M1", "M2", "M3")
    held_for_life(world, "M1")
    return world


def test_the_recipient_enters_the_level_but_not_for_life(spa: TierWorld) -> None:
    standing = gift(spa, "M1", "M2")
    assert (standing.level, standing.HasField("lifetime_since")) == ("diamond", False)
    assert day_from_proto(standing.next_review) == A_YEAR_ON
    assert story(spa.moves("M2"))[1:] == [(TODAY, "GIFTED", "diamond")]
    assert spa.broken_promises() == []


def test_lifetime_that_falls_due_today_is_granted_to_the_giver_first(spa: TierWorld) -> None:
    gift(spa, "M1", "M2")
    assert story(spa.moves("M1"))[1:] == [
        (date(2024, 6, 1), "MOVED_BY_STAFF", "diamond"),
        (TODAY, "LIFETIME_GRANTED", "diamond"),
    ]
    [given] = acts(spa, "M1")[:1]
    assert (given.kind, given.details) == (
        staff_pb2.STAFF_ACT_KIND_STATUS_GIFTED,
        '{"recipient_member_id": "M2"}',
    )


def test_a_level_is_given_once_for_ever(spa: TierWorld) -> None:
    gift(spa, "M1", "M2")
    spa.today = date(2040, 1, 1)
    assert refusal_of(spa, lambda: gift(spa, "M1", "M3", request_id="R2")) == "STATUS_ALREADY_GIFTED"


def test_a_gift_asked_for_again_changes_nothing(spa: TierWorld) -> None:
    gift(spa, "M1", "M2")
    before = spa.snapshot()
    assert gift(spa, "M1", "M2").level == "diamond"
    assert spa.snapshot() == before


def test_of_two_gifts_at_once_one_is_made(spa: TierWorld) -> None:
    outcomes = at_once(lambda number: gift(spa, "M1", f"M{number + 1}", request_id=f"R{number}"))
    assert outcomes == ["STATUS_ALREADY_GIFTED", "made"]
    levels = [spa.moves(member)[-1].to_level for member in ("M2", "M3")]
    assert sorted(levels) == ["crystal", "diamond"]


def test_two_who_give_to_each_others_family_at_once_do_not_wait_for_each_other(spa: TierWorld) -> None:
    held_for_life(spa, "M2")
    outcomes = at_once(
        lambda number: gift(spa, *(("M1", "M3") if number == 1 else ("M2", "M3")), request_id=f"R{number}")
    )
    assert outcomes == ["LEVEL_MUST_BE_ANOTHER", "made"]
